//! What an ordinary role restores of what a superuser dumped.

use super::{Archived, SHOP, State, some_versions};
use crate::support::{self, Role, Server, TestDb};

/// A database that belongs to the role.
fn own(server: &Server, role: &Role) -> TestDb {
    let target = TestDb::new(server);
    target.sql(&format!("ALTER DATABASE {} OWNER TO {}", target.name(), role.name()));
    target
}

#[test]
fn the_owner_of_a_database_restores_a_superusers_dump() {
    support::each_version(|server| {
        let role = Role::new(server, "owner", "LOGIN");
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = own(server, &role);
        let uri = target.uri_as(role.name());
        let said = archive.restore_to(&uri, &[]).fails(11);
        assert!(said.contains("E1101") && said.contains("--no-owner"), "{said}");
        assert_eq!(target.value("SELECT to_regclass('public.note')"), "");
        archive.restore_to(&uri, &["--no-owner"]).ok();
        archive.verify_at(&uri).ok();
        assert_eq!(State::rows_of(&target), State::rows_of(&source));
        let owners = "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class \
                      WHERE relnamespace IN ('app'::regnamespace, 'public'::regnamespace)";
        assert_eq!(target.value(owners), role.name());
        let analyzed = "SELECT count(DISTINCT tablename) FROM pg_stats WHERE schemaname = 'app'";
        assert_eq!(target.value(analyzed), "3");
        drop(target);
    });
}

#[test]
fn a_comment_on_someone_elses_extension_is_left_out_and_reported() {
    some_versions(|server| {
        let role = Role::new(server, "owner", "LOGIN");
        let source = TestDb::new(server);
        source.sql(
            "CREATE EXTENSION hstore; COMMENT ON EXTENSION hstore IS 'ours';
             CREATE TABLE t (a hstore); INSERT INTO t VALUES ('x=>1')",
        );
        let archive = Archived::new(&source, &[]);
        let target = own(server, &role);
        target.sql("CREATE EXTENSION hstore");
        let comment = "SELECT obj_description(oid, 'pg_extension') FROM pg_extension \
                       WHERE extname = 'hstore'";
        let before = target.value(comment);
        let uri = target.uri_as(role.name());
        let said = archive.restore_to(&uri, &["--no-owner"]).ok().stderr;
        assert!(said.contains("COMMENT on EXTENSION hstore is left out"), "{said}");
        assert_eq!(target.value(comment), before);
        archive.verify(&target).ok();
        let made = TestDb::new(server);
        archive.restore(&made, &[]).ok();
        assert_eq!(made.value(comment), "ours");
        drop(target);
    });
}

#[test]
fn every_missing_role_is_named_with_the_statement_that_makes_it() {
    some_versions(|server| {
        let source = TestDb::new(server);
        let gone = {
            let (owner, reader) = (Role::new(server, "o", ""), Role::new(server, "r", ""));
            source.sql(&format!(
                "CREATE TABLE t (a int); ALTER TABLE t OWNER TO {}; GRANT SELECT ON t TO {}",
                owner.name(),
                reader.name()
            ));
            let archive = Archived::new(&source, &[]);
            source.sql("DROP TABLE t");
            (archive, owner.name().to_owned(), reader.name().to_owned())
        };
        let (archive, owner, reader) = gone;
        let target = TestDb::new(server);
        let said = archive.restore(&target, &[]).fails(8);
        let create = [format!("CREATE ROLE \"{owner}\";"), format!("CREATE ROLE \"{reader}\";")];
        assert!(said.contains("E0803") && create.iter().all(|sql| said.contains(sql)), "{said}");
        assert_eq!(target.value("SELECT to_regclass('public.t')"), "");
        archive.restore(&target, &["--no-owner", "--no-privileges"]).ok();
    });
}

/// Rows alone need the right to insert, and no more.
#[test]
fn a_clerk_with_the_right_to_insert_loads_rows_and_without_it_is_refused() {
    some_versions(|server| {
        let clerk = Role::new(server, "clerk", "LOGIN");
        let source = TestDb::new(server);
        source.sql("CREATE TABLE t (a int); CREATE TABLE u (a int); INSERT INTO t VALUES (1), (2)");
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(&format!(
            "CREATE TABLE t (a int, b int); CREATE TABLE u (a int);
             GRANT INSERT (a) ON t TO {}",
            clerk.name()
        ));
        let uri = target.uri_as(clerk.name());
        let said = archive.restore_to(&uri, &["-a"]).fails(11);
        assert!(said.contains("may not insert into public.u"), "{said}");
        assert_eq!(target.value("SELECT count(*) FROM t"), "0");
        archive.restore_to(&uri, &["-a", "-t", "t"]).ok();
        assert_eq!(target.value("SELECT count(*) FROM t"), "2");
        drop(target);
    });
}
