//! Where an archive goes, what is said meanwhile, and options about the whole of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{self, Ran, TestDb, arg, pgx, pgx_command};

const TABLES: &str = "
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT i, repeat('order ', 20) FROM generate_series(1, 1000) AS i;
CREATE VIEW order_ids AS SELECT id FROM orders;";

/// A database and a place for archives.
struct Scene {
    database: TestDb,
    dir: TempDir,
}

impl Scene {
    fn newest() -> Option<Scene> {
        let database = TestDb::new(&support::newest()?);
        database.sql(TABLES);
        Some(Scene { database, dir: tempfile::tempdir().unwrap() })
    }

    fn dump(&self, args: &[&str]) -> Command {
        let mut dump = pgx_command();
        dump.current_dir(self.dir.path()).args(["dump", "-d", &self.database.uri()]).args(args);
        dump
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.dump(args))
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.dir.path()).unwrap();
        let mut files: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files
    }

    fn size(&self, name: &str) -> u64 {
        fs::metadata(self.dir.path().join(name)).unwrap().len()
    }

    fn listed(&self, name: &str) -> Value {
        listed(&self.dir.path().join(name))
    }
}

fn listed(archive: &Path) -> Value {
    serde_json::from_slice(&pgx(&["inspect", "--json", arg(archive)]).ok().stdout).unwrap()
}

