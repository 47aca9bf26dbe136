//! Locks that others hold, and others that end our session.

use std::time::{Duration, Instant};

use super::{
    Archive, Trace, assert_says, assert_unchanged, clear_error, files, fill, fingerprint, occupy,
};
use crate::support::{self, TestDb, arg};

#[test]
fn a_lock_that_is_not_obtained_names_its_holder() {
    support::each_version(|server| {
        let source = TestDb::new(server);
        fill(&source, 20);
        let mut holder = source.session();
        holder.execute("BEGIN; LOCK TABLE app.orders IN ACCESS EXCLUSIVE MODE").unwrap();
        let pid = holder.query_one("SELECT pg_backend_pid() AS pid").unwrap().text("pid").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("out.pgx");
        let trace = Trace::new(server);
        let start = Instant::now();
        let uri = source.uri();
        let ran = trace.run(&["dump", &uri, "-f", arg(&file), "--lock-wait-timeout", "200ms"]);
        let error = clear_error(&ran, 6, "E0601");
        assert_says(&error, &["[55P03]", "app.orders", &format!("process {pid}"), "pgx tests"]);
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(files(directory.path()), [""; 0]);
        trace.assert_no_backend();
    });
}

/// Locks that hold up a restore are waited for; the holder's end lets it go on.
#[test]
fn a_restore_that_waits_for_a_lock_ends_with_its_session_terminated() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    fill(&source, 20);
    let archive = Archive::with(&source, &["-a"]);
    let target = TestDb::new(&server);
    occupy(&target);
    support::pgx(&["restore", Archive::with(&source, &["-s"]).arg(), "-d", &target.uri()]).ok();
    let before = fingerprint(&target);
    let mut holder = target.session();
    holder.execute("BEGIN; LOCK TABLE app.orders IN ACCESS EXCLUSIVE MODE").unwrap();
    let trace = Trace::new(&server);
    let mut command = trace.command(&["restore", archive.arg(), "-a", "-d", &target.uri()]);
    let ended = super::lost::terminate_when(&trace, &mut command, "wait_event_type = 'Lock'");
    let error = clear_error(&ended, 8, "E0806");
    assert_says(&error, &["[57P01]", "app.orders"]);
    holder.execute("ROLLBACK").unwrap();
    trace.assert_no_backend();
    assert_unchanged(&target, &before);
}
