//! Targets that are not ready: objects, roles, extensions, rights.

use super::{
    Archive, Trace, assert_says, assert_unchanged, clear_error, contents, fill, fingerprint, occupy,
};
use crate::support::{self, Role, TestDb};

#[test]
fn objects_that_exist_are_all_named_and_stay() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        fill(&source, 20);
        let archive = Archive::of(&source);
        let target = TestDb::new(server);
        target.sql(
            "CREATE SCHEMA app; CREATE TABLE app.orders (x int); INSERT INTO app.orders VALUES (1);
             CREATE SEQUENCE app.tickets; SELECT nextval('app.tickets');
             CREATE VIEW app.totals AS SELECT 1 AS one",
        );
        let before = fingerprint(&target);
        let trace = Trace::new(server);
        let error =
            clear_error(&trace.run(&["restore", archive.arg(), "-d", &target.uri()]), 8, "E0802");
        assert_says(&error, &["SCHEMA app", "app.orders", "app.tickets", "app.totals"]);
        assert_says(&error, &["4 objects", "--create"]);
        trace.assert_no_backend();
        assert_unchanged(&target, &before);
    });
}

#[test]
fn a_second_restore_of_the_same_archive_changes_nothing() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 20);
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    support::pgx(&["restore", archive.arg(), "-d", &target.uri()]).ok();
    assert_eq!(contents(&target), contents(&source));
    let before = fingerprint(&target);
    let ran = support::pgx(&["restore", archive.arg(), "-d", &target.uri()]);
    clear_error(&ran, 8, "E0802");
    assert_unchanged(&target, &before);
}

/// A function is not looked for beforehand: the server refuses it, in the middle of the restore.
#[test]
fn an_object_that_only_the_server_finds_undoes_the_restore() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(
        "CREATE TABLE t (a serial PRIMARY KEY, b text); INSERT INTO t (b) SELECT 'x' FROM
         generate_series(1, 100); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    occupy(&target);
    target.sql("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'");
    let before = fingerprint(&target);
    let trace = Trace::new(&server);
    let ran = trace.run(&["restore", archive.arg(), "-d", &target.uri()]);
    assert_says(&clear_error(&ran, 8, "E0802"), &["FUNCTION public.f", "--create"]);
    trace.assert_no_backend();
    assert_unchanged(&target, &before);
}

#[test]
fn a_database_that_exists_is_not_made_again() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 20);
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    occupy(&target);
    let before = fingerprint(&target);
    let ran = support::pgx(&["restore", archive.arg(), "--create", "-d", &target.uri()]);
    assert_says(&clear_error(&ran, 8, "E0802"), &[target.name()]);
    assert_unchanged(&target, &before);
    assert_eq!(super::databases(&server, target.name()), [target.name()]);
}

#[test]
fn missing_roles_are_all_named_and_can_be_left_out() {
    super::oldest_and_newest(|server| {
        let (archive, names) = {
            let roles = ["owner", "reader", "writer"].map(|name| Role::new(server, name, ""));
            let [owner, reader, writer] = [0, 1, 2].map(|n| roles[n].name().to_owned());
            let source = TestDb::new(server);
            fill(&source, 20);
            source.sql(&format!(
                "ALTER TABLE app.orders OWNER TO {owner}; ALTER SCHEMA app OWNER TO {owner};
                 GRANT SELECT ON app.customers TO {reader};
                 GRANT INSERT (name) ON app.customers TO {writer}"
            ));
            (Archive::of(&source), [owner, reader, writer])
        };
        let target = TestDb::new(server);
        occupy(&target);
        let before = fingerprint(&target);
        let ran = support::pgx(&["restore", archive.arg(), "-d", &target.uri()]);
        let error = clear_error(&ran, 8, "E0803");
        assert_says(&error, &names.each_ref().map(String::as_str));
        assert_says(&error, &["--no-owner", "--no-privileges"]);
        assert_unchanged(&target, &before);
        let made = TestDb::adopt(server, &support::unique("made"));
        let ran = support::pgx(&["restore", archive.arg(), "--create", "-d", &made.uri()]);
        clear_error(&ran, 8, "E0803");
        assert_eq!(super::databases(server, made.name()), [""; 0]);
        support::pgx(&["restore", archive.arg(), "-O", "-x", "-d", &target.uri()]).ok();
    });
}

