//! `--role`: who acts once somebody else has logged in.

use crate::support::{self, Archive, Role, Server, TestDb, arg, pgx, unique};

/// Who logs in, and has no rights of its own use; and who acts.
fn pair(server: &Server) -> (Role, Role) {
    let login = Role::new(server, "login", "LOGIN NOINHERIT");
    let actor = Role::new(server, "actor", "CREATEDB");
    grant(server, &actor, &login);
    (login, actor)
}

fn grant(server: &Server, role: &Role, to: &Role) {
    let sql = format!("GRANT {} TO {}", role.name(), to.name());
    server.session().execute(&sql).unwrap();
}

#[test]
fn every_session_of_a_dump_acts_as_the_role() {
    for server in super::some_servers() {
        let (login, actor) = pair(&server);
        let source = TestDb::new(&server);
        source.sql(&format!(
            "CREATE TABLE t (id integer); INSERT INTO t SELECT generate_series(1, 1000);
             CREATE TABLE u AS TABLE t; CREATE TABLE v AS TABLE t;
             ALTER TABLE t OWNER TO {actor}; ALTER TABLE u OWNER TO {actor};
             ALTER TABLE v OWNER TO {actor}",
            actor = actor.name()
        ));
        let uri = source.uri_as(login.name());
        let (_, ran) = Archive::attempt_from(&uri, &["-j", "3"]);
        ran.fails(11);
        let (archive, ran) = Archive::attempt_from(&uri, &["-j", "3", "--role", actor.name()]);
        ran.ok();
        archive.rows_equal(&source);
    }
}

#[test]
fn a_restore_acts_as_the_role_in_a_new_database_and_in_an_old_one() {
    for server in super::some_servers() {
        let (login, actor) = pair(&server);
        let other = Role::new(&server, "other", "");
        grant(&server, &other, &actor);
        let source = TestDb::new(&server);
        source.sql(&format!(
            "CREATE SCHEMA s; CREATE TABLE s.t (id integer); INSERT INTO s.t VALUES (1);
             CREATE TABLE s.u (id integer); ALTER TABLE s.u OWNER TO {};
             SELECT lo_create(815); COMMENT ON LARGE OBJECT 815 IS 'one'",
            other.name()
        ));
        let archive = Archive::of(&source);
        let copy = TestDb::adopt(&server, &unique("made"));
        let uri = copy.uri_as(login.name());
        let role = actor.name();
        let restore = |options: &[&str]| {
            pgx(&[&["restore", arg(archive.path()), "-d", &uri, "-O"], options].concat())
        };
        restore(&["--create"]).fails(11);
        restore(&["--create", "--role", role]).ok();
        let owners = "SELECT string_agg(DISTINCT pg_get_userbyid(o), ',') FROM (\
             SELECT relowner FROM pg_class WHERE relnamespace = 's'::regnamespace \
             UNION ALL SELECT datdba FROM pg_database WHERE datname = current_database() \
             UNION ALL SELECT lomowner FROM pg_largeobject_metadata) x(o)";
        assert_eq!(copy.value(owners), role);
        let acl = "SELECT coalesce(datacl::text, '') FROM pg_database \
             WHERE datname = current_database()";
        assert!(!copy.value(acl).contains(login.name()), "{}", copy.value(acl));
        copy.sql("DROP SCHEMA s CASCADE; SELECT lo_unlink(815)");
        restore(&["--role", role]).ok();
        assert_eq!(copy.value(owners), role);
        archive.rows_equal(&copy);
    }
}

#[test]
fn grants_of_others_leave_the_role_in_place() {
    let Some(server) = support::newest() else { return };
    let superuser = Role::new(&server, "super", "SUPERUSER");
    let login = Role::new(&server, "login", "LOGIN");
    grant(&server, &superuser, &login);
    let [a, b, c] = ["a", "b", "c"].map(|name| Role::new(&server, name, ""));
    let source = TestDb::new(&server);
    source.sql(&format!(
        "CREATE TABLE t (); ALTER TABLE t OWNER TO {a};
         SET SESSION AUTHORIZATION {a}; GRANT SELECT ON t TO {b} WITH GRANT OPTION;
         SET SESSION AUTHORIZATION {b}; GRANT SELECT ON t TO {c}; RESET SESSION AUTHORIZATION;
         CREATE TABLE z (); GRANT SELECT ON z TO {c};
         CREATE MATERIALIZED VIEW zz AS SELECT 1 AS one; ALTER TABLE zz OWNER TO {a}",
        a = a.name(),
        b = b.name(),
        c = c.name()
    ));
    let copy = TestDb::new(&server);
    let archive = Archive::of(&source);
    archive.restore(&copy, &["-O", "--role", superuser.name()]).ok();
    let owners = "SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ',') FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(copy.value(owners), superuser.name());
    // Only who logged in as a superuser can speak for others.
    let empty = TestDb::new(&server);
    let uri = empty.uri_as(login.name());
    let base = ["restore", arg(archive.path()), "-d", &uri, "-O", "--role", superuser.name()];
    let told = pgx(&base).fails(11);
    assert!(told.contains("repeat the grants made by"), "{told}");
    pgx(&[&base[..], &["-x"]].concat()).ok();
}

#[test]
fn a_role_that_is_not_there_or_not_ours_is_named() {
    let Some(server) = support::newest() else { return };
    let (login, _actor) = pair(&server);
    let closed = Role::new(&server, "closed", "");
    let source = TestDb::new(&server);
    let uri = source.uri_as(login.name());
    let (_, ran) = Archive::attempt_from(&uri, &["--role", "nobody at all"]);
    let told = ran.fails(2);
    assert!(told.contains("role \"nobody at all\"") && told.contains("--role"), "{told}");
    let (_, ran) = Archive::attempt_from(&uri, &["--role", closed.name()]);
    let told = ran.fails(11);
    assert!(
        told.contains(&format!("GRANT \"{}\" TO \"{}\"", closed.name(), login.name())),
        "{told}"
    );
}
