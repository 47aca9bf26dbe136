//! Ctrl-C and `kill`, at any moment.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    Archive, Random, Trace, assert_unchanged, clear_error, contents, files, fill, fingerprint,
    occupy,
};
use crate::support::{self, Ran, TestDb, arg};

/// A run that was told to end does so within this time.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// How a run ended that a signal may have reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was faster.
    Complete,
    /// It stopped.
    Stopped,
}

/// Sends the signal to a run after a while, and gives how it ended.
pub(super) fn disturbed(command: &mut Command, after: Duration, signal: Signal) -> End {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(after);
    send(&child, signal);
    ended(child, signal)
}

pub(super) fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

pub(super) fn ended(mut child: Child, signal: Signal) -> End {
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > ENDS_WITHIN => {
                let _ = child.kill();
                panic!("it does not end: {:?}", child.wait_with_output());
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    judge(status, Ran { code: status.code(), stdout: output.stdout, stderr }, signal)
}

fn judge(status: ExitStatus, ran: Ran, signal: Signal) -> End {
    if status.success() {
        return End::Complete;
    }
    // So early that nothing listens yet and nothing is done: the shell shows the same exit code.
    if status.signal() == Some(signal.as_raw()) {
        return End::Stopped;
    }
    match signal {
        Signal::INT => clear_error(&ran, 130, "E13001"),
        _ => clear_error(&ran, 143, "E14301"),
    };
    End::Stopped
}

/// Moments of a run that takes as long as this, and which signal comes then.
pub(super) fn moments(seed: u64, whole: Duration, count: usize) -> Vec<(Duration, Signal)> {
    let mut random = Random(seed);
    let micros = usize::try_from(whole.as_micros()).unwrap();
    let signal = |n| if n % 2 == 0 { Signal::INT } else { Signal::TERM };
    (0..count)
        .map(|n| (Duration::from_micros(random.below(micros + micros / 10) as u64), signal(n)))
        .collect()
}

pub(super) fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    Ran::of(command).ok();
    start.elapsed()
}

#[test]
fn a_dump_interrupted_at_any_moment_leaves_no_file_and_no_backend() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 30_000);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    let trace = Trace::new(&server);
    let uri = source.uri();
    let dump = || trace.command(&["dump", &uri, "-f", arg(&file), "--force"]);
    let whole = timed(&mut dump());
    std::fs::remove_file(&file).unwrap();
    for (moment, signal) in moments(11, whole, 30) {
        match disturbed(&mut dump(), moment, signal) {
            End::Stopped => assert_eq!(files(directory.path()), [""; 0], "{signal:?} {moment:?}"),
            End::Complete => {
                assert_eq!(files(directory.path()), ["out.pgx"]);
                support::pgx(&["verify", arg(&file)]).ok();
                std::fs::remove_file(&file).unwrap();
            }
        }
        trace.assert_no_backend();
    }
}

#[test]
fn a_restore_interrupted_at_any_moment_changes_nothing_or_everything() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 15_000);
    let archive = Archive::of(&source);
    let target = || {
        let target = TestDb::new(&server);
        occupy(&target);
        target
    };
    let trace = Trace::new(&server);
    let restore = |target: &TestDb| trace.command(&["restore", archive.arg(), "-d", &target.uri()]);
    let whole = timed(&mut restore(&target()));
    let mut current = target();
    let mut before = fingerprint(&current);
    for (moment, signal) in moments(12, whole, 24) {
        let end = disturbed(&mut restore(&current), moment, signal);
        trace.assert_no_backend();
        match end {
            End::Stopped => assert_unchanged(&current, &before),
            End::Complete => {
                assert_eq!(contents(&current), contents(&source), "{signal:?} {moment:?}");
                current = target();
                before = fingerprint(&current);
            }
        }
    }
}

#[test]
fn a_database_being_made_is_whole_or_gone_when_interrupted_at_any_moment() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 10_000);
    let archive = Archive::of(&source);
    let trace = Trace::new(&server);
    let create =
        |made: &TestDb| trace.command(&["restore", archive.arg(), "--create", "-d", &made.uri()]);
    let adopt = || TestDb::adopt(&server, &support::unique("made"));
    let whole = timed(&mut create(&adopt()));
    for (moment, signal) in moments(13, whole, 20) {
        let made = adopt();
        let end = disturbed(&mut create(&made), moment, signal);
        trace.assert_no_backend();
        let there = super::databases(&server, made.name());
        match end {
            End::Stopped => assert_eq!(there, [""; 0], "{signal:?} {moment:?}"),
            End::Complete => {
                assert_eq!(there, [made.name()]);
                assert_eq!(contents(&made), contents(&source), "{signal:?} {moment:?}");
            }
        }
    }
}

/// The server is busy with one statement, or waits for a lock, when the signal comes.
#[test]
fn a_run_that_waits_for_the_server_is_cancelled() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 10);
    let archive = Archive::with(&source, &["-a"]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    let mut holder = source.session();
    holder.execute("BEGIN; LOCK TABLE app.orders IN ACCESS EXCLUSIVE MODE").unwrap();
    let uri = source.uri();
    let runs: [&[&str]; 2] = [
        &["dump", &uri, "-f", arg(&file)],
        &["restore", archive.arg(), "-a", "-t", "app.orders", "-d", &uri],
    ];
    for arguments in runs {
        for signal in [Signal::INT, Signal::TERM] {
            let trace = Trace::new(&server);
            let mut command = trace.command(arguments);
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            wait_until(&trace, "wait_event_type = 'Lock'");
            send(&child, signal);
            assert_eq!(ended(child, signal), End::Stopped, "{arguments:?}");
            trace.assert_no_backend();
        }
    }
    assert_eq!(files(directory.path()), [""; 0]);
    holder.execute("ROLLBACK").unwrap();
}

/// Nobody reads the pipe and nothing is written to it: both kinds of waiting end too.
#[test]
fn a_run_that_waits_for_a_pipe_ends() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 30_000);
    let target = TestDb::new(&server);
    occupy(&target);
    let before = fingerprint(&target);
    let trace = Trace::new(&server);
    let (from, to) = (source.uri(), target.uri());
    for arguments in [&["dump", &from, "-Z", "none"][..], &["restore", "-d", &to], &["verify", "-"]]
    {
        for signal in [Signal::INT, Signal::TERM] {
            let mut command = trace.command(arguments);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            thread::sleep(Duration::from_millis(700));
            send(&child, signal);
            assert_eq!(ended(child, signal), End::Stopped, "{arguments:?}");
            trace.assert_no_backend();
        }
    }
    assert_unchanged(&target, &before);
}

pub(super) fn wait_until(trace: &Trace, state: &str) {
    let sql = format!(
        "SELECT FROM pg_stat_activity WHERE application_name = '{}' AND {state}",
        trace.application
    );
    let mut session = trace.server.session();
    let start = Instant::now();
    while session.query(&sql).unwrap().is_empty() {
        assert!(start.elapsed() < ENDS_WITHIN, "it never was in the state: {state}");
    }
}
