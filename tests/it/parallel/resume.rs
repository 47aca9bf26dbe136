//! A restore into a database that is there, stopped again and again, ends as if it had not been.

use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use super::{assert_equal, shop};
use crate::faults::Random;
use crate::support::{self, Archive, Cluster, Server, TestDb, arg, pgx_command};

/// So often is it stopped at most.
const STOPS: usize = 6;

fn begin(archive: &Archive, target: &TestDb, resume: bool) -> Child {
    let mut command = pgx_command();
    command.args(["restore", arg(archive.path()), "-d", &target.uri(), "-j", "2"]);
    command.args(resume.then_some("--resume"));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether the journal is there: then the restore has begun, and has not ended.
fn has_begun(target: &TestDb) -> bool {
    target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgx_journal'") == "1"
}

fn terminate(target: &TestDb) {
    target.value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
}

/// Server processes outlive a client that was killed until they look for it.
fn wait_until_alone(target: &TestDb) {
    let others = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND application_name LIKE 'pgx%'";
    while target.value(others) != "0" {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Restores with interruptions by `stop` at random moments; says how often it was stopped half-way.
fn restore_in_pieces(
    archive: &Archive,
    target: &TestDb,
    seed: u64,
    stop: impl Fn(&mut Child, usize),
) -> usize {
    let mut random = Random(seed);
    let mut halves = 0;
    for attempt in 0.. {
        let resume = has_begun(target);
        halves += usize::from(resume);
        let mut child = begin(archive, target, resume);
        if attempt < STOPS {
            thread::sleep(Duration::from_millis(random.below(400) as u64));
            stop(&mut child, random.below(2));
        }
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        if ended.status.success() {
            return halves;
        }
        assert!(attempt < STOPS, "seed {seed}: {told}");
        match ended.status.code() {
            // The server's process may still commit the end.
            None => {}
            Some(9) => assert!(told.contains("--resume"), "seed {seed}: {told}"),
            Some(4 | 8) => assert!(!told.contains("half-way"), "seed {seed}: {told}"),
            code => panic!("seed {seed}: {code:?}: {told}"),
        }
        wait_until_alone(target);
        let is_complete = !has_begun(target)
            && target.value("SELECT count(*) FROM pg_class WHERE relname = 'person'") == "1";
        if is_complete {
            return halves;
        }
    }
    halves
}

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

#[test]
fn pgx_is_killed_and_its_sessions_are_terminated_at_any_moment() {
    on_some_versions(|server| {
        let original = shop(server);
        let archive = Archive::with(&original, &["-j", "2"]);
        let seed = u64::from(server.major);
        eprintln!("seed {seed}");
        let target = TestDb::new(server);
        let halves = restore_in_pieces(&archive, &target, seed, |child, how| match how {
            0 => child.kill().unwrap(),
            _ => terminate(&target),
        });
        assert_equal(&original, &archive, &target);
        assert!(halves > 0, "it was never stopped half-way");
    });
}

#[test]
fn the_server_crashes_at_any_moment() {
    let Some(beside) = support::newest() else { return };
    let Some(cluster) = Cluster::new(&beside) else { return };
    let original = shop(cluster.server());
    let archive = Archive::of(&original);
    let target = TestDb::new(cluster.server());
    let halves = restore_in_pieces(&archive, &target, 77, |_, _| cluster.crash());
    assert!(halves > 0, "it was never stopped half-way");
    assert_equal(&original, &archive, &target);
}

/// A heap of several ranges, whose last index is refused in every database but one.
const WIDE: &str = "
CREATE FUNCTION here(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN CASE WHEN current_database() = 'DATABASE' THEN a ELSE 1 END; END $$;
CREATE TABLE wide (id int PRIMARY KEY, pad text) WITH (fillfactor = 10);
INSERT INTO wide SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 18000) AS i;
CREATE UNIQUE INDEX wide_here ON wide (public.here(id));
ANALYZE;";

#[test]
fn of_a_table_loaded_in_parts_the_missing_part_is_loaded() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql(&WIDE.replace("DATABASE", original.name()));
    let archive = Archive::of(&original);
    let target = TestDb::new(&server);
    let told = archive.restore(&target, &["-j", "2", "-v"]).fails(9);
    assert!(told.contains("public.wide (part 3 of 3)"), "{told}");
    let parts = "SELECT action FROM pgx_journal.done WHERE action LIKE 'load %' ORDER BY 1";
    let loaded = ["load 0 1 3", "load 1 2 3", "load 2 3 3"].map(|part| vec![Some(part.to_owned())]);
    assert_eq!(target.rows(parts), loaded);
    // As if the last part had not been committed.
    target.sql(
        "DELETE FROM wide WHERE xmin = (SELECT xmin FROM pgx_journal.done WHERE action = 'load 2 3 3');
         DELETE FROM pgx_journal.done WHERE action = 'load 2 3 3'",
    );
    let left: u32 = target.value("SELECT count(*) FROM wide").parse().unwrap();
    assert!((1..18000).contains(&left), "{left}");
    let body = "CREATE OR REPLACE FUNCTION here(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS";
    target.sql(&format!("{body} $$ BEGIN RETURN a; END $$"));
    archive.restore(&target, &["-j", "4", "--resume"]).ok();
    archive.rows_equal(&target);
    let made = TestDb::adopt(&server, &support::unique("made"));
    original.sql("DROP INDEX wide_here");
    let archive = Archive::of(&original);
    let told = archive.restore(&made, &["-j", "3", "--create", "-v"]).ok().stderr;
    assert!(told.contains("public.wide (part 3 of 3)"), "{told}");
    assert_equal(&original, &archive, &made);
}
