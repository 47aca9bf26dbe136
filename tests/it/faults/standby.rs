//! A standby: a source like any other until replay needs what the dump still reads; never a target.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Archive, Trace, assert_says, clear_error, contents, files, fill};
use crate::support::{self, Ran, Server, TestDb, arg};

const FOLLOWS_WITHIN: Duration = Duration::from_secs(30);

/// Waits until the standby has replayed what the primary has done so far.
fn wait_for(primary: &Server, standby: &Server) {
    let sql = "SELECT pg_current_wal_insert_lsn()::text AS lsn";
    let lsn = primary.session().query_one(sql).unwrap().text("lsn").unwrap();
    let caught_up =
        format!("SELECT FROM pg_stat_wal_receiver WHERE pg_last_wal_replay_lsn() >= '{lsn}'");
    let start = Instant::now();
    // Nothing may have been flushed since.
    primary.session().execute("CHECKPOINT").unwrap();
    while standby.session().query(&caught_up).unwrap().is_empty() {
        assert!(start.elapsed() < FOLLOWS_WITHIN, "the standby does not follow");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_standby_is_a_source_like_any_other() {
    let Some((primary, standby)) = support::standby() else { return };
    let source = TestDb::new(&primary);
    fill(&source, 500);
    wait_for(&primary, &standby);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    // Two sessions, so that the standby must also share its snapshot.
    support::pgx(&["dump", &standby.uri(source.name()), "-j", "2", "-f", arg(&file)]).ok();
    let target = TestDb::new(&primary);
    support::pgx(&["restore", arg(&file), "-d", &target.uri()]).ok();
    // Of a sequence a standby knows the value up to which the primary has logged it ahead.
    let rows = |database: &TestDb| contents(database).remove(0).drain(..3).collect::<Vec<_>>();
    assert_eq!(rows(&target), rows(&source));
    let last = |database: &TestDb| -> i64 {
        database.value("SELECT last_value FROM app.tickets").parse().unwrap()
    };
    assert!(last(&target) >= last(&source));
}

#[test]
fn a_dump_that_conflicts_with_replay_says_what_to_set() {
    let Some((primary, standby)) = support::standby() else { return };
    let changes = ["DELETE FROM app.customers WHERE id > 5; ", "TRUNCATE app.busy; "];
    for change in changes {
        let source = TestDb::new(&primary);
        fill(&source, 10);
        source.sql("ALTER TABLE app.orders DROP CONSTRAINT orders_customer_fkey");
        source.sql("CREATE TABLE app.busy AS SELECT generate_series(1, 10) AS n");
        wait_for(&primary, &standby);
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("slow.toml");
        let slow = "[[table]]\nname = \"app.busy\"\nwhere = \"pg_sleep(1) IS NOT NULL\"\n\
                    [[table]]\nname = \"app.customers\"\n";
        std::fs::write(&manifest, slow).unwrap();
        let trace = Trace::new(&standby);
        let file = directory.path().join("out.pgx");
        let uri = standby.uri(source.name());
        let arguments = ["dump", &uri, "--tables-from", arg(&manifest), "-f", arg(&file)];
        let ran = during(&trace, &mut trace.command(&arguments), || {
            source.sql(change);
            source.sql("VACUUM app.customers");
        });
        let error = clear_error(&ran, 6, "E0602");
        assert_says(
            &error,
            &["[40001]", "app.", "max_standby_streaming_delay", "hot_standby_feedback"],
        );
        assert_eq!(files(directory.path()), ["slow.toml"]);
        trace.assert_no_backend();
    }
}

/// Acts while the run reads rows.
fn during(trace: &Trace, command: &mut Command, act: impl Fn()) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sql = format!(
        "SELECT FROM pg_stat_activity WHERE application_name = '{}' AND query LIKE '%pg_sleep%'",
        trace.application
    );
    let mut session = trace.server.session();
    let start = Instant::now();
    while session.query(&sql).unwrap().is_empty() {
        assert!(start.elapsed() < FOLLOWS_WITHIN, "it reads no rows");
    }
    act();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_standby_is_no_target() {
    let Some((primary, standby)) = support::standby() else { return };
    let source = TestDb::new(&primary);
    fill(&source, 20);
    let archive = Archive::of(&source);
    let target = TestDb::new(&primary);
    wait_for(&primary, &standby);
    let trace = Trace::new(&standby);
    let uri = standby.uri(target.name());
    let error = clear_error(&trace.run(&["restore", archive.arg(), "-d", &uri]), 8, "E0807");
    assert_says(&error, &["standby", "primary"]);
    let uri = standby.uri(&support::unique("made"));
    let ran = trace.run(&["restore", archive.arg(), "--create", "-d", &uri]);
    assert_says(&clear_error(&ran, 8, "E0807"), &["standby", "primary"]);
    trace.assert_no_backend();
}
