//! A clone has two sides: whichever fails first is told, the other stops, and nothing is left.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::lost::terminate_when;
use super::signals::{End, disturbed, ended, moments, send, timed, wait_until};
use super::{
    Trace, assert_says, assert_unchanged, clear_error, contents, databases, fill, fingerprint,
    oldest_and_newest,
};
use crate::support::{self, Ran, Server, TestDb, arg};

/// The time in which a side that waits or sleeps has to notice that the other has failed.
const PROMPTLY: Duration = Duration::from_secs(10);

/// A source with two tables, the first of which is the larger and so read first. Each side can be made
/// to need a second for every row: of `first` the target, of `second` the source.
struct Scene {
    source: TestDb,
    trace: Trace,
    directory: tempfile::TempDir,
}

/// What the target does with a row of `first`.
const SLOWLY: &str = "PERFORM pg_catalog.pg_sleep(1);";
const NOT_AT_ALL: &str = "RETURN false;";

/// A condition on a session: it is reading `second`.
const READING: &str = "query LIKE 'COPY%pg_sleep%'";

impl Scene {
    /// In the target a row of `first` meets `check`; the source has `rows` of `second`.
    fn new(server: &Server, check: &str, rows: u32) -> Scene {
        let source = TestDb::new(server);
        source.sql(&format!(
            "CREATE FUNCTION meets(int) RETURNS bool LANGUAGE plpgsql AS $$BEGIN
                 IF pg_catalog.current_database() <> '{}' THEN {check} END IF;
                 RETURN true;
             END$$;
             CREATE TABLE first (n int CHECK (meets(n)), t text);
             INSERT INTO first SELECT n, repeat('x', 900) FROM generate_series(1, 500) n;
             CREATE TABLE second (n int);
             INSERT INTO second SELECT generate_series(1, {rows})",
            source.name()
        ));
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join("slow.toml"),
            "[[table]]\nname = \"first\"\n\n\
             [[table]]\nname = \"second\"\nwhere = \"pg_sleep(1) IS NOT NULL\"\n",
        )
        .unwrap();
        Scene { source, trace: Trace::new(server), directory }
    }

    fn clone(&self, target: &TestDb, options: &[&str]) -> Command {
        let manifest = self.directory.path().join("slow.toml");
        let (from, to) = (self.source.uri(), target.uri());
        let chosen = ["clone", &from, &to, "--tables-from", arg(&manifest)];
        self.trace.command(&[&chosen, options].concat())
    }

    /// The target's sessions are in COPY: one that fills it, whatever it is called until it is made.
    fn loading(&self, target: &TestDb) -> String {
        format!("query LIKE 'COPY %' AND datname LIKE '{}%'", target.name())
    }

    /// Runs `test` with an existing target and with one to make, which must be as they were.
    fn for_both(&self, server: &Server, test: impl Fn(&TestDb, &[&str])) {
        let existing = TestDb::new(server);
        super::occupy(&existing);
        let before = fingerprint(&existing);
        test(&existing, &[]);
        assert_unchanged(&existing, &before);
        for jobs in ["1", "3"] {
            let made = TestDb::adopt(server, &support::unique("made"));
            test(&made, &["--create", "-j", jobs]);
            assert_eq!(databases(server, made.name()), [""; 0]);
        }
        self.trace.assert_no_backend();
    }
}

/// What became of the target.
fn untouched(options: &[&str]) -> &'static str {
    match options {
        ["--create", ..] => "no database was made",
        _ => "the target was not changed",
    }
}

#[test]
fn a_row_that_the_target_refuses_stops_a_slow_source() {
    oldest_and_newest(|server| {
        let scene = Scene::new(server, NOT_AT_ALL, 100);
        scene.for_both(server, |target, options| {
            let start = Instant::now();
            let ran = Ran::of(&mut scene.clone(target, options));
            assert!(start.elapsed() < PROMPTLY, "{:?}", start.elapsed());
            let error = clear_error(&ran, 8, "E0805");
            assert_says(&error, &["table public.first", "[23514]", untouched(options)]);
            scene.trace.assert_no_backend();
        });
    });
}

