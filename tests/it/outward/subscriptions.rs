//! Subscriptions: restored without reaching out, and never told of in full.

use super::labels;
use crate::support::{self, Archive, Role, TestDb};

const SUBSCRIBED: &str = "
CREATE PUBLICATION told FOR ALL TABLES;
CREATE SUBSCRIPTION heard CONNECTION 'host=192.0.2.1 password=hunter2' PUBLICATION p WITH (connect = false);
COMMENT ON SUBSCRIPTION heard IS 'of elsewhere';
CREATE TABLE t (a integer PRIMARY KEY);
COMMENT ON TABLE t IS 'a table';
INSERT INTO t VALUES (1);
";

#[test]
fn an_upgrade_keeps_how_changes_are_applied() {
    let Some(target) = support::server(18) else { return };
    let stored = "SELECT concat_ws(' ', subrunasowner, substream, subenabled) FROM pg_subscription \
                  JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()";
    for (major, expected) in
        [(10, "t f f"), (13, "t f f"), (14, "t f f"), (15, "t f f"), (17, "f f f")]
    {
        let Some(source) = support::server(major) else { continue };
        let original = TestDb::new(&source);
        original.sql(SUBSCRIBED);
        let copy = Archive::of(&original).restored_into_empty(&target);
        assert_eq!(copy.value(stored), expected, "from {major}");
    }
}

#[test]
fn a_failed_restore_leaves_no_database_although_it_has_a_subscription() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let original = TestDb::new(&server);
        // Grants come behind subscriptions: enough of them that these are committed before the failure.
        let tables = |each: &str| -> String {
            (0..300).map(|n| each.replace("{}", &format!("t_{n}"))).collect()
        };
        original.sql(&tables("CREATE TABLE {} (); GRANT SELECT ON {} TO PUBLIC;"));
        original.sql(SUBSCRIBED);
        original.sql(
            "CREATE FUNCTION fails() RETURNS integer LANGUAGE plpgsql AS \
             'BEGIN IF (SELECT count(*) FROM public.t) = 1 THEN RAISE ''no''; END IF; RETURN 1; END'; \
             DELETE FROM t; CREATE MATERIALIZED VIEW m AS SELECT public.fails(); \
             INSERT INTO t VALUES (1)",
        );
        let archive = Archive::of(&original);
        let made = TestDb::adopt(&server, &support::unique("made"));
        let told = archive.restore(&made, &["--create"]);
        assert_ne!(told.code, Some(0));
        assert!(!told.stderr.contains("could not be dropped"), "{}", told.stderr);
        let left =
            format!("SELECT count(*) FROM pg_database WHERE datname LIKE '%{}%'", made.name());
        assert_eq!(original.value(&left), "0", "{}", told.stderr);
    }
}

#[test]
fn switches_leave_out_what_they_name_at_the_dump_and_at_the_restore() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql(SUBSCRIBED);
    let whole = Archive::of(&original);
    let outcome = |copy: &TestDb| {
        copy.value(
            "SELECT (SELECT count(*) FROM pg_publication) || ' ' || (SELECT count(*) \
             FROM pg_subscription JOIN pg_database d ON d.oid = subdbid \
             WHERE datname = current_database()) || ' ' || (SELECT count(*) FROM pg_description \
             WHERE objoid >= 16384)",
        )
    };
    for (switch, left) in [
        ("--no-publications", "0 1 2"),
        ("--no-subscriptions", "1 0 1"),
        ("--no-comments", "1 1 0"),
    ] {
        let at_dump = Archive::with(&original, &[switch]).restored_into_empty(&server);
        assert_eq!(outcome(&at_dump), left, "{switch} at the dump");
        let at_restore = TestDb::new(&server);
        whole.restore(&at_restore, &[switch]).ok();
        assert_eq!(outcome(&at_restore), left, "{switch} at the restore");
    }
}

#[test]
fn a_subscription_that_cannot_be_read_is_named_and_can_be_left_out() {
    support::each_version(|server| {
        let role = Role::new(server, "ordinary", "LOGIN");
        let original = TestDb::new(server);
        original.sql(SUBSCRIBED);
        original.sql(&format!("GRANT SELECT ON t TO {}", role.name()));
        let uri = original.uri_as(role.name());
        let (_, ran) = Archive::attempt_from(&uri, &[]);
        let told = ran.fails(11);
        assert!(told.contains("SUBSCRIPTION heard, whose connection string"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        let (archive, ran) = Archive::attempt_from(&uri, &["--no-subscriptions"]);
        ran.ok();
        assert!(!labels(&archive).contains(&"SUBSCRIPTION heard".to_owned()));
    });
}

#[test]
fn a_connection_string_that_is_refused_is_not_told() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql(SUBSCRIBED);
    original.sql(
        "UPDATE pg_subscription SET subconninfo = 'host=h hunter2' WHERE subname = 'heard' \
         AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let archive = Archive::of(&original);
    let copy = TestDb::new(&server);
    let ran = archive.restore(&copy, &["-v"]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("SUBSCRIPTION heard"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}
