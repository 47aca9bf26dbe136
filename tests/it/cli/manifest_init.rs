//! `pgx manifest init` writes a manifest that a dump accepts.

use std::fs;

use pgx_core::select::{ForeignKeys, Manifest};
use serde_json::Value;

use crate::support::{self, TestDb, arg, pgx};

const TABLES: &str = r#"
CREATE SCHEMA "Odd.Schema";
CREATE TABLE a_line (bill int, item int);
CREATE TABLE b_bill (id int PRIMARY KEY, client int);
CREATE TABLE c_client (id serial PRIMARY KEY, parent int REFERENCES c_client);
CREATE TABLE d_item (id int PRIMARY KEY);
ALTER TABLE a_line ADD FOREIGN KEY (bill) REFERENCES b_bill, ADD FOREIGN KEY (item) REFERENCES d_item;
ALTER TABLE b_bill ADD FOREIGN KEY (client) REFERENCES c_client;
CREATE TABLE egg (id int PRIMARY KEY, hen int);
CREATE TABLE hen (id int PRIMARY KEY, egg int REFERENCES egg);
ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen;
CREATE TABLE "Odd.Schema"."it's ""odd""\ [x] = # 1" (a int);
CREATE TABLE "Odd.Schema"."two
lines" (a int);
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE VIEW bills AS SELECT id FROM b_bill;
CREATE MATERIALIZED VIEW clients AS SELECT id FROM c_client;
CREATE SEQUENCE numbers;
INSERT INTO c_client (parent) VALUES (NULL), (1);
INSERT INTO b_bill VALUES (1, 2);
"#;

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest.tables.iter().map(|item| item.pattern.text.as_str()).collect()
}

fn read(text: &str) -> Manifest {
    Manifest::parse("standard output", text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// Kind, schema and name of every entry of an archive.
fn listed(archive: &str) -> Vec<(Value, Value, Value)> {
    let listed = pgx(&["inspect", "--json", archive]).ok();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let entries = listed["entries"].as_array().unwrap().iter();
    let mut entries: Vec<_> = entries
        .filter(|entry| entry["kind"] != "SCHEMA")
        .map(|entry| (entry["kind"].clone(), entry["schema"].clone(), entry["name"].clone()))
        .collect();
    entries.sort_by_key(|entry| format!("{entry:?}"));
    entries
}

#[test]
fn a_dump_by_the_whole_manifest_is_a_dump_of_the_whole_database() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        database.sql(TABLES);
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| arg(&dir.path().join(name)).to_owned();
        let (toml, chosen, whole) = (path("all.toml"), path("chosen.pgx"), path("whole.pgx"));
        pgx(&["manifest", "init", "-d", &database.uri(), "-o", &toml]).ok();
        pgx(&["dump", "-d", &database.uri(), "--tables-from", &toml, "-f", &chosen]).ok();
        pgx(&["dump", "-d", &database.uri(), "-f", &whole]).ok();
        assert_eq!(listed(&chosen), listed(&whole));
    });
}

#[test]
fn parents_come_first_and_what_comes_along_is_not_listed() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql(TABLES);
    let ran = pgx(&["manifest", "init", &database.uri()]).ok();
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    let manifest = read(ran.stdout_text());
    let names = names(&manifest);
    let place = |name: &str| {
        let found = names.iter().position(|listed| *listed == format!("public.{name}"));
        found.unwrap_or_else(|| panic!("{name} is not in {names:?}"))
    };
    for (parent, child) in [("c_client", "b_bill"), ("b_bill", "a_line"), ("d_item", "a_line")] {
        assert!(place(parent) < place(child), "{names:?}");
    }
    for other in ["egg", "hen", "parted", "bills", "clients", "numbers"] {
        place(other);
    }
    assert!(!names.iter().any(|name| name.contains("parted_1") || name.contains("_seq")));
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(
        ran.stdout_text().contains("# (bill) refers to public.b_bill"),
        "{}",
        ran.stdout_text()
    );
}

#[test]
fn only_tables_that_match_are_listed() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql(TABLES);
    let init = |args: &[&str]| pgx(&[&["manifest", "init", "-d", &database.uri()], args].concat());
    let two = init(&["-t", "?_*l*", "-t", "\"Odd.Schema\".two*"]).ok();
    let manifest = read(two.stdout_text());
    assert_eq!(
        names(&manifest),
        ["\"Odd.Schema\".\"two\nlines\"", "public.c_client", "public.b_bill", "public.a_line"]
    );
    let said = init(&["-t", "b_bil"]).fails(2);
    assert!(said.starts_with("pgx: error[E0204]: ") && said.contains("b_bill"), "{said}");
}

#[test]
fn the_policy_is_the_one_asked_for() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE t ()");
    let policy = |args: &[&str]| {
        let ran = pgx(&[&["manifest", "init", "-d", &database.uri()], args].concat()).ok();
        read(ran.stdout_text()).foreign_keys
    };
    assert_eq!(policy(&[]), ForeignKeys::Check);
    for (word, meant) in [
        ("check", ForeignKeys::Check),
        ("follow", ForeignKeys::Follow),
        ("ignore", ForeignKeys::Ignore),
    ] {
        assert_eq!(policy(&["--foreign-keys", word]), meant);
    }
}

#[test]
fn a_manifest_that_exists_is_replaced_only_by_force() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE t ()");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.toml");
    fs::write(&file, "precious").unwrap();
    let uri = database.uri();
    let init = ["manifest", "init", "-d", &uri, "-o", arg(&file)];
    let said = pgx(&init).fails(2);
    assert!(said.starts_with("pgx: error[E0207]: "), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    pgx(&[&init[..], &["--force"]].concat()).ok();
    assert_eq!(names(&read(&fs::read_to_string(&file).unwrap())), ["public.t"]);
}
