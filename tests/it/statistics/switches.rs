//! The switches, as pg_dump and pg_restore have them.

use serde_json::Value;

use crate::support::{self, Archive, TestDb, arg};

/// What an archive holds: definitions, rows, statistics.
fn holds(archive: &Archive) -> [bool; 3] {
    let json = support::pgx(&["inspect", "--json", arg(archive.path())]).ok();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let kinds: Vec<&str> =
        json["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    let has = |kind: &str| kinds.contains(&kind);
    let found = [has("TABLE"), has("TABLE DATA"), has("STATISTICS DATA")];
    let said = ["has_schema", "has_data", "has_statistics"].map(|key| json[key] == true);
    assert_eq!(found, said);
    found
}

#[test]
fn a_dump_has_statistics_when_it_is_asked_for_them() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    for (options, want) in [
        (&[][..], [true, true, false]),
        (&["--statistics"], [true, true, true]),
        (&["--no-statistics"], [true, true, false]),
        (&["--statistics-only"], [false, false, true]),
        (&["--statistics", "--no-data"], [true, false, true]),
        (&["--statistics", "--no-schema"], [false, true, true]),
        (&["--statistics", "--no-schema", "--no-data"], [false, false, true]),
        (&["--schema-only"], [true, false, false]),
        (&["--section=data", "--statistics"], [false, true, true]),
        (&["--section=pre-data", "--statistics"], [true, false, false]),
    ] {
        assert_eq!(holds(&Archive::with(&source, options)), want, "{options:?}");
    }
}

#[test]
fn a_restore_takes_the_statistics_there_are_unless_told_otherwise() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    let archive = Archive::with(&source, &["--statistics"]);
    for (options, want) in [
        (&[][..], "1"),
        (&["--no-statistics"], "0"),
        (&["--schema-only"], "0"),
        (&["--no-data"], "1"),
        (&["--section=pre-data"], "0"),
    ] {
        let copy = TestDb::new(&server);
        archive.restore(&copy, &[options, &["--no-analyze"]].concat()).ok();
        let known = copy.value("SELECT count(*) FROM pg_stats WHERE tablename = 't'");
        assert_eq!(known, want, "{options:?}");
    }
}

#[test]
fn switches_that_contradict_each_other_are_refused() {
    for options in [
        &["--statistics", "--no-statistics"][..],
        &["--statistics", "--schema-only"],
        &["--statistics", "--data-only"],
        &["--statistics-only", "--no-statistics"],
        &["--statistics-only", "--schema-only"],
        &["--statistics-only", "--data-only"],
        &["--no-statistics", "--no-schema", "--no-data"],
    ] {
        support::pgx(&[&["dump", "-d", "nowhere"], options].concat()).fails(2);
        support::pgx(&[&["restore", "nothing", "-d", "nowhere"], options].concat()).fails(2);
    }
    support::pgx(&["restore", "nothing", "--create", "--statistics-only"]).fails(2);
}
