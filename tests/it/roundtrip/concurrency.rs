//! Rows and definitions change while the dump runs.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Archive, Ran, Server, TestDb, arg, assert_same, pgx_command};

/// How long to wait for another process to come to a point.
const PATIENCE: Duration = Duration::from_secs(60);

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

fn wait_until(what: &str, mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < PATIENCE, "{what} does not happen");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Parents, each with three children, made in one transaction.
fn families(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(
        "CREATE TABLE parent (id serial PRIMARY KEY, pad text); \
         CREATE TABLE child (id serial PRIMARY KEY, \
            parent_id integer NOT NULL REFERENCES parent, pad text); \
         INSERT INTO parent (pad) SELECT repeat('p', 200) FROM generate_series(1, 20000); \
         INSERT INTO child (parent_id, pad) \
            SELECT 1 + i / 3, repeat('c', 200) FROM generate_series(0, 59999) i",
    );
    database
}

/// Adds families until it is told to stop; counts them.
fn grow(database: &TestDb, stop: &AtomicBool, made: &AtomicU32) {
    let mut session = database.session();
    while !stop.load(Ordering::Relaxed) {
        let family = "WITH new AS (INSERT INTO parent (pad) VALUES ('late') RETURNING id) \
            INSERT INTO child (parent_id, pad) SELECT id, 'late' FROM new, generate_series(1, 3)";
        session.execute(family).unwrap();
        made.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn rows_that_come_during_the_dump_come_whole_or_not_at_all() {
    on_some_versions(|server| {
        let original = families(server);
        let (stop, made) = (AtomicBool::new(false), AtomicU32::new(0));
        let archive = thread::scope(|scope| {
            scope.spawn(|| grow(&original, &stop, &made));
            wait_until("the first family", || made.load(Ordering::Relaxed) > 0);
            let before = made.load(Ordering::Relaxed);
            let (archive, ran) = Archive::attempt(&original, &[]);
            let during = made.load(Ordering::Relaxed) - before;
            stop.store(true, Ordering::Relaxed);
            ran.ok();
            assert!(during > 0, "nothing was written while the dump ran");
            archive
        });
        let copy = archive.into_empty(server);
        let families = copy.value("SELECT count(*) FROM parent");
        assert!(families.parse::<u32>().unwrap() > 20_000, "{families}");
        assert_eq!(
            copy.value("SELECT count(*) / 3.0 = (SELECT count(*) FROM parent) FROM child"),
            "t"
        );
        let valid = "SELECT convalidated FROM pg_constraint WHERE contype = 'f'";
        assert_eq!(copy.value(valid), "t");
    });
}

/// A dump that waits for a lock on `t`, which the caller holds.
fn dump_waiting_for(database: &TestDb, archive: &std::path::Path) -> Child {
    let mut command = pgx_command();
    command.args(["dump", "-d", &database.uri(), "-f", arg(archive)]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let waits = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
        WHERE NOT l.granted AND d.datname = current_database()";
    let mut session = database.session();
    wait_until("waiting for the lock", || {
        session.query(waits).unwrap()[0].values()[0].as_deref() == Some("1")
    });
    child
}

/// Fills `t`, dumps while `change` happens between the first listing and the lock, and restores.
fn changed_before_the_lock(server: &Server, change: &str) -> (TestDb, TestDb) {
    let original = TestDb::new(server);
    original.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); \
         INSERT INTO t SELECT i, 'old' FROM generate_series(1, 1000) i",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.pgx");
    let mut holder = original.session();
    holder.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").unwrap();
    let dump = dump_waiting_for(&original, &path);
    holder.execute(change).unwrap();
    holder.execute("COMMIT").unwrap();
    let output = dump.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Ran { code: output.status.code(), stdout: Vec::new(), stderr }.ok();
    let copy = TestDb::new(server);
    support::pgx(&["restore", arg(&path), "-d", &copy.uri()]).ok();
    (original, copy)
}

/// The copy is what the change left.
fn is_dumped_as_changed(change: &str, rows: &str) {
    on_some_versions(|server| {
        let (original, copy) = changed_before_the_lock(server, change);
        assert_same(&original, &copy);
        assert_eq!(copy.value("SELECT count(*) || ' ' || min(v) FROM t"), rows, "{change}");
    });
}

#[test]
fn a_table_emptied_and_filled_again_before_the_lock_is_not_dumped_as_empty() {
    is_dumped_as_changed(
        "TRUNCATE t; INSERT INTO t SELECT i, 'new' FROM generate_series(1, 500) i",
        "500 new",
    );
}

#[test]
fn a_table_rewritten_before_the_lock_is_not_dumped_as_empty() {
    is_dumped_as_changed(
        "ALTER TABLE t ALTER COLUMN id TYPE bigint, ADD COLUMN more text DEFAULT clock_timestamp()",
        "1000 old",
    );
}

#[test]
fn a_table_replaced_before_the_lock_is_dumped_as_the_new_one() {
    is_dumped_as_changed(
        "DROP TABLE t; CREATE TABLE t (v text, other integer); INSERT INTO t VALUES ('other', 1)",
        "1 other",
    );
}

#[test]
fn a_table_made_before_the_lock_comes_with_the_rows_it_refers_to() {
    is_dumped_as_changed(
        "INSERT INTO t VALUES (2000, 'newer'); \
         CREATE TABLE late (t_id integer NOT NULL REFERENCES t); INSERT INTO late VALUES (2000)",
        "1001 newer",
    );
}

#[test]
fn a_table_dropped_before_the_lock_is_not_missed() {
    on_some_versions(|server| {
        let change = "DROP TABLE t; CREATE TABLE another (a integer)";
        let (original, copy) = changed_before_the_lock(server, change);
        assert_same(&original, &copy);
    });
}
