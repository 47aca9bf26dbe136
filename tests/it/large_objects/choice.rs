//! Which commands take large objects, and which leave them out.

use serde_json::Value;

use super::{bytes_of, count_of};
use crate::support::{self, Archive, Server, TestDb, arg, pgx};

fn two(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(
        "CREATE TABLE t (a int); CREATE TABLE u (a int); INSERT INTO t VALUES (1); \
         SELECT lo_from_bytea(50001, 'one'), lo_create(50002)",
    );
    database
}

/// How many large objects `pgx dump` takes.
fn taken(database: &TestDb, options: &[&str]) -> Value {
    let archive = Archive::with(database, options);
    let ran = pgx(&["inspect", "--json", arg(archive.path())]).ok();
    let listed: Value = serde_json::from_slice(&ran.stdout).unwrap();
    listed["large_objects"]["count"].clone()
}

#[test]
fn a_dump_takes_them_when_nothing_is_chosen_or_when_asked() {
    let Some(server) = support::newest() else { return };
    let database = two(&server);
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("m.toml");
    std::fs::write(&manifest, "[[table]]\nname = 't'\n").unwrap();
    let manifest = arg(&manifest);
    let both: [&[&str]; 10] = [
        &[],
        &["-a"],
        &["-T", "t"],
        &["-N", "none"],
        &["-t", "t", "-b"],
        &["-t", "t", "--blobs"],
        &["-n", "public", "--large-objects"],
        &["--tables-from", manifest, "-b"],
        &["-t", "t", "-b", "-B"],
        &["-t", "t", "-B", "-b"],
    ];
    for options in both {
        assert_eq!(taken(&database, options), 2, "{options:?}");
    }
    let none: [&[&str]; 9] = [
        &["-B"],
        &["--no-blobs"],
        &["--no-large-objects", "-a"],
        &["-s"],
        &["-s", "-b"],
        &["-t", "t"],
        &["-n", "public"],
        &["-t", "t", "-a"],
        &["--tables-from", manifest],
    ];
    for options in none {
        assert_eq!(taken(&database, options), Value::Null, "{options:?}");
    }
}

#[test]
fn a_restore_takes_them_with_the_rows_unless_it_chooses() {
    let Some(server) = support::newest() else { return };
    let archive = Archive::of(&two(&server));
    let cases: [(&[&str], &str); 6] = [
        (&[], "2"),
        (&["-s"], "0"),
        (&["-B"], "0"),
        (&["--no-blobs"], "0"),
        (&["-t", "t"], "0"),
        (&["-n", "public"], "0"),
    ];
    for (options, count) in cases {
        let copy = TestDb::new(&server);
        archive.restore(&copy, options).ok();
        assert_eq!(count_of(&copy), count, "{options:?}");
    }
    let copy = TestDb::new(&server);
    copy.sql("CREATE TABLE t (a int); CREATE TABLE u (a int)");
    let said = archive.restore(&copy, &["-a"]).ok().stderr;
    assert!(said.contains("2 tables, 1 row, 2 large objects, "), "{said}");
    assert_eq!(copy.value("SELECT lo_get(50001)::text"), "\\x6f6e65");
}

#[test]
fn one_that_is_there_already_is_named_before_anything_is_changed() {
    let Some(server) = support::newest() else { return };
    let archive = Archive::of(&two(&server));
    for options in [&[][..], &["-a"]] {
        let copy = TestDb::new(&server);
        if options == ["-a"] {
            copy.sql("CREATE TABLE t (a int); CREATE TABLE u (a int)");
        }
        copy.sql("SELECT lo_from_bytea(50001, 'mine'), lo_from_bytea(50009, 'mine')");
        let before = bytes_of(&copy);
        let said = archive.restore(&copy, options).fails(8);
        let named = "E0802]: 1 large object of the archive exist in the target already: 50001";
        assert!(said.contains(named), "{said}");
        assert_eq!(bytes_of(&copy), before);
        archive.restore(&copy, &[options, &["-B"]].concat()).ok();
        assert_eq!(bytes_of(&copy), before);
        assert_eq!(copy.value("SELECT count(*) FROM t"), "1");
    }
}

#[test]
fn a_comparison_tells_which_differ() {
    let Some(server) = support::newest() else { return };
    let database = two(&server);
    let archive = Archive::of(&database);
    let told = |code| {
        let uri = database.uri();
        let ran = pgx(&["verify", arg(archive.path()), "--against", &uri]);
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        let text = ran.stdout_text().to_owned();
        text.lines().find(|line| line.starts_with("large objects")).unwrap().to_owned()
    };
    assert!(told(0).ends_with("equal"), "{}", told(0));
    database.sql("SELECT lo_put(50001, 0, 'two')");
    assert!(told(1).contains("as many rows, other values"), "{}", told(1));
    database.sql("SELECT lo_put(50001, 5000, 'more')");
    assert!(told(1).contains("2 rows in the database"), "{}", told(1));
    database.sql("SELECT lo_unlink(50002), lo_create(50003), lo_create(50004)");
    assert!(told(1).contains("1 missing, 2 not in the archive"), "{}", told(1));
}

#[test]
fn a_listing_counts_them() {
    let Some(server) = support::newest() else { return };
    let archive = Archive::of(&two(&server));
    let ran = pgx(&["inspect", arg(archive.path())]).ok();
    let text = ran.stdout_text();
    assert!(text.contains("LARGE OBJECT METADATA  50001..50002"), "{text}");
    assert!(text.contains("2 tables, 1 row, 2 large objects, "), "{text}");
    let ran = pgx(&["verify", "--deep", arg(archive.path())]).ok();
    assert!(ran.stdout_text().contains("2 tables, 1 row, 2 large objects, "));
}
