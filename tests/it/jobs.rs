//! A dump of several sessions: one snapshot, one archive, the same chunks as of one session.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use pgx_core::archive::FileReader;
use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{
    self, Archive, Role, Server, TestDb, arg, assert_same, fingerprint_of, pgx_command,
};

/// Tables of every size: one whose heap has three ranges, and one with a row longer than a chunk.
const TABLES: &str = "
CREATE TABLE wide (id int, pad text) WITH (fillfactor = 10);
INSERT INTO wide SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 18000) AS i;
CREATE TABLE long (id int, value text);
INSERT INTO long SELECT i, repeat(md5(i::text), 200000) FROM generate_series(1, 2) AS i;
CREATE TABLE empty (a int);
DO $$ BEGIN
  FOR i IN 1..30 LOOP
    EXECUTE format('CREATE TABLE small_%s AS SELECT n, md5(n::text) FROM generate_series(1, %s) n', i, i * 100);
  END LOOP;
END $$;
ANALYZE;";

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

/// The payload of every chunk, by table and key.
fn chunks(file: &Path) -> BTreeMap<(String, u32, u32), Vec<u8>> {
    let reader = FileReader::open(file).unwrap();
    let with_rows = reader.toc().iter().filter(|entry| entry.data.is_some());
    let chunks = with_rows.flat_map(|entry| {
        reader.chunks(entry.id).map(|chunk| {
            let chunk = chunk.unwrap();
            let key = chunk.head.key;
            ((entry.label(), key.range, key.sequence), chunk.payload)
        })
    });
    chunks.collect()
}

#[test]
fn any_number_of_jobs_gives_the_same_chunks_and_the_same_database() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        let one = Archive::with(&original, &["-j", "1"]);
        let expected = chunks(one.path());
        let ranges = expected.keys().filter(|(table, ..)| table.ends_with(".wide"));
        let ranges = ranges.map(|(_, range, _)| *range).max();
        assert_eq!(ranges, Some(if server.major >= 14 { 2 } else { 0 }));
        for jobs in ["2", "5", "40"] {
            let many = Archive::with(&original, &["-j", jobs]);
            assert!(chunks(many.path()) == expected, "{jobs} jobs give other chunks");
            many.rows_equal(&original);
            assert_same(&original, &many.restored_into_empty(server));
        }
    });
}

#[test]
fn frames_of_many_tables_are_restored_from_a_pipe() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        let archive = Archive::with(&original, &["-j", "4"]);
        let target = TestDb::new(server);
        let mut restore = pgx_command();
        restore.args(["restore", "-d", &target.uri(), "-"]).stdin(Stdio::piped());
        let mut restore = restore.stderr(Stdio::piped()).spawn().unwrap();
        let mut bytes = restore.stdin.take().unwrap();
        bytes.write_all(&std::fs::read(archive.path()).unwrap()).unwrap();
        drop(bytes);
        let ended = restore.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        // A pipe brings ranges as they came, so rows may lie in another order.
        archive.rows_equal(&target);
        let (a, b) = (fingerprint_of(&original), fingerprint_of(&target));
        assert_eq!(Fingerprint::difference(&a, &b), Vec::<String>::new());
    });
}

/// Somebody's ALTER TABLE waits for the dump: a worker that waited behind it would wait for ever.
#[test]
fn a_table_that_somebody_waits_for_is_copied_by_the_leader() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        let mut dump = pgx_command();
        dump.args(["dump", &original.uri(), "-j", "3", "-Z", "none"]).stdout(Stdio::piped());
        let mut dump = dump.stderr(Stdio::piped()).spawn().unwrap();
        let mut output = dump.stdout.take().unwrap();
        let mut bytes = vec![0; 4096];
        // The dump has begun to write, fills the pipe and waits, its locks held.
        output.read_exact(&mut bytes).unwrap();
        let altered = thread::scope(|scope| {
            let alter = scope.spawn(|| {
                let mut session = original.session();
                session.execute("ALTER TABLE small_1 ADD late int")
            });
            wait_for_alter(&original);
            output.read_to_end(&mut bytes).unwrap();
            alter.join().unwrap()
        });
        let ended = dump.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        altered.unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        support::pgx(&["verify", "--deep", arg(file.path())]).ok();
        let rows = chunks(file.path()).len();
        assert!(rows > 30, "{rows}");
    });
}

