//! What to dump: names that match nothing, manifests that cannot be read or contradict themselves.

use super::{assert_says, clear_error, files};
use crate::support::{self, Ran, TestDb, arg};

/// Dumps by a manifest; nothing may be written when it fails.
fn by_manifest(database: &TestDb, manifest: &str) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tables.toml");
    std::fs::write(&file, manifest).unwrap();
    let out = directory.path().join("out.pgx");
    let ran =
        support::pgx(&["dump", &database.uri(), "--tables-from", arg(&file), "-f", arg(&out)]);
    if ran.code != Some(0) {
        assert_eq!(files(directory.path()), ["tables.toml"]);
    }
    ran
}

fn parcels() -> Option<TestDb> {
    let database = TestDb::new(&support::newest()?);
    database.sql(
        "CREATE TABLE parcel_set (id int PRIMARY KEY, year int);
         CREATE TABLE signatures (parcel int REFERENCES parcel_set, v int);
         INSERT INTO parcel_set VALUES (1, 2018); INSERT INTO signatures VALUES (1, 1)",
    );
    Some(database)
}

#[test]
fn a_manifest_with_an_unknown_table_suggests_near_names() {
    let Some(database) = parcels() else { return };
    let ran = by_manifest(&database, "[[table]]\nname = \"public.parcel_sets\"\n");
    let error = clear_error(&ran, 2, "E0204");
    assert_says(&error, &["public.parcel_sets", "public.parcel_set", "tables.toml, line 2"]);
}

#[test]
fn every_pattern_of_a_manifest_that_matches_nothing_is_named() {
    let Some(database) = parcels() else { return };
    let manifest = "[[table]]\nname = \"parcel_set\"\n[[table]]\nname = \"roi*_signatures\"\n\
                    [[table]]\nname = \"nowhere.*\"\n";
    let error = clear_error(&by_manifest(&database, manifest), 2, "E0204");
    assert_says(&error, &["roi*_signatures", "line 4", "nowhere.*", "line 6"]);
}

#[test]
fn a_manifest_that_is_not_toml_is_told_by_line_and_column() {
    let Some(database) = parcels() else { return };
    let ran = by_manifest(&database, "[[table]]\nname = \"parcel_set\n");
    let error = clear_error(&ran, 2, "E0203");
    assert_says(error.lines().next().unwrap(), &["tables.toml, line 2, column "]);
}

#[test]
fn unknown_keys_and_words_of_a_manifest_are_named_with_their_place() {
    let Some(database) = parcels() else { return };
    let cases = [
        (
            "[[table]]\nname = \"parcel_set\"\nwehre = \"year = 2018\"\n",
            "wehre",
            "line 3, column 1",
        ),
        ("[[table]]\nname = \"parcel_set\"\ntake = \"rows\"\n", "rows", "line 3, column 8"),
        (
            "foreign_key = \"check\"\n[[table]]\nname = \"parcel_set\"\n",
            "foreign_key",
            "line 1, column 1",
        ),
        ("version = 2\n[[table]]\nname = \"parcel_set\"\n", "version", "line 1"),
    ];
    for (manifest, word, place) in cases {
        let error = clear_error(&by_manifest(&database, manifest), 2, "E0203");
        assert_says(error.lines().next().unwrap(), &[word, place]);
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused_with_both_places() {
    let Some(database) = parcels() else { return };
    let manifest = "[[table]]\nname = \"parcel_set\"\ntake = \"schema\"\n\n\
                    [[table]]\nname = \"parcel_set\"\ntake = \"both\"\n";
    assert_says(&clear_error(&by_manifest(&database, manifest), 2, "E0203"), &["line 2", "line 6"]);
    let manifest = "[[table]]\nname = \"parcel_set\"\n\n[[exclude]]\nname = \"parcel_set\"\n";
    assert_says(&clear_error(&by_manifest(&database, manifest), 2, "E0203"), &["line 2", "line 5"]);
    let manifest = "[[table]]\nname = \"parcel*\"\n\n\
                    [[table]]\nname = \"*set\"\nwhere = \"year = 1\"\n";
    assert_says(&clear_error(&by_manifest(&database, manifest), 2, "E0203"), &["line 2", "line 5"]);
}

#[test]
fn a_foreign_key_that_leaves_the_manifest_names_key_and_table() {
    let Some(database) = parcels() else { return };
    let ran = by_manifest(&database, "[[table]]\nname = \"signatures\"\n");
    let error = clear_error(&ran, 2, "E0205");
    assert_says(&error, &["signatures_parcel_fkey", "parcel_set", "follow", "ignore"]);
}

#[test]
fn a_row_filter_the_server_refuses_names_table_and_sqlstate() {
    let Some(database) = parcels() else { return };
    let manifest = "[[table]]\nname = \"parcel_set\"\nwhere = \"yaer = 2018\"\n";
    let ran = by_manifest(&database, manifest);
    assert_ne!(ran.code, Some(0));
    let (exit_code, code) = (ran.code.unwrap(), &ran.stderr["pgx: error[".len()..][..5]);
    assert!(matches!(exit_code, 2 | 5), "{}", ran.stderr);
    assert_says(&clear_error(&ran, exit_code, code), &["parcel_set", "yaer", "[42703]"]);
}

#[test]
fn a_missing_manifest_is_named() {
    let Some(database) = parcels() else { return };
    let ran = support::pgx(&["dump", &database.uri(), "--tables-from", "/nonexistent/list.toml"]);
    assert_says(&clear_error(&ran, 2, "E0203"), &["/nonexistent/list.toml"]);
}

#[test]
fn an_option_pattern_that_matches_nothing_is_named_with_near_names() {
    let Some(database) = parcels() else { return };
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out.pgx");
    let dump = |options: &[&str]| {
        let uri = database.uri();
        let mut arguments = vec!["dump", &uri, "-f", arg(&out)];
        arguments.extend(options);
        support::pgx(&arguments)
    };
    let error = clear_error(&dump(&["-t", "public.signatuers"]), 2, "E0204");
    assert_says(&error, &["public.signatuers", "public.signatures"]);
    let error = clear_error(&dump(&["-n", "no_such_schema"]), 2, "E0204");
    assert_says(&error, &["no_such_schema"]);
    assert_eq!(files(directory.path()), [""; 0]);
}

#[test]
fn contradictory_options_are_refused_before_anything_is_reached() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = directory.path().join("tables.toml");
    std::fs::write(&manifest, "[[table]]\nname = \"t\"\n").unwrap();
    let cases: [&[&str]; 6] = [
        &["dump", "shop", "-s", "-a"],
        &["dump", "shop", "-t", "a", "--tables-from", arg(&manifest)],
        &["dump", "shop", "-d", "other"],
        &["restore", "a.pgx", "-d", "shop", "--create", "-a"],
        &["restore", "a.pgx", "-d", "shop", "--maintenance-db", "postgres"],
        &["restore", "a.pgx", "-d", "shop", "--owner", "ann"],
    ];
    for arguments in cases {
        let ran = support::pgx(arguments);
        clear_error(&ran, 2, "E0201");
    }
    for uri in ["postgresql://h:port/x", "host='unclosed", "hosst=x"] {
        clear_error(&support::pgx(&["dump", uri]), 2, "E0202");
    }
}
