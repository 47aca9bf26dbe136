//! Connections that break: ended by the server, cut on the way, broken during COMMIT.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{
    Archive, Trace, assert_says, assert_unchanged, clear_error, contents, files, fill, fingerprint,
    occupy,
};
use crate::support::{self, Fault, Proxy, Ran, TestDb, Then, arg};

/// A run with a broken connection ends within this time.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Starts a run, waits until one of its sessions is in a state, and terminates that session.
pub(super) fn terminate_when(trace: &Trace, command: &mut Command, state: &str) -> Ran {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity \
         WHERE application_name = '{}' AND {state}",
        trace.application
    );
    let mut session = trace.server.session();
    while session.query_one(&sql).unwrap().text("n").unwrap() == "0" {
        let ended = child.try_wait().unwrap();
        assert_eq!(ended, None, "it ended before its session was in the state: {state}");
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_session_terminated_in_the_middle_of_a_dump_leaves_no_file() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        fill(&source, 10);
        source.sql("CREATE VIEW app.slow AS SELECT 1 AS one");
        // Rows that take their time: the filter runs once for each.
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("slow.toml");
        let slow = "[[table]]\nname = \"app.customers\"\nwhere = \"pg_sleep(1) IS NOT NULL\"\n";
        std::fs::write(&manifest, slow).unwrap();
        let trace = Trace::new(server);
        let file = directory.path().join("out.pgx");
        let uri = source.uri();
        let arguments = ["dump", &uri, "--tables-from", arg(&manifest), "-f", arg(&file)];
        let ran =
            terminate_when(&trace, &mut trace.command(&arguments), "query LIKE 'COPY%pg_sleep%'");
        let error = clear_error(&ran, 5, "E0501");
        assert_says(&error, &["[57P01]", "app.customers"]);
        assert_eq!(files(directory.path()), ["slow.toml"]);
        trace.assert_no_backend();
    });
}

#[test]
fn a_session_terminated_in_the_middle_of_a_restore_changes_nothing() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        // Every row meets a check, which takes its time once the source is filled.
        let check = |body: &str| {
            source.sql(&format!(
                "CREATE OR REPLACE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql AS
                     'BEGIN {body} RETURN true; END'"
            ));
        };
        check("");
        source.sql(
            "CREATE TABLE t (id serial, a int CHECK (slow(a)));
             INSERT INTO t (a) SELECT generate_series(1, 10)",
        );
        check("PERFORM pg_catalog.pg_sleep(1);");
        let archive = Archive::of(&source);
        let target = TestDb::new(server);
        occupy(&target);
        let before = fingerprint(&target);
        let trace = Trace::new(server);
        let uri = target.uri();
        let mut command = trace.command(&["restore", archive.arg(), "-d", &uri]);
        let ran = terminate_when(&trace, &mut command, "query LIKE 'COPY %'");
        let error = clear_error(&ran, 8, "E0806");
        assert_says(&error, &["[57P01]", "public.t"]);
        trace.assert_no_backend();
        assert_unchanged(&target, &before);
        let made = TestDb::adopt(server, &support::unique("made"));
        let uri = made.uri();
        let mut command = trace.command(&["restore", archive.arg(), "--create", "-d", &uri]);
        let ran = terminate_when(&trace, &mut command, "query LIKE 'COPY %'");
        clear_error(&ran, 8, "E0806");
        assert_eq!(super::databases(server, made.name()), [""; 0]);
        trace.assert_no_backend();
    });
}

/// Numbers from 0 to `all`, close to each other at both ends, where the handshake and COMMIT are.
fn grid(all: u64, steps: u64, ends: u64) -> Vec<u64> {
    let even = (0..steps).map(|step| step * all / steps);
    let ends = (1..=ends).flat_map(|n| [n * 11, all.saturating_sub(n * 5)]);
    let mut grid: Vec<u64> = even.chain(ends).filter(|at| *at < all).collect();
    grid.sort_unstable();
    grid.dedup();
    grid
}

/// The bytes of an undisturbed run, then the faults at a grid of them.
fn faults(carried: (u64, u64), steps: u64, ends: u64) -> Vec<Fault> {
    let sent = grid(carried.0, steps, ends).into_iter().map(Fault::AfterSent);
    sent.chain(grid(carried.1, steps, ends).into_iter().map(Fault::AfterReceived)).collect()
}

#[test]
fn a_dump_whose_connection_is_cut_anywhere_leaves_no_file() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 3000);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    let trace = Trace::new(&server);
    let dump = |proxy: &Proxy| {
        let start = Instant::now();
        let ran = trace.run(&["dump", &proxy.uri(source.name()), "-f", arg(&file)]);
        assert!(start.elapsed() < ENDS_WITHIN, "{}", ran.stderr);
        ran
    };
    let whole = Proxy::start(&server, Fault::None, Then::Open);
    dump(&whole).ok();
    std::fs::remove_file(&file).unwrap();
    for fault in faults(whole.carried(), 20, 10) {
        let proxy = Proxy::start(&server, fault, Then::Open);
        let ran = dump(&proxy);
        if ran.code == Some(0) {
            // The last message, an end of the session, has no answer.
            support::pgx(&["verify", arg(&file)]).ok();
            std::fs::remove_file(&file).unwrap();
            continue;
        }
        assert!(proxy.is_broken(), "{fault:?}: {}", ran.stderr);
        let error = match ran.code {
            Some(4) => clear_error(&ran, 4, "E0401"),
            _ => clear_error(&ran, 5, "E0501"),
        };
        assert_says(&error, &[source.name()]);
        assert_eq!(files(directory.path()), [""; 0], "{fault:?}");
    }
    trace.assert_no_backend();
}