fn wait_for_alter(database: &TestDb) {
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let start = Instant::now();
    while database.value(waiting) == "0" {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody waits for the dump");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_failure_of_one_session_ends_all_and_is_the_one_told() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        original.sql(
            "CREATE TABLE broken (a int); INSERT INTO broken VALUES (1);
             CREATE FUNCTION fail(a int) RETURNS boolean LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'this row cannot be read' USING ERRCODE = '58030'; END $$;",
        );
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("m.toml");
        let tables = "[[table]]\nname = \"public.wide\"\n[[table]]\nname = \"public.broken\"\n\
            where = \"public.fail(a)\"\n";
        std::fs::write(&manifest, tables).unwrap();
        let file = directory.path().join("a.pgx");
        let ran = support::pgx(&[
            "dump",
            &original.uri(),
            "-j",
            "3",
            "--tables-from",
            arg(&manifest),
            "-f",
            arg(&file),
        ]);
        let said = ran.fails(5);
        assert!(said.contains("this row cannot be read") && said.contains("broken"), "{said}");
        assert!(!file.exists());
        let ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND pid <> pg_backend_pid() AND application_name LIKE 'pgx%' AND state <> 'idle'";
        let start = Instant::now();
        while original.value(ours) != "0" {
            assert!(start.elapsed() < Duration::from_secs(30), "a session of the dump is left");
            thread::sleep(Duration::from_millis(20));
        }
    });
}

/// A worker that cannot lock its table must not leave the leader waiting for it.
#[test]
fn a_right_that_is_taken_away_meanwhile_ends_all_sessions() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        let reader = Role::new(server, "reader", "LOGIN");
        let all = "ALL TABLES IN SCHEMA public";
        original.sql(&format!("GRANT SELECT ON {all} TO {}", reader.name()));
        let mut dump = pgx_command();
        dump.args(["dump", &original.uri_as(reader.name()), "-j", "3", "-Z", "none"]);
        let mut dump = dump.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = dump.stdout.take().unwrap();
        let mut bytes = vec![0; 4096];
        output.read_exact(&mut bytes).unwrap();
        original.sql(&format!("REVOKE SELECT ON {all} FROM {}", reader.name()));
        output.read_to_end(&mut bytes).unwrap();
        let ended = dump.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(11), "{said}");
        assert!(said.contains("permission denied") && said.contains("[42501]"), "{said}");
        drop(original);
    });
}

/// Small tables are read in batches, by one message to the server.
#[test]
fn of_a_batch_of_tables_the_one_that_fails_is_named() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(TABLES);
        original.sql(
            "CREATE FUNCTION fail(a int) RETURNS boolean LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'this row cannot be read' USING ERRCODE = '58030'; END $$;",
        );
        let directory = tempfile::tempdir().unwrap();
        let (manifest, file) = (directory.path().join("m.toml"), directory.path().join("a.pgx"));
        let tables = (1..=30).map(|i| match i {
            17 => "[[table]]\nname = \"public.small_17\"\nwhere = \"public.fail(n)\"\n".to_owned(),
            i => format!("[[table]]\nname = \"public.small_{i}\"\n"),
        });
        std::fs::write(&manifest, tables.collect::<String>()).unwrap();
        for jobs in ["1", "2"] {
            let from = ["--tables-from", arg(&manifest), "-f", arg(&file), "-j", jobs];
            let ran = support::pgx(&[&["dump", &original.uri()], &from[..]].concat());
            let said = ran.fails(5);
            assert!(said.contains("this row cannot be read"), "{said}");
            assert!(said.contains("public.small_17") && !said.contains("small_16"), "{said}");
            assert!(!file.exists());
        }
    });
}

/// A large heap of a server that cannot read a part of it, and a table whose rows are out of line.
#[test]
fn a_large_table_that_is_not_split_says_why() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(
            "CREATE TABLE outside (a text); ALTER TABLE outside ALTER a SET STORAGE EXTERNAL;
             INSERT INTO outside SELECT repeat('0123456789', 7000000);",
        );
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.pgx");
        let ran = support::pgx(&["dump", &original.uri(), "-v", "-f", arg(&file)]).ok();
        let said = ran.stderr;
        let reason = match server.major {
            ..14 => "before version 14 a server reads all of a table to find a part of it",
            _ => "most of them is stored out of line",
        };
        assert!(
            said.contains(&format!("the rows of public.outside are not split: {reason}")),
            "{said}"
        );
    });
}
