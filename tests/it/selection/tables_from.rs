//! The three forms of `--tables-from`, by name, by first word, by `--tables-format`, and from stdin.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{self, Ran, TestDb, pgx_command};

/// `line` refers to `item` and to `bill`, `bill` to `client`; `seen` uses a type and a function.
const TABLES: &str = r#"
CREATE SCHEMA shop;
CREATE TABLE shop.client (id int PRIMARY KEY);
CREATE TABLE shop.bill (id int PRIMARY KEY, client int REFERENCES shop.client);
CREATE TABLE shop.item (id int PRIMARY KEY);
CREATE TABLE shop.line (bill int REFERENCES shop.bill, item int REFERENCES shop.item);
CREATE TYPE shop.mood AS ENUM ('good', 'bad');
CREATE FUNCTION shop.usual() RETURNS shop.mood LANGUAGE sql AS 'SELECT ''good''::shop.mood';
CREATE TABLE public.seen (at int, mood shop.mood DEFAULT shop.usual());
INSERT INTO shop.client VALUES (1), (2);
INSERT INTO shop.bill VALUES (10, 1), (20, 2), (30, NULL);
INSERT INTO shop.item VALUES (100);
INSERT INTO shop.line VALUES (10, 100), (20, 100);
INSERT INTO public.seen SELECT generate_series(1, 7);
"#;

/// A database, and a place for files.
struct Scene {
    database: TestDb,
    dir: TempDir,
}

impl Scene {
    fn new() -> Option<Scene> {
        let database = TestDb::new(&support::newest()?);
        database.sql(TABLES);
        Some(Scene { database, dir: tempfile::tempdir().unwrap() })
    }

    fn dump(&self, args: &[&str]) -> Command {
        let mut dump = pgx_command();
        dump.current_dir(self.dir.path());
        dump.args(["dump", "-f", "out.pgx", "--force", "-d", &self.database.uri()]).args(args);
        dump
    }

    /// The rows that a dump takes, `shop.bill 3`, and the kinds and names of what it defines.
    fn taken(&self, args: &[&str]) -> Taken {
        Ran::of(&mut self.dump(args)).ok();
        Taken::of(&self.dir.path().join("out.pgx"))
    }

    /// The same of a dump that reads `text` from a file of that name.
    fn taken_by(&self, name: &str, text: &str, more: &[&str]) -> Taken {
        self.write(name, text);
        self.taken(&[&["--tables-from", name], more].concat())
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn refused(&self, name: &str, text: &str, more: &[&str]) -> String {
        self.write(name, text);
        let _ = fs::remove_file(self.dir.path().join("out.pgx"));
        let said = Ran::of(self.dump(&["--tables-from", name]).args(more)).fails(2);
        assert!(!self.dir.path().join("out.pgx").exists(), "{said}");
        said
    }
}

/// What an archive holds.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    rows: BTreeSet<String>,
    defined: BTreeSet<String>,
}

impl Taken {
    fn of(archive: &Path) -> Taken {
        let listed = support::pgx(&["inspect", "--json", support::arg(archive)]).ok();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        let name = |item: &Value| {
            let schema = item["schema"].as_str().map(|schema| format!("{schema}."));
            format!("{}{}", schema.unwrap_or_default(), item["name"].as_str().unwrap())
        };
        let tables = listed["tables"].as_array().unwrap().iter();
        let entries = listed["entries"].as_array().unwrap().iter();
        Taken {
            rows: tables.map(|table| format!("{} {}", name(table), table["rows"])).collect(),
            defined: entries
                .filter(|entry| entry["section"] == "pre-data")
                .map(|entry| format!("{} {}", entry["kind"].as_str().unwrap(), name(entry)))
                .collect(),
        }
    }

    #[track_caller]
    fn has_rows(&self, rows: &[&str]) {
        assert_eq!(self.rows, rows.iter().map(ToString::to_string).collect());
    }
}

#[test]
fn a_list_takes_tables_with_what_they_need() {
    let Some(scene) = Scene::new() else { return };
    let taken = scene.taken_by("list.txt", "# what was seen\n\nseen # and when\n", &[]);
    taken.has_rows(&["public.seen 7"]);
    for needed in ["SCHEMA shop", "TYPE shop.mood", "FUNCTION shop.usual", "TABLE public.seen"] {
        assert!(taken.defined.contains(needed), "{needed}: {taken:?}");
    }
    let switched = scene.taken(&["-t", "seen"]);
    assert_eq!(switched.defined, BTreeSet::from(["TABLE public.seen".to_owned()]));
}

#[test]
fn a_list_checks_foreign_keys() {
    let Some(scene) = Scene::new() else { return };
    let said = scene.refused("list", "shop.line\n", &[]);
    assert!(said.starts_with("pgx: error[E0205]: "), "{said}");
    assert!(said.contains("shop.bill") && said.contains("shop.item"), "{said}");
    let taken = scene.taken_by("list", "shop.line\nshop.[bi]*\nshop.client", &[]);
    taken.has_rows(&["shop.bill 3", "shop.client 2", "shop.item 1", "shop.line 2"]);
    scene.taken_by("list", "shop.line", &["-s"]).has_rows(&[]);
}

