//! Peak memory of the client grows neither with a table nor with one long row.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{self, TestDb, arg, pgx_command, skip};

/// 64 MiB, and 16 MiB for the one connection.
const LIMIT_KIB: u64 = (64 + 16) * 1024;

/// What a process has needed at most so far, in KiB; none when it is gone.
fn high_water(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs a command to its good end and returns its peak resident size in KiB.
fn peak(command: &mut Command) -> u64 {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = high_water(child.id()).unwrap_or_default().max(peak);
        std::thread::sleep(Duration::from_millis(4));
    }
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(peak > 1024, "the peak was measured");
    peak
}

/// Dumps and restores what `rows` makes, by file and through stdin, and holds each to the limit.
fn stays_small(rows: &str) {
    if !Path::new("/proc/self/status").exists() {
        return skip("no /proc to read peak memory from");
    }
    let Some(server) = support::newest() else { return };
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    source.sql(rows);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("archive.pgx");
    let (from, to) = (source.uri(), target.uri());
    let within = |what: &str, arguments: &[&str], stdin: Stdio| {
        let kib = peak(pgx_command().args(arguments).stdin(stdin));
        eprintln!("{what}: {} MiB", kib / 1024);
        assert!(kib <= LIMIT_KIB, "{what} needed {} MiB", kib / 1024);
    };
    within("dump", &["dump", "-q", "-d", &from, "-f", arg(&file)], Stdio::null());
    within("restore", &["restore", "-q", arg(&file), "-d", &to], Stdio::null());
    target.sql("TRUNCATE t");
    let stdin = Stdio::from(std::fs::File::open(&file).unwrap());
    within("restore from stdin", &["restore", "-q", "-a", "-d", &to], stdin);
    within("verify", &["verify", "--deep", arg(&file), "--against", &to], Stdio::null());
}

#[test]
fn a_large_table_is_never_held_whole() {
    stays_small(
        "CREATE TABLE t (id int PRIMARY KEY, pad text);
         INSERT INTO t SELECT g, repeat(md5(g::text), 320) FROM generate_series(1, 30000) g",
    );
}

#[test]
fn one_row_of_60_megabytes_is_never_held_whole() {
    stays_small(
        "CREATE TABLE t (id int, pad text);
         INSERT INTO t VALUES (1, 'short'), (2, repeat(md5('x'), 1875000)), (3, 'short')",
    );
}

#[test]
fn one_binary_value_of_60_megabytes_is_never_held_whole() {
    stays_small(
        "CREATE TABLE t (id int, pad bytea);
         INSERT INTO t VALUES (1, ''), (2, convert_to(repeat(md5('x'), 1875000), 'UTF8')), (3, '')",
    );
}