#[test]
fn a_source_that_is_lost_stops_a_slow_target() {
    oldest_and_newest(|server| {
        let scene = Scene::new(server, SLOWLY, 100);
        scene.for_both(server, |target, options| {
            let both = format!(
                "{READING} AND EXISTS (SELECT FROM pg_stat_activity WHERE {})",
                scene.loading(target)
            );
            let start = Instant::now();
            let ran = terminate_when(&scene.trace, &mut scene.clone(target, options), &both);
            assert!(start.elapsed() < PROMPTLY, "{:?}", start.elapsed());
            let error = clear_error(&ran, 5, "E0501");
            assert_says(&error, &["public.second", "[57P01]", untouched(options)]);
            scene.trace.assert_no_backend();
        });
    });
}

#[test]
fn a_target_that_is_lost_stops_a_slow_source() {
    oldest_and_newest(|server| {
        let scene = Scene::new(server, SLOWLY, 100);
        scene.for_both(server, |target, options| {
            let start = Instant::now();
            let loading = scene.loading(target);
            let ran = terminate_when(&scene.trace, &mut scene.clone(target, options), &loading);
            assert!(start.elapsed() < PROMPTLY, "{:?}", start.elapsed());
            let error = clear_error(&ran, 8, "E0806");
            assert_says(&error, &["public.first", "[57P01]", untouched(options)]);
            scene.trace.assert_no_backend();
        });
    });
}

/// A source that fails before anything reaches the target.
#[test]
fn what_the_source_lacks_is_the_error_and_not_the_end_of_the_pipe() {
    let Some(server) = support::newest() else { return };
    let scene = Scene::new(&server, "", 1);
    scene.for_both(&server, |target, options| {
        let (from, to) = (scene.source.uri(), target.uri());
        let arguments = [&["clone", &from, &to, "-t", "nothing"], options].concat();
        let error = clear_error(&scene.trace.run(&arguments), 2, "E0204");
        assert_says(&error, &["nothing"]);
    });
}

fn started(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_clone_that_waits_for_either_server_is_cancelled() {
    let Some(server) = support::newest() else { return };
    for (check, rows) in [(SLOWLY, 0), ("", 100), (SLOWLY, 100)] {
        let scene = Scene::new(&server, check, rows);
        scene.for_both(&server, |target, options| {
            let state = if rows == 0 { scene.loading(target) } else { READING.to_owned() };
            for signal in [Signal::INT, Signal::TERM] {
                let child = started(&mut scene.clone(target, options));
                wait_until(&scene.trace, &state);
                send(&child, signal);
                assert_eq!(ended(child, signal), End::Stopped);
                scene.trace.assert_no_backend();
            }
        });
    }
}

#[test]
fn a_clone_interrupted_at_any_moment_leaves_all_or_nothing() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 10_000);
    let trace = Trace::new(&server);
    let adopt = || TestDb::adopt(&server, &support::unique("made"));
    let uri = source.uri();
    let clone = |target: &TestDb, n: usize| {
        let jobs = ["1", "2"][n % 2];
        trace.command(&["clone", &uri, &target.uri(), "--create", "-j", jobs])
    };
    let whole = timed(&mut clone(&adopt(), 1));
    for (n, (moment, signal)) in moments(17, whole, 20).into_iter().enumerate() {
        let made = adopt();
        let end = disturbed(&mut clone(&made, n), moment, signal);
        trace.assert_no_backend();
        match end {
            End::Stopped => assert_eq!(databases(&server, made.name()), [""; 0], "{moment:?}"),
            End::Complete => assert_eq!(contents(&made), contents(&source), "{moment:?}"),
        }
    }
}

/// Whatever times out in idle or busy sessions of either database, a clone takes as long as the slower
/// side.
#[test]
fn a_slow_side_does_not_time_out_the_other() {
    oldest_and_newest(|server| {
        let mut limits = vec!["statement_timeout", "idle_in_transaction_session_timeout"];
        limits.extend((server.major >= 14).then_some("idle_session_timeout"));
        limits.extend((server.major >= 17).then_some("transaction_timeout"));
        let limit = |database: &TestDb| {
            for setting in &limits {
                let name = database.name();
                database.sql(&format!("ALTER DATABASE {name} SET {setting} = '500ms'"));
            }
        };
        let some = "IF $1 % 250 = 0 THEN PERFORM pg_catalog.pg_sleep(1); END IF;";
        for (check, rows) in [(some, 0), ("", 2)] {
            let scene = Scene::new(server, check, rows);
            let target = TestDb::new(server);
            limit(&scene.source);
            limit(&target);
            Ran::of(&mut scene.clone(&target, &[])).ok();
        }
    });
}
