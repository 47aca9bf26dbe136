//! Options mean what they mean to a dump and to a restore.

use std::fs;

use super::{clone, into_empty, with_create};
use crate::support::{
    self, Archive, PARCELS_MANIFEST, Role, Server, TestDb, arg, assert_same, fill_parcels, unique,
};

/// What `pgx dump … | pgx restore …` makes.
#[track_caller]
fn by_two(source: &TestDb, server: &Server, dump: &[&str], restore: &[&str]) -> TestDb {
    let copy = TestDb::new(server);
    Archive::with(source, dump).restore(&copy, restore).ok();
    copy
}

/// Both copies are the same, with the same rows.
#[track_caller]
fn assert_as_by_two(cloned: &TestDb, oracle: &TestDb) {
    assert_same(oracle, cloned);
    Archive::of(oracle).rows_equal(cloned);
}

#[test]
fn what_is_chosen_is_cloned() {
    let Some(server) = support::gis() else { return };
    let source = TestDb::new(&server);
    fill_parcels(&source, 300);
    source.sql("CREATE SCHEMA other; CREATE TABLE other.t AS SELECT 1 AS a");
    let directory = tempfile::tempdir().unwrap();
    let manifest = directory.path().join("parcels.toml");
    fs::write(&manifest, PARCELS_MANIFEST).unwrap();
    let choices: [&[&str]; 6] = [
        &["-t", "public.extraction_log"],
        &["-n", "other"],
        &["-N", "other", "-T", "roi2018*"],
        &["--tables-from", arg(&manifest)],
        &["--schema-only"],
        &["--exclude-table-data", "roi*", "--no-comments", "--no-owner"],
    ];
    for choice in choices {
        let cloned = into_empty(&source, &server, choice);
        assert_as_by_two(&cloned, &by_two(&source, &server, choice, &[]));
    }
}

#[test]
fn sections_and_rows_go_into_what_is_there() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    // Keys that no order of names or sizes satisfies.
    source.sql(
        "CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a);
         CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
         INSERT INTO a SELECT n, NULLIF(n - 1, 0) FROM generate_series(1, 50) n;
         INSERT INTO b SELECT n, n % 50 + 1 FROM generate_series(1, 9000) n",
    );
    let copy = with_create(&source, &server, &["--section=pre-data"]);
    clone(&source, &copy, &["--section=data", "--section=post-data"]).ok();
    super::assert_cloned(&source, &copy);
    copy.sql("TRUNCATE a, b");
    clone(&source, &copy, &["--data-only"]).ok();
    super::assert_cloned(&source, &copy);
}

#[test]
fn names_become_others() {
    let Some(server) = support::newest() else { return };
    let (old, new) = (Role::new(&server, "old", ""), Role::new(&server, "new", ""));
    let source = TestDb::new(&server);
    source.sql(&format!(
        "CREATE SCHEMA one; CREATE TABLE one.t (a int); ALTER TABLE one.t OWNER TO {};
         INSERT INTO one.t VALUES (1), (2)",
        old.name()
    ));
    let owner = format!("{}={}", old.name(), new.name());
    let maps = ["--map-schema", "one=two", "--map-owner", &owner];
    let cloned = into_empty(&source, &server, &maps);
    let of_copy = "SELECT relowner::regrole || ' ' || (SELECT count(*) FROM two.t)
                   FROM pg_class WHERE oid = 'two.t'::regclass";
    assert_eq!(cloned.value(of_copy), format!("{} 2", new.name()));
    assert_as_by_two(&cloned, &by_two(&source, &server, &[], &maps));
}

#[test]
fn each_side_acts_as_a_role_of_its_own() {
    let Some(server) = support::newest() else { return };
    let reader = Role::new(&server, "reader", "");
    let maker = Role::new(&server, "maker", "CREATEDB");
    let source = TestDb::new(&server);
    source.sql(&format!("CREATE TABLE t (a int); GRANT SELECT ON t TO {}", reader.name()));
    let roles = ["--source-role", reader.name(), "--target-role", maker.name()];
    let refused = TestDb::adopt(&server, &unique("made"));
    // Both as the one who may read nothing, or make nothing.
    clone(&source, &refused, &["--create", "--role", reader.name()]).fails(11);
    clone(&source, &refused, &["--create", "--role", maker.name()]).fails(11);
    let options = [&roles[..], &["--no-owner", "--owner", maker.name(), "--role", "nobody"]];
    let copy = with_create(&source, &server, &options.concat());
    let owner = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'public.t'::regclass";
    assert_eq!(copy.value(owner), maker.name());
}

#[test]
fn both_sides_are_heard_and_skips_of_either_end_with_3() {
    let Some(server) = support::newest() else { return };
    let maker = Role::new(&server, "maker", "LOGIN CREATEDB");
    let source = TestDb::new(&server);
    source.sql(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1);
         CREATE FUNCTION f(internal) RETURNS internal LANGUAGE internal AS 'int4recv'",
    );
    let target = TestDb::adopt(&server, &unique("made"));
    let uri = target.uri_as(maker.name());
    let options = ["--create", "--no-owner", "--skip-denied", "-v"];
    let ran = support::pgx(&[&["clone", &source.uri(), &uri], &options[..]].concat());
    let told = ran.fails(3);
    for line in [
        "pgx: source: reading the catalog",
        "pgx: target: loading rows",
        "pgx: public.t: 1 row in ",
        "pgx: warning: left out: FUNCTION ",
        "pgx: cloned 1 table, 1 row, ",
    ] {
        assert!(told.lines().any(|said| said.starts_with(line)), "{line:?} is not said: {told}");
    }
    assert_eq!(told.matches("public.t: 1 row").count(), 1, "{told}");
}
