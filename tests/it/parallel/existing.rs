//! Into a database that is there: what is refused, and what a failure leaves.

use std::fs;

use super::{assert_equal, restore_from_pipe, shop};
use crate::support::{self, Archive, Server, TestDb, assert_same, contents, fingerprint_of};

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

#[test]
fn several_sessions_fill_an_empty_database() {
    support::each_version(|server| {
        let original = shop(server);
        let archive = Archive::of(&original);
        let copy = TestDb::new(server);
        archive.restore(&copy, &["-j", "4"]).ok();
        assert_same(&original, &copy);
        assert_equal(&original, &archive, &copy);
        let archive = Archive::with(&original, &["-j", "3"]);
        let piped = TestDb::new(server);
        restore_from_pipe(&archive, &piped, &["-j", "2"]).ok();
        assert_equal(&original, &archive, &piped);
    });
}

#[test]
fn event_triggers_come_back_and_do_not_see_the_journal() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(
            "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1);
             CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'nothing is dropped here'; END $$;
             CREATE EVENT TRIGGER refuse ON sql_drop EXECUTE PROCEDURE refuse();",
        );
        let archive = Archive::of(&original);
        let copy = TestDb::new(server);
        archive.restore(&copy, &["-j", "2"]).ok();
        assert_equal(&original, &archive, &copy);
    });
}

/// Its index is unique in one database and in no other.
const BROKEN: &str = "
CREATE FUNCTION here(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN CASE WHEN current_database() = 'DATABASE' THEN a ELSE 1 END; END $$;
CREATE TABLE broken (a int);
INSERT INTO broken SELECT i FROM generate_series(1, 10) i;
CREATE UNIQUE INDEX broken_here ON broken (public.here(a));";

#[test]
fn a_row_that_fails_leaves_the_rest_and_a_way_to_go_on() {
    on_some_versions(|server| {
        let original = shop(server);
        original.sql(&BROKEN.replace("DATABASE", original.name()));
        let archive = Archive::of(&original);
        let target = TestDb::new(server);
        let told = archive.restore(&target, &["-j", "2"]).fails(9);
        for part in ["E0901", "broken", "--resume", "done: definitions before the rows:"] {
            assert!(told.contains(part), "no {part} in {told}");
        }
        assert_ne!(target.value("SELECT count(*) FROM pgx_journal.done"), "0");
        assert!(!format!("{:?}", fingerprint_of(&target)).contains("pgx_journal"));
        let half = Archive::of(&target);
        let listed = contents(half.path()).join("\n");
        assert!(!listed.contains("pgx_journal"), "{listed}");

        let again = archive.restore(&target, &["-j", "2"]).fails(8);
        assert!(again.contains("stopped half-way") && again.contains("--resume"), "{again}");
        let other = Archive::of(&original).restore(&target, &["-j", "2", "--resume"]).fails(8);
        assert!(other.contains("another archive"), "{other}");
        let options = ["-j", "2", "--resume", "--no-comments"];
        let other = archive.restore(&target, &options).fails(8);
        assert!(other.contains("other options"), "{other}");

        let body =
            "CREATE OR REPLACE FUNCTION here(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS";
        target.sql(&format!("{body} $$ BEGIN RETURN a; END $$"));
        archive.restore(&target, &["-j", "4", "--resume"]).ok();
        let original_body = BROKEN.replace("DATABASE", original.name());
        let original_body = original_body.split("CREATE TABLE").next().unwrap().to_owned();
        target.sql(&original_body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"));
        assert_equal(&original, &archive, &target);
    });
}

#[test]
fn what_needs_one_session_is_refused() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql("CREATE SCHEMA s; CREATE TABLE s.t (a int); INSERT INTO s.t VALUES (1)");
    let archive = Archive::of(&original);
    let target = TestDb::new(&server);
    for (options, code, said) in [
        (&["-j", "2", "-1"][..], 2, "one transaction is the work of one session"),
        (&["-j", "2", "--data-only"], 2, "in the order of foreign keys"),
        (&["-j", "2", "--map-schema", "s=z"], 2, "in one transaction only"),
        (&["--resume"], 2, "--resume continues a restore of several sessions"),
        (&["-j", "2", "--resume"], 8, "no restore has stopped in this database"),
    ] {
        let told = archive.restore(&target, options).fails(code);
        assert!(told.contains(said), "{options:?}: {told}");
    }
    let empty = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('s', 'z', 'pgx_journal')";
    assert_eq!(target.value(empty), "0");
}

#[test]
fn rows_that_others_wrote_meanwhile_stay() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql("CREATE TABLE kept (a int); INSERT INTO kept VALUES (1)");
    original.sql(&BROKEN.replace("DATABASE", original.name()));
    // The index fails, so rows are loaded by a second attempt if the first one has none.
    let archive = Archive::of(&original);
    let target = TestDb::new(&server);
    archive.restore(&target, &["-j", "2"]).fails(9);
    // As if its rows had not been loaded yet, and somebody had written into it.
    target.sql(
        "TRUNCATE kept; INSERT INTO kept VALUES (2);
         DELETE FROM pgx_journal.done WHERE action = 'load'; TRUNCATE broken",
    );
    let body = "CREATE OR REPLACE FUNCTION here(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS";
    target.sql(&format!("{body} $$ BEGIN RETURN a; END $$"));
    archive.restore(&target, &["-j", "2", "--resume"]).ok();
    assert_eq!(target.value("SELECT string_agg(a::text, ' ' ORDER BY a) FROM kept"), "1 2");
    assert_eq!(target.value("SELECT count(*) FROM broken"), "10");
}

#[test]
fn a_failure_before_anything_is_done_changes_nothing() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql("CREATE TABLE t (a int)");
    let archive = Archive::of(&original);
    let target = TestDb::new(&server);
    target.sql("CREATE TABLE t (b int)");
    let before = fingerprint_of(&target);
    let told = archive.restore(&target, &["-j", "2"]).fails(8);
    assert!(told.contains("exist in the target already"), "{told}");
    assert_eq!(before, fingerprint_of(&target));
    let cut = fs::read(archive.path()).unwrap();
    fs::write(archive.path(), &cut[..cut.len() - 10]).unwrap();
    archive.restore(&target, &["-j", "2"]).fails(7);
    assert_eq!(
        target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgx_journal'"),
        "0"
    );
}
