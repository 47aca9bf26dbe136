//! `pgx inspect` lists an archive, for people and for programs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{self, TestDb, arg, pgx};

const GUIDE: &str = include_str!("../../../docs/guide.md");

const TABLES: &str = r#"
CREATE TABLE client (id serial PRIMARY KEY, name text);
CREATE TABLE bill (client int REFERENCES client, "at" date);
CREATE INDEX bill_at ON bill ("at");
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql AS 'SELECT 2 * a';
CREATE FUNCTION twice(a text) RETURNS text LANGUAGE sql AS 'SELECT a || a';
INSERT INTO client (name) SELECT md5(i::text) || md5((-i)::text) FROM generate_series(1, 150000) i;
INSERT INTO bill VALUES (1, '2020-01-01'), (2, NULL);
"#;

/// An archive of several chunks, with a filter.
fn archive() -> Option<(TempDir, PathBuf, TestDb)> {
    let database = TestDb::new(&support::newest()?);
    database.sql(TABLES);
    let dir = tempfile::tempdir().unwrap();
    let manifest = dir.path().join("m.toml");
    let text = "[[table]]\nname = 'client'\n[[table]]\nname = 'bill'\nwhere = 'at IS NOT NULL'\n\
                [[table]]\nname = 'client_id_seq'\n";
    fs::write(&manifest, text).unwrap();
    let file = dir.path().join("a.pgx");
    let from = ["--tables-from", arg(&manifest)];
    pgx(&[&["dump", "-Z", "none", "-d", &database.uri(), "-f", arg(&file)], &from[..]].concat())
        .ok();
    Some((dir, file, database))
}

fn listed(archive: &Path) -> Value {
    serde_json::from_slice(&pgx(&["inspect", "--json", arg(archive)]).ok().stdout).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The fields that a table of the guide lists, its title given.
fn documented(title: &str) -> BTreeSet<&'static str> {
    let (_, rest) = GUIDE.split_once(title).unwrap_or_else(|| panic!("no {title:?} in the guide"));
    let rows = rest.lines().skip_while(|line| !line.starts_with("| `"));
    let rows = rows.take_while(|line| line.starts_with("| `"));
    let names = rows.map(|row| row.split('|').nth(1).unwrap());
    names.flat_map(|names| names.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_json_has_the_fields_of_the_guide_and_no_others() {
    let Some((_dir, file, _database)) = archive() else { return };
    let listed = listed(&file);
    assert_eq!(keys(&listed), documented("Fields of the archive"));
    for entry in listed["entries"].as_array().unwrap() {
        assert_eq!(keys(entry), documented("Fields of an entry"));
    }
    for table in listed["tables"].as_array().unwrap() {
        assert_eq!(keys(table), documented("Fields of a table"));
    }
}

#[test]
fn the_json_says_what_was_dumped() {
    let Some((_dir, file, database)) = archive() else { return };
    let listed = listed(&file);
    assert_eq!(listed["database"], database.name());
    assert_eq!(listed["file_bytes"], fs::metadata(&file).unwrap().len());
    assert_eq!(listed["server_version"].as_u64().unwrap() / 10000, database.server().major as u64);
    let request = listed["request"].as_str().unwrap();
    assert!(request.starts_with("--tables-from ") && request.ends_with("m.toml"), "{request}");
    let tables = listed["tables"].as_array().unwrap();
    let [client, bill] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!((&client["name"], &bill["name"]), (&"client".into(), &"bill".into()));
    assert_eq!((&client["rows"], &bill["rows"]), (&150_000.into(), &1.into()));
    assert_eq!((&bill["filter"], &client["filter"]), (&"at IS NOT NULL".into(), &Value::Null));
    assert_eq!(client["columns"], serde_json::json!(["id", "name"]));
    assert!(client["chunks"].as_u64().unwrap() >= 3, "{client}");
    assert_eq!((&client["format"], &listed["compression"]), (&"binary".into(), &"none".into()));
    // A tuple: two bytes, and four in front of each field, of which the first has four.
    let sql = "SELECT sum(2 + 4 + 4 + 4 + length(name)) FROM client";
    assert_eq!(client["raw_bytes"].to_string(), database.value(sql));
}

#[test]
fn entries_are_numbered_in_order_and_depend_on_earlier_ones() {
    let Some((_dir, file, _database)) = archive() else { return };
    let listed = listed(&file);
    let entries = listed["entries"].as_array().unwrap();
    for (at, entry) in entries.iter().enumerate() {
        assert_eq!(entry["id"], at + 1);
        let needed = entry["depends_on"].as_array().unwrap();
        assert!(needed.iter().all(|id| id.as_u64().unwrap() <= at as u64), "{entry}");
    }
    let key = entries.iter().find(|entry| entry["kind"] == "FK CONSTRAINT").unwrap();
    assert_eq!((&key["on"], &key["section"]), (&"public.bill".into(), &"post-data".into()));
    assert!(key["create"][0].as_str().unwrap().contains("REFERENCES"), "{key}");
}

#[test]
fn the_text_names_every_entry_and_table() {
    let Some((_dir, file, _database)) = archive() else { return };
    let ran = pgx(&["inspect", arg(&file)]).ok();
    let text = ran.stdout_text();
    for entry in listed(&file)["entries"].as_array().unwrap() {
        let (id, name) = (entry["id"].to_string(), entry["name"].as_str().unwrap());
        let named =
            |line: &&str| line.split_whitespace().next() == Some(&id) && line.contains(name);
        assert!(text.lines().any(|line| named(&line)), "{entry}: {text}");
    }
    assert!(text.contains("where at IS NOT NULL"), "{text}");
    assert!(text.ends_with('\n') && text.contains("2 tables, 150001 rows, "), "{text}");
}

#[test]
fn functions_of_one_name_are_told_apart() {
    let Some((dir, _, database)) = archive() else { return };
    let file = dir.path().join("s.pgx");
    pgx(&["dump", "-s", "-f", arg(&file), "-d", &database.uri()]).ok();
    let ran = pgx(&["inspect", arg(&file)]).ok();
    for name in ["public.twice(a integer)", "public.twice(a text)"] {
        let bare = name.replace("a ", "");
        let text = ran.stdout_text();
        assert!(text.contains(name) || text.contains(&bare), "{name}: {text}");
    }
}

#[test]
fn listing_a_file_needs_only_its_first_and_last_blocks() {
    let Some((_dir, file, _database)) = archive() else { return };
    let whole = pgx(&["inspect", "--json", arg(&file)]).ok();
    // Rows of the table that is stored as it is, all the way from beginning to end.
    let bytes = fs::metadata(&file).unwrap().len();
    let mut damaged = fs::OpenOptions::new().write(true).open(&file).unwrap();
    damaged.seek(SeekFrom::Start(256 << 10)).unwrap();
    damaged.write_all(&vec![0; (bytes - (512 << 10)) as usize]).unwrap();
    let listed = pgx(&["inspect", "--json", arg(&file)]).ok();
    assert_eq!(listed.stdout_text(), whole.stdout_text());
    pgx(&["verify", arg(&file)]).fails(7);
}

#[test]
fn what_is_no_archive_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    for text in ["", "some notes", &"long notes ".repeat(1000)] {
        fs::write(&file, text).unwrap();
        let said = pgx(&["inspect", arg(&file)]).fails(7);
        assert!(said.starts_with("pgx: error[E0703]: "), "{said}");
    }
    let said = pgx(&["inspect", "/nonexistent/a.pgx"]).fails(7);
    assert!(said.starts_with("pgx: error[E0705]: "), "{said}");
}