#[test]
fn a_manifest_is_told_by_its_name_or_by_the_format() {
    let Some(scene) = Scene::new() else { return };
    let manifest = "[[table]]\nname = \"shop.client\"\nwhere = \"id = 2\"\n";
    scene.taken_by("m.toml", manifest, &[]).has_rows(&["shop.client 1"]);
    scene.taken_by("m.TOML", manifest, &[]).has_rows(&["shop.client 1"]);
    let named = scene.taken_by("manifest", manifest, &["--tables-format", "toml"]);
    named.has_rows(&["shop.client 1"]);
    let said = scene.refused("manifest", manifest, &[]);
    assert!(said.contains("E0203") || said.contains("E0204"), "{said}");
}

#[test]
fn a_manifest_follows_checks_and_ignores_keys() {
    let Some(scene) = Scene::new() else { return };
    let manifest = |policy: &str| {
        format!(
            "foreign_keys = \"{policy}\"\n[[table]]\nname = \"shop.bill\"\nwhere = \"id = 10\"\n"
        )
    };
    let said = scene.refused("m.toml", &manifest("check"), &[]);
    assert!(said.contains("E0205") && said.contains("shop.client"), "{said}");
    let followed = scene.taken_by("m.toml", &manifest("follow"), &[]);
    followed.has_rows(&["shop.bill 1", "shop.client 2"]);
    scene.taken_by("m.toml", &manifest("ignore"), &[]).has_rows(&["shop.bill 1"]);
    let short =
        "[[table]]\nname = \"shop.bill\"\n[[table]]\nname = \"shop.client\"\nwhere = \"id = 1\"\n";
    let said = scene.refused("m.toml", short, &[]);
    assert!(said.contains("E0205") && said.contains("1 row"), "{said}");
}

#[test]
fn a_filter_file_chooses_as_switches_do_and_adds_to_them() {
    let Some(scene) = Scene::new() else { return };
    let filter = "# a filter\nINCLUDE table shop.*\nexclude table shop.line # not these\n";
    let by_switches = scene.taken(&["-t", "shop.*", "-T", "shop.line"]);
    assert_eq!(scene.taken_by("filter", filter, &[]), by_switches);
    by_switches.has_rows(&["shop.bill 3", "shop.client 2", "shop.item 1"]);
    let toml_name = scene.taken_by("filter.toml", filter, &["--tables-format", "filter"]);
    assert_eq!(toml_name, by_switches);
    let both = scene.taken_by("filter", filter, &["-T", "shop.item", "-t", "seen"]);
    both.has_rows(&["public.seen 7", "shop.bill 3", "shop.client 2"]);
    scene.write("second", "exclude table_data shop.bill\n");
    let two = scene.taken_by("filter", filter, &["--tables-from", "second"]);
    two.has_rows(&["shop.client 2", "shop.item 1"]);
    assert!(two.defined.contains("TABLE shop.bill"), "{two:?}");
}

#[test]
fn a_list_is_read_as_one_when_told_so() {
    let Some(scene) = Scene::new() else { return };
    scene.database.sql("CREATE TABLE public.include (a int)");
    let said = scene.refused("list", "include\n", &[]);
    assert!(said.contains("E0203"), "{said}");
    let taken = scene.taken_by("list", "include\n", &["--tables-format", "list"]);
    taken.has_rows(&["public.include 0"]);
}

#[test]
fn tables_may_come_from_stdin() {
    let Some(scene) = Scene::new() else { return };
    let forms: [(&str, &[&str]); 3] = [
        ("shop.client\n", &[]),
        ("include table shop.client\n", &[]),
        ("[[table]]\nname = 'shop.client'\n", &["--tables-format", "toml"]),
    ];
    for (text, more) in forms {
        let mut dump = scene.dump(&["--tables-from", "-"]);
        let mut dump = dump.args(more).stdin(Stdio::piped()).spawn().unwrap();
        dump.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(dump.wait().unwrap().success(), "{text}");
        Taken::of(&scene.dir.path().join("out.pgx")).has_rows(&["shop.client 2"]);
    }
}

#[test]
fn a_manifest_or_a_list_stands_alone() {
    let Some(scene) = Scene::new() else { return };
    scene.write("filter", "exclude table seen\n");
    let alone: [&[&str]; 6] = [
        &["-t", "seen"],
        &["-T", "seen"],
        &["-n", "shop"],
        &["-N", "shop"],
        &["--tables-from", "filter"],
        &["--tables-from", "list"],
    ];
    for more in alone {
        let said = scene.refused("list", "shop.client\n", more);
        assert!(said.starts_with("pgx: error[E0201]: "), "{more:?}: {said}");
        assert!(said.contains("\n  = hint: "), "{more:?}: {said}");
    }
    let said = Ran::of(&mut scene.dump(&["--tables-format", "list"])).fails(2);
    assert!(said.starts_with("pgx: error[E0201]: --tables-format "), "{said}");
}

#[test]
fn every_name_that_matches_nothing_is_named_with_near_ones() {
    let Some(scene) = Scene::new() else { return };
    let said = scene.refused("list", "shop.clinet\nshop.nothing*\nshop.item\n", &[]);
    assert!(said.starts_with("pgx: error[E0204]: "), "{said}");
    assert!(said.contains("shop.clinet") && said.contains("shop.client"), "{said}");
    assert!(said.contains("shop.nothing*"), "{said}");
    assert!(!said.contains("shop.item"), "{said}");
}
