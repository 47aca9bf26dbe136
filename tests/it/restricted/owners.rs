//! Owners and roles, as far as an ordinary role can give objects to them.

use super::on_each;
use super::restore::restore;
use crate::support::{self, Archive, Role, Server, TestDb, arg, pgx};

/// Makes `tenant` a member of `owner`: with the owner's rights, or only able to become it.
fn join(server: &Server, tenant: &Role, owner: &Role, inherits: bool) {
    let (tenant, owner) = (tenant.name(), owner.name());
    let sql = match (server.major, inherits) {
        (16.., _) => format!("GRANT {owner} TO {tenant} WITH INHERIT {inherits}, SET TRUE"),
        (_, true) => format!("GRANT {owner} TO {tenant}"),
        (_, false) => format!("ALTER ROLE {tenant} NOINHERIT; GRANT {owner} TO {tenant}"),
    };
    server.session().execute(&sql).unwrap();
}

/// What the server says to statements of the role, in one transaction that is rolled back.
fn answer(database: &TestDb, role: &Role, sql: &str) -> String {
    let mut session = database.session_as(role.name());
    session.execute("BEGIN").unwrap();
    session.execute(sql).map_or_else(|error| error.to_string(), |()| "done".to_owned())
}

#[test]
fn an_owner_whose_rights_are_not_inherited_is_told_where_they_are_needed() {
    on_each(|server| {
        let owner = Role::new(server, "owner", "");
        let tenant = Role::new(server, "tenant", "LOGIN");
        join(server, &tenant, &owner, false);
        let source = TestDb::new(server);
        source.sql(&format!(
            "CREATE SCHEMA app AUTHORIZATION {0}; CREATE SCHEMA empty AUTHORIZATION {0};
             CREATE TABLE app.t AS SELECT 1 AS a; ALTER TABLE app.t OWNER TO {0}",
            owner.name()
        ));
        let (whole, empty) = (Archive::of(&source), Archive::with(&source, &["-n", "empty"]));
        let target = TestDb::with(server, &format!("OWNER {}", tenant.name()));
        let said = restore(&whole, &target, &tenant, &[]).fails(11);
        let told = format!("does not inherit the rights of \"{}\"", owner.name());
        assert!(said.contains(&told), "{said}");
        let make = format!("CREATE SCHEMA app; ALTER SCHEMA app OWNER TO {};", owner.name());
        let answered = answer(&target, &tenant, &format!("{make} CREATE TABLE app.t ()"));
        assert!(answered.contains("42501"), "{answered}");
        // An owner of a schema must be able to make one; nothing else is asked of it.
        target.sql(&format!("GRANT CREATE ON DATABASE {} TO {}", target.name(), owner.name()));
        restore(&empty, &target, &tenant, &[]).ok();
        restore(&whole, &target, &tenant, &["--no-owner", "-n", "app"]).ok();
        drop((target, source));
    });
}

#[test]
fn an_owner_who_may_not_create_in_the_schema_is_told() {
    on_each(|server| {
        let owner = Role::new(server, "owner", "");
        let tenant = Role::new(server, "tenant", "LOGIN");
        join(server, &tenant, &owner, true);
        let source = TestDb::new(server);
        source.sql(&format!(
            "CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t OWNER TO {0};
             CREATE SCHEMA app AUTHORIZATION {0}; CREATE TABLE app.u (a int PRIMARY KEY);
             ALTER TABLE app.u OWNER TO {0}; COMMENT ON TABLE app.u IS 'inherited'",
            owner.name()
        ));
        let archive = Archive::of(&source);
        let target = TestDb::with(server, &format!("OWNER {}", tenant.name()));
        target.sql(&format!(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO {}",
            tenant.name()
        ));
        let said = restore(&archive, &target, &tenant, &[]).fails(11);
        let told = format!("own objects: \"{}\" in schema \"public\" (", owner.name());
        let alone = format!("own objects: \"{}\" in schema \"public\"\n", owner.name());
        assert!(said.contains(&told) || said.contains(&alone), "{said}");
        let give = format!("CREATE TABLE t (); ALTER TABLE t OWNER TO {}", owner.name());
        assert!(answer(&target, &tenant, &give).contains("42501"));
        target.sql(&format!("GRANT CREATE ON SCHEMA public TO {}", owner.name()));
        let ran = restore(&archive, &target, &tenant, &[]);
        assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
        let owners = "SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables \
                      WHERE schemaname IN ('app', 'public')";
        assert_eq!(target.value(owners), owner.name());
        drop((target, source));
    });
}

#[test]
fn every_role_that_a_statement_names_is_missed_at_once() {
    on_each(|server| {
        let (archive, names) = {
            let roles = ["o", "g", "p", "m", "d"].map(|suffix| Role::new(server, suffix, ""));
            let source = TestDb::new(server);
            let [owner, grantee, policy, mapped, default] = roles.each_ref().map(Role::name);
            source.sql(&format!(
                "CREATE TABLE t (a int); ALTER TABLE t OWNER TO {owner};
                 GRANT SELECT ON t TO {grantee};
                 CREATE POLICY p ON t TO {policy} USING (true);
                 CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
                 CREATE USER MAPPING FOR {mapped} SERVER s;
                 ALTER DEFAULT PRIVILEGES FOR ROLE {default} GRANT SELECT ON TABLES TO PUBLIC"
            ));
            let names = roles.each_ref().map(|role| role.name().to_owned());
            let archive = Archive::of(&source);
            drop(source);
            (archive, names)
        };
        let said = archive.restore(&TestDb::new(server), &[]).fails(8);
        let create = names.map(|name| format!("  = CREATE ROLE \"{name}\";\n"));
        assert!(create.iter().all(|line| said.contains(line)), "{said}");
    });
}

#[test]
fn an_extension_in_another_schema_is_found_before_anything_is_made() {
    on_each(|server| {
        let source = TestDb::new(server);
        source.sql("CREATE EXTENSION hstore");
        let unused = Archive::of(&source);
        source.sql("CREATE TABLE t (a hstore)");
        let used = Archive::of(&source);
        let target = TestDb::new(server);
        target.sql("CREATE SCHEMA elsewhere; CREATE EXTENSION hstore SCHEMA elsewhere");
        unused.restore(&target, &[]).ok();
        let said = used.restore(&target, &[]).fails(8);
        let move_it = "ALTER EXTENSION \"hstore\" SET SCHEMA \"public\"";
        assert!(said.contains("E0807") && said.contains(move_it), "{said}");
        let made = target.session().execute("CREATE TABLE t (a public.hstore)");
        assert!(made.is_err());
        target.sql(move_it);
        used.restore(&target, &[]).ok();
    });
}

#[test]
fn without_the_right_to_make_databases_that_is_one_reason_among_others() {
    let Some(server) = support::newest() else { return };
    let tenant = Role::new(&server, "tenant", "LOGIN");
    let source = TestDb::new(&server);
    source.sql("CREATE PUBLICATION everything FOR ALL TABLES");
    let archive = Archive::of(&source);
    let (name, uri) = (support::unique("made"), server.uri_as(tenant.name(), "postgres"));
    let target = uri.replace("/postgres?", &format!("/{name}?"));
    let said = pgx(&["restore", arg(archive.path()), "-C", "--no-owner", "-d", &target]).fails(11);
    assert!(said.contains("2 reasons") && said.contains("may not create databases"), "{said}");
    assert!(said.contains("PUBLICATION everything: only a superuser"), "{said}");
}