/// Restores through a broken wire: nothing was changed and it is said so, or all was and it is said so.
/// Gives whether the target is as it was.
fn restore_through(fault: Fault, archive: &Archive, target: &TestDb, source: &TestDb) -> bool {
    let before = fingerprint(target);
    let trace = Trace::new(target.server());
    let proxy = Proxy::start(target.server(), fault, Then::Open);
    let start = Instant::now();
    let ran = trace.run(&["restore", archive.arg(), "-d", &proxy.uri(target.name())]);
    assert!(start.elapsed() < ENDS_WITHIN, "{fault:?}: {}", ran.stderr);
    trace.assert_no_backend();
    if ran.code == Some(0) {
        assert_eq!(contents(target), contents(source), "{fault:?}");
        return false;
    }
    assert!(proxy.is_broken(), "{fault:?}: {}", ran.stderr);
    match ran.code {
        Some(4) => clear_error(&ran, 4, "E0401"),
        _ => clear_error(&ran, 8, "E0806"),
    };
    assert_says(&ran.stderr, &[target.name()]);
    assert_unchanged(target, &before);
    true
}

#[test]
fn a_restore_whose_connection_is_cut_anywhere_changes_nothing_or_everything() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 3000);
    let archive = Archive::of(&source);
    let empty = || {
        let target = TestDb::new(&server);
        occupy(&target);
        target
    };
    let whole = Proxy::start(&server, Fault::None, Then::Open);
    support::pgx(&["restore", archive.arg(), "-d", &whole.uri(empty().name())]).ok();
    let mut target = empty();
    for fault in faults(whole.carried(), 14, 8) {
        if !restore_through(fault, &archive, &target, &source) {
            target = empty();
        }
    }
}

#[test]
fn a_new_database_whose_connection_is_cut_anywhere_is_whole_or_not_there() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 1000);
    let archive = Archive::of(&source);
    let create = |proxy: &Proxy, made: &TestDb| {
        support::pgx(&["restore", archive.arg(), "--create", "-d", &proxy.uri(made.name())])
    };
    let whole = Proxy::start(&server, Fault::None, Then::Open);
    create(&whole, &TestDb::adopt(&server, &support::unique("made"))).ok();
    for fault in faults(whole.carried(), 8, 5) {
        let made = TestDb::adopt(&server, &support::unique("made"));
        let proxy = Proxy::start(&server, fault, Then::Open);
        let ran = create(&proxy, &made);
        let there = super::databases(&server, made.name());
        match ran.code {
            Some(0) => {
                assert_eq!(there, [made.name()], "{fault:?}");
                assert_eq!(contents(&made), contents(&source), "{fault:?}");
            }
            Some(9) => {
                clear_error(&ran, 9, "E0902");
                assert!(there.len() == 1 && there[0] != made.name(), "{fault:?}: {there:?}");
                assert_says(&ran.stderr, &[&there[0]]);
                drop(TestDb::adopt(&server, &there[0]));
            }
            Some(4) => assert_eq!(there, [""; 0], "{fault:?}: {}", ran.stderr),
            _ => {
                clear_error(&ran, 8, "E0806");
                assert_eq!(there, [""; 0], "{fault:?}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn the_outcome_of_a_commit_without_reply_is_found_out() {
    super::oldest_and_newest(|server| {
        let source = TestDb::new(server);
        fill(&source, 100);
        let archive = Archive::of(&source);
        let target = TestDb::new(server);
        let proxy = Proxy::start(server, Fault::CommitReply(1), Then::Open);
        support::pgx(&["restore", archive.arg(), "-d", &proxy.uri(target.name())]).ok();
        assert!(proxy.is_broken());
        assert_eq!(contents(&target), contents(&source));
    });
}

#[test]
fn the_outcome_of_each_commit_of_a_new_database_is_found_out() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 100);
    let archive = Archive::of(&source);
    for number in [1, 2] {
        let made = TestDb::adopt(&server, &support::unique("made"));
        let proxy = Proxy::start(&server, Fault::CommitReply(number), Then::Open);
        support::pgx(&["restore", archive.arg(), "--create", "-d", &proxy.uri(made.name())]).ok();
        assert!(proxy.is_broken(), "COMMIT {number}");
        assert_eq!(super::databases(&server, made.name()), [made.name()]);
        assert_eq!(contents(&made), contents(&source));
    }
}

/// The server cannot be asked: the exit code says that nobody knows, and the hint how to find out.
#[test]
fn a_commit_whose_outcome_cannot_be_found_out_is_in_doubt() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 100);
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    let proxy = Proxy::start(&server, Fault::CommitReply(1), Then::Closed);
    let start = Instant::now();
    let ran = support::pgx(&["restore", archive.arg(), "-d", &proxy.uri(target.name())]);
    let error = clear_error(&ran, 12, "E1201");
    assert_says(&error, &["pg_xact_status"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(contents(&target), contents(&source));
}