#[test]
fn a_missing_extension_is_named() {
    let (Some(gis), Some(server)) = (support::gis(), support::newest()) else { return };
    let source = TestDb::new(&gis);
    source.sql("CREATE EXTENSION postgis; CREATE TABLE places (g geometry)");
    let archive = Archive::of(&source);
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'";
    let target = TestDb::new(&server);
    if target.value(available) != "0" {
        return support::skip("every server has PostGIS");
    }
    let before = fingerprint(&target);
    let ran = support::pgx(&["restore", archive.arg(), "-d", &target.uri()]);
    assert_says(&clear_error(&ran, 8, "E0804"), &["postgis"]);
    assert_unchanged(&target, &before);
}

#[test]
fn a_user_without_the_right_to_create_is_told_which_right() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        fill(&source, 20);
        let archive = Archive::of(&source);
        let user = Role::new(server, "guest", "LOGIN");
        let target = TestDb::new(server);
        occupy(&target);
        let before = fingerprint(&target);
        let trace = Trace::new(server);
        let uri = target.uri_as(user.name());
        let error =
            clear_error(&trace.run(&["restore", archive.arg(), "-O", "-d", &uri]), 11, "E1101");
        assert_says(&error, &[user.name(), "CREATE"]);
        let error = clear_error(
            &trace.run(&["restore", archive.arg(), "--create", "-O", "-d", &uri]),
            8,
            "E0802",
        );
        assert_says(&error, &[target.name()]);
        let new = support::unique("made");
        let uri = server.uri_as(user.name(), &new);
        let ran = trace.run(&["restore", archive.arg(), "--create", "-O", "-d", &uri]);
        assert_says(&clear_error(&ran, 11, "E1101"), &[user.name(), "CREATEDB"]);
        trace.assert_no_backend();
        assert_unchanged(&target, &before);
        assert_eq!(super::databases(server, &new), [""; 0]);
    });
}

#[test]
fn an_owner_whom_the_user_cannot_act_for_is_named() {
    let Some(server) = support::newest() else { return };
    let owner = Role::new(&server, "owner", "");
    let user = Role::new(&server, "guest", "LOGIN");
    let source = TestDb::new(&server);
    fill(&source, 20);
    source.sql(&format!("ALTER TABLE app.orders OWNER TO {}", owner.name()));
    let archive = Archive::of(&source);
    let target = TestDb::with(&server, &format!("OWNER {}", user.name()));
    let before = fingerprint(&target);
    let ran = support::pgx(&["restore", archive.arg(), "-d", &target.uri_as(user.name())]);
    let error = clear_error(&ran, 11, "E1101");
    assert_says(&error, &[owner.name(), user.name(), "--no-owner"]);
    assert_unchanged(&target, &before);
}

#[test]
fn a_table_the_user_may_not_read_is_named_before_anything_is_written() {
    super::oldest_and_newest(|server| {
        let user = Role::new(server, "guest", "LOGIN");
        let source = TestDb::new(server);
        fill(&source, 20);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("out.pgx");
        let uri = source.uri_as(user.name());
        let trace = Trace::new(server);
        let ran = trace.run(&["dump", &uri, "-f", support::arg(&file)]);
        let error = clear_error(&ran, 11, "E1101");
        assert_says(&error, &["app.orders", "app.customers"]);
        assert_eq!(super::files(directory.path()), [""; 0]);
        trace.assert_no_backend();
    });
}

/// The extension is there and belongs to the superuser: its comment is nobody else's to change, which
/// would abort the whole transaction.
#[test]
fn a_comment_on_an_extension_of_another_owner_is_skipped_and_told() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE EXTENSION pg_trgm;
             COMMENT ON EXTENSION pg_trgm IS 'our own words';
             CREATE SCHEMA app; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1)",
        );
        let archive = Archive::with(&source, &[]);
        let user = Role::new(server, "owner", "LOGIN");
        let target = TestDb::with(server, &format!("OWNER {}", user.name()));
        target.sql("CREATE EXTENSION pg_trgm");
        let uri = target.uri_as(user.name());
        let ran = support::pgx(&["restore", archive.arg(), "-O", "-d", &uri]);
        assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
        let told = |line: &str| line.starts_with("pgx: warning: ") && line.contains("pg_trgm");
        assert!(ran.stderr.lines().any(told), "{}", ran.stderr);
        assert_eq!(
            target.value(
                "SELECT count(*) FROM pg_description
                 WHERE classoid = 'pg_extension'::regclass AND description LIKE 'our own%'"
            ),
            "0"
        );
        assert_eq!(target.value("SELECT count(*) FROM app.t"), "1");
    });
}
