//! Into a new database: all of it or nothing, whoever does what.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{assert_equal, restore_from_pipe, shop};
use crate::faults::Random;
use crate::roundtrip::every_fixture;
use crate::support::{
    self, Archive, Role, Server, TestDb, arg, assert_same, pgx, pgx_command, unique,
};

#[test]
fn every_schema_fixture_comes_back_by_several_sessions() {
    support::each_version(|server| {
        let original = every_fixture(server);
        let archive = Archive::with(&original, &["-j", "2"]);
        let copy = TestDb::adopt(server, &unique("made"));
        archive.restore(&copy, &["--create", "-j", "3"]).ok();
        assert_same(&original, &copy);
        archive.rows_equal(&copy);
    });
}

#[test]
fn rows_indexes_and_keys_come_back_from_a_file_and_from_a_pipe() {
    support::each_version(|server| {
        let original = shop(server);
        for (dump_jobs, jobs) in [("1", "4"), ("4", "2")] {
            let archive = Archive::with(&original, &["-j", dump_jobs]);
            let copy = TestDb::adopt(server, &unique("made"));
            archive.restore(&copy, &["--create", "-j", jobs]).ok();
            assert_same(&original, &copy);
            assert_equal(&original, &archive, &copy);
            let piped = TestDb::adopt(server, &unique("piped"));
            restore_from_pipe(&archive, &piped, &["--create", "-j", jobs]).ok();
            assert_equal(&original, &archive, &piped);
        }
    });
}

#[test]
fn statistics_come_along() {
    let Some(server) = support::server(18) else { return };
    let original = shop(&server);
    original.sql("ANALYZE");
    let archive = Archive::with(&original, &["--statistics"]);
    let of = |database: &TestDb| {
        database.rows(
            "SELECT tablename, attname, null_frac, n_distinct, most_common_vals::text \
             FROM pg_stats WHERE schemaname = 'public' ORDER BY 1, 2",
        )
    };
    for jobs in ["1", "3"] {
        let copy = TestDb::adopt(&server, &unique("made"));
        restore_from_pipe(&archive, &copy, &["--create", "-j", jobs]).ok();
        assert_eq!(of(&copy), of(&original), "{jobs} jobs");
    }
}

#[test]
fn rows_are_frozen_into_a_new_database_and_into_an_empty_one() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 40) i");
    let archive = Archive::of(&original);
    let made = TestDb::adopt(&server, &unique("made"));
    archive.restore(&made, &["--create", "-j", "2"]).ok();
    let empty = TestDb::new(&server);
    archive.restore(&empty, &["-j", "2"]).ok();
    for copy in [made, empty] {
        copy.sql("CREATE EXTENSION pageinspect");
        let frozen = "SELECT count(*) FILTER (WHERE t_infomask & 768 = 768) \
             FROM heap_page_items(get_raw_page('t', 0))";
        assert_eq!(copy.value(frozen), "40");
    }
}

#[test]
fn three_thousand_tables_need_no_large_lock_table() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    for from in [1, 1001, 2001] {
        original.sql(&format!(
            "DO $$ BEGIN FOR i IN {from}..{from} + 999 LOOP \
             EXECUTE format('CREATE TABLE t%s (a int PRIMARY KEY, b int)', i); \
             EXECUTE format('INSERT INTO t%s VALUES (1, 2), (2, 3)', i); END LOOP; END $$"
        ));
    }
    let archive = Archive::of(&original);
    let copy = TestDb::adopt(&server, &unique("made"));
    archive.restore(&copy, &["--create", "-j", "2", "--no-analyze"]).ok();
    assert_equal(&original, &archive, &copy);
}

#[test]
fn fewer_sessions_work_where_the_server_lets_in_no_more() {
    let Some(server) = support::newest() else { return };
    let role = Role::new(&server, "few", "LOGIN CREATEDB CONNECTION LIMIT 4");
    let original = TestDb::new(&server);
    original.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 100) i");
    let archive = Archive::of(&original);
    let copy = TestDb::adopt(&server, &unique("made"));
    let uri = copy.uri_as(role.name());
    let arguments = ["restore", arg(archive.path()), "-d", &uri, "--create", "--no-owner", "-v"];
    let told = pgx(&[&arguments[..], &["-j", "8"]].concat()).ok().stderr;
    assert!(told.contains("no more than 2 jobs"), "{told}");
    archive.rows_equal(&copy);
}

/// Sessions of a restore, wherever it builds.
fn terminate(server: &Server, name: &str) -> String {
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity \
         WHERE datname LIKE '{name}\\_\\_pgx\\_%'"
    );
    server.session().query_one(&sql).unwrap().text("n").unwrap()
}

fn databases_like(server: &Server, name: &str) -> usize {
    let sql = format!("SELECT FROM pg_database WHERE datname LIKE '{name}%'");
    server.session().query(&sql).unwrap().len()
}

fn begin(archive: &Archive, target: &TestDb) -> Child {
    let mut command = pgx_command();
    command.args(["restore", arg(archive.path()), "-d", &target.uri(), "--create", "-j", "3"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_for_staging(server: &Server, name: &str) {
    let start = Instant::now();
    while databases_like(server, name) == 0 && start.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn whatever_fails_no_database_is_left() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let original = shop(&server);
        let archive = Archive::of(&original);
        let mut random = Random(u64::from(server.major));
        let mut stopped = 0;
        for attempt in 0..6 {
            let target = TestDb::adopt(&server, &unique("made"));
            let child = begin(&archive, &target);
            wait_for_staging(&server, target.name());
            thread::sleep(Duration::from_millis(random.below(700) as u64));
            let interrupt = attempt % 2 == 0;
            if interrupt {
                let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
                kill_process(pid, Signal::INT).unwrap();
            } else {
                terminate(&server, target.name());
            }
            let ended = child.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&ended.stderr).into_owned();
            match ended.status.code() {
                Some(0) => archive.rows_equal(&target),
                code => {
                    assert_eq!(code, Some(if interrupt { 130 } else { 8 }), "{told}");
                    assert!(told.contains("no database was made"), "{told}");
                    assert_eq!(databases_like(&server, target.name()), 0, "{told}");
                    stopped += 1;
                }
            }
        }
        assert!(stopped > 0, "every restore was faster");
    }
}