fn kinds(listed: &Value) -> Vec<&str> {
    let entries = listed["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["kind"].as_str().unwrap()).collect()
}

#[test]
fn definitions_only_and_rows_only() {
    let Some(scene) = Scene::newest() else { return };
    scene.run(&["-s", "-f", "s.pgx"]).ok();
    let schema = scene.listed("s.pgx");
    assert_eq!((&schema["has_schema"], &schema["has_data"]), (&true.into(), &false.into()));
    assert_eq!(schema["tables"].as_array().unwrap().len(), 0);
    assert!(kinds(&schema).contains(&"TABLE") && kinds(&schema).contains(&"VIEW"));
    assert!(!kinds(&schema).contains(&"TABLE DATA"));
    scene.run(&["-a", "-f", "a.pgx"]).ok();
    let data = scene.listed("a.pgx");
    assert_eq!((&data["has_schema"], &data["has_data"]), (&false.into(), &true.into()));
    assert_eq!(data["tables"][0]["rows"], 1000);
    assert_eq!(kinds(&data), ["TABLE DATA"]);
    assert_eq!(data["entries"][0]["create"].as_array().unwrap().len(), 0);
}

#[test]
fn a_file_that_exists_is_replaced_only_by_force() {
    let Some(scene) = Scene::newest() else { return };
    let path = scene.dir.path().join("a.pgx");
    fs::write(&path, "precious").unwrap();
    let said = scene.run(&["-f", "a.pgx"]).fails(2);
    assert!(said.starts_with("pgx: error[E0207]: ") && said.contains("--force"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    scene.run(&["-f", "a.pgx", "--force"]).ok();
    assert_eq!(scene.listed("a.pgx")["tables"][0]["rows"], 1000);
    assert_eq!(scene.files(), ["a.pgx"]);
}

#[test]
fn an_archive_streams_to_stdout_and_is_read_from_stdin() {
    let Some(scene) = Scene::newest() else { return };
    for args in [&["-q"][..], &["-q", "-f", "-"]] {
        let ran = scene.run(args).ok();
        assert!(ran.stderr.is_empty(), "{}", ran.stderr);
        fs::write(scene.dir.path().join("piped.pgx"), &ran.stdout).unwrap();
        let from_file = scene.listed("piped.pgx");
        let stdin = fs::File::open(scene.dir.path().join("piped.pgx")).unwrap();
        let piped = Ran::of(pgx_command().args(["inspect", "--json", "-"]).stdin(stdin)).ok();
        let mut piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
        assert_eq!(piped["uuid"], from_file["uuid"]);
        assert_eq!(piped["entries"], from_file["entries"]);
        // The one fact that a pipe does not give, or gives as well.
        piped["tables"][0]["stored_bytes"] = from_file["tables"][0]["stored_bytes"].clone();
        assert_eq!(piped["tables"], from_file["tables"]);
        pgx(&["verify", "--deep", arg(&scene.dir.path().join("piped.pgx"))]).ok();
    }
}

#[test]
fn quiet_says_nothing_and_verbose_says_every_table() {
    let Some(scene) = Scene::newest() else { return };
    let quiet = scene.run(&["-q", "-f", "q.pgx"]).ok();
    assert_eq!((quiet.stderr.as_str(), quiet.stdout.len()), ("", 0));
    let plain = scene.run(&["-f", "p.pgx"]).ok();
    assert_eq!(plain.stderr.lines().count(), 1, "{}", plain.stderr);
    assert!(plain.stderr.starts_with("pgx: dumped 1 table, 1000 rows, "), "{}", plain.stderr);
    let verbose = scene.run(&["-v", "-f", "v.pgx"]).ok();
    assert!(verbose.stderr.contains("pgx: public.orders: 1000 rows in "), "{}", verbose.stderr);
    assert!(verbose.stderr.lines().all(|line| line.starts_with("pgx: ")), "{}", verbose.stderr);
    assert!(verbose.stdout.is_empty());
}

#[test]
fn compression_changes_the_size_and_nothing_else() {
    let Some(scene) = Scene::newest() else { return };
    let methods = ["none", "zstd", "zstd:1", "zstd:19", "gzip", "gzip:9", "4", "lz4"];
    let facts = methods.map(|method| {
        let name = method.replace(':', "-");
        scene.run(&["-f", &name, "-Z", method]).ok();
        pgx(&["verify", "--deep", arg(&scene.dir.path().join(&name))]).ok();
        let table = scene.listed(&name)["tables"][0].clone();
        let size = |key: &str| table[key].as_u64().unwrap();
        (size("stored_bytes"), size("raw_bytes"), table["row_sum"].clone())
    });
    // Columns take less room even where nothing compresses them.
    assert!(facts[0].0 <= facts[0].1, "{facts:?}");
    assert!(facts[1..].iter().all(|(stored, ..)| *stored < facts[0].0), "{facts:?}");
    assert_eq!(facts[1], facts[2]);
    // A higher level may lose a few bytes on so little.
    let no_larger = |high: usize, low: usize| facts[high].0 * 20 <= facts[low].0 * 21;
    assert!(no_larger(3, 1) && no_larger(5, 4), "{facts:?}");
    assert!(facts.iter().all(|(_, raw, sum)| (raw, sum) == (&facts[0].1, &facts[0].2)));
    assert!(scene.size("zstd") < scene.size("none"));
}

#[test]
fn unsupported_objects_are_named_and_skipped_only_when_told_so() {
    let Some(scene) = Scene::newest() else { return };
    scene.database.sql(
        "CREATE FUNCTION pg_catalog.among_the_servers() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION pg_catalog.and_another() RETURNS integer LANGUAGE sql AS 'SELECT 2';",
    );
    let said = scene.run(&["-f", "a.pgx"]).fails(2);
    assert!(said.starts_with("pgx: error[E0206]: 2 objects "), "{said}");
    let named = ["FUNCTION pg_catalog.among_the_servers()", "FUNCTION pg_catalog.and_another()"];
    assert!(named.iter().all(|name| said.contains(name)), "{said}");
    assert!(said.contains("--skip-unsupported") && scene.files().is_empty(), "{said}");
    let said = scene.run(&["-f", "a.pgx", "--skip-unsupported"]).fails(3);
    let left_out = said.lines().filter(|line| line.starts_with("pgx: warning: left out: "));
    assert_eq!(left_out.count(), 2, "{said}");
    assert!(named.iter().all(|name| said.contains(name)), "{said}");
    assert_eq!(scene.listed("a.pgx")["tables"][0]["rows"], 1000);
}

#[test]
fn skipping_is_not_an_exit_code_when_nothing_was_skipped() {
    let Some(scene) = Scene::newest() else { return };
    scene.run(&["-f", "a.pgx", "--skip-unsupported"]).ok();
}

#[test]
fn a_lock_is_waited_for_no_longer_than_told() {
    let Some(scene) = Scene::newest() else { return };
    let mut session = scene.database.session();
    session.execute("BEGIN; LOCK TABLE orders").unwrap();
    let said = scene.run(&["-f", "a.pgx", "--lock-wait-timeout", "100ms"]).fails(6);
    assert!(said.starts_with("pgx: error[E0601]: ") && said.contains("orders"), "{said}");
    assert!(scene.files().is_empty());
    session.execute("ROLLBACK").unwrap();
    scene.run(&["-f", "a.pgx", "--lock-wait-timeout", "100ms"]).ok();
}
