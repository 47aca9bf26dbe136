//! REPACK (CONCURRENTLY), which gives a table a new file without any snapshot before it seeing its rows.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Ran, Server, TestDb, arg, assert_same, pgx_command};

/// How long to wait for another process to come to a point.
const PATIENCE: Duration = Duration::from_secs(60);

/// Requests for locks in the database that somebody else's lock keeps waiting.
fn waiting(database: &TestDb) -> u32 {
    let sql = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
        WHERE NOT l.granted AND d.datname = current_database()";
    database.value(sql).parse().expect("a count")
}

fn wait_for(database: &TestDb, count: u32) {
    let start = Instant::now();
    while waiting(database) < count {
        assert!(start.elapsed() < PATIENCE, "nobody waits for a lock");
        thread::sleep(Duration::from_millis(10));
    }
}

fn dump(database: &TestDb, file: &str) -> Child {
    let mut command = pgx_command();
    command.args(["dump", "-d", &database.uri(), "-f", file, "-j", "2"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("pgx runs")
}

/// The archive restored is the database.
fn comes_back(original: &TestDb, dump: Child, file: &str) {
    let output = dump.wait_with_output().expect("pgx ends");
    let stderr = String::from_utf8(output.stderr).expect("messages are UTF-8");
    Ran { code: output.status.code(), stdout: Vec::new(), stderr }.ok();
    let copy = TestDb::new(original.server());
    support::pgx(&["restore", file, "-d", &copy.uri()]).ok();
    assert_same(original, &copy);
    assert_eq!(copy.value("SELECT count(*) || ' ' || sum(id) FROM packed"), "1000 500500");
}

fn filled(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(
        "CREATE TABLE before (id integer PRIMARY KEY); \
         CREATE TABLE packed (id integer PRIMARY KEY, pad text); \
         INSERT INTO packed SELECT i, repeat('x', 50) FROM generate_series(1, 1000) i",
    );
    database
}

/// Runs `test` with a database, a file for an archive, and the statement that repacks.
fn each_repack(test: impl Fn(&TestDb, &str, &str)) {
    let Some(server) = support::server(19) else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("dump.pgx");
    for sql in ["REPACK (CONCURRENTLY) packed", "REPACK packed"] {
        test(&filled(&server), arg(&file), sql);
        std::fs::remove_file(&file).expect("the archive is there");
    }
}

#[test]
fn a_table_repacked_between_the_listing_and_its_lock_keeps_its_rows() {
    each_repack(|original, file, sql| {
        let (mut reader, mut holder) = (original.session(), original.session());
        reader.execute("BEGIN; SELECT FROM packed LIMIT 1").unwrap();
        thread::scope(|scope| {
            // It is done but for the swap, which waits for the reader.
            let repack = scope.spawn(|| original.sql(sql));
            wait_for(original, 1);
            holder.execute("BEGIN; LOCK TABLE before IN ACCESS EXCLUSIVE MODE").unwrap();
            let dump = dump(original, file);
            wait_for(original, 2);
            reader.execute("COMMIT").unwrap();
            repack.join().unwrap();
            holder.execute("COMMIT").unwrap();
            comes_back(original, dump, file);
        });
    });
}

#[test]
fn a_lock_that_waits_for_the_repacked_table_sees_its_rows() {
    each_repack(|original, file, sql| {
        let mut reader = original.session();
        reader.execute("BEGIN; SELECT FROM packed LIMIT 1").unwrap();
        thread::scope(|scope| {
            // It waits for the reader, and the dump for it.
            scope.spawn(|| original.sql(sql));
            wait_for(original, 1);
            let dump = dump(original, file);
            wait_for(original, 2);
            reader.execute("COMMIT").unwrap();
            comes_back(original, dump, file);
        });
    });
}

#[test]
fn a_table_repacked_while_it_is_dumped_waits_for_the_dump() {
    let Some(server) = support::server(19) else { return };
    let original = filled(&server);
    // More than a pipe holds, so that the dump waits for its reader.
    original.sql(
        "CREATE TABLE wide AS SELECT i, pg_catalog.sha512(i::text::bytea) AS noise \
         FROM generate_series(1, 20000) i",
    );
    let uri = original.uri();
    let mut command = pgx_command();
    command.args(["dump", "-d", &uri, "-j", "2", "-Z", "none"]);
    let dump = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("pgx runs");
    thread::scope(|scope| {
        let locked = "SELECT count(*) FROM pg_locks WHERE relation = 'wide'::regclass \
            AND mode = 'AccessShareLock'";
        let start = Instant::now();
        while original.value(locked) == "0" {
            assert!(start.elapsed() < PATIENCE, "the dump does not lock");
        }
        scope.spawn(|| original.sql("REPACK (CONCURRENTLY) packed"));
        wait_for(&original, 1);
        let output = dump.wait_with_output().expect("pgx ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("dump.pgx");
        std::fs::write(&file, output.stdout).expect("a file in a temporary directory");
        let copy = TestDb::new(&server);
        support::pgx(&["restore", arg(&file), "-d", &copy.uri()]).ok();
        assert_eq!(copy.value("SELECT count(*) FROM packed"), "1000");
        assert_eq!(copy.value("SELECT count(*) FROM wide"), "20000");
    });
}
