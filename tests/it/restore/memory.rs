//! Peak memory of the client grows neither with a table nor with one long row.

use std::process::Stdio;

use crate::support::{self, TestDb, arg, measured, pgx_command};

/// 64 MiB, and 16 MiB for the one connection.
const LIMIT_KIB: u64 = (64 + 16) * 1024;

/// Dumps and restores what `rows` makes, by file and through stdin, and holds each to the limit.
fn stays_small(rows: &str) {
    let Some(server) = support::newest() else { return };
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    source.sql(rows);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("archive.pgx");
    let (from, to) = (source.uri(), target.uri());
    let within = |what: &str, arguments: &[&str], stdin: Stdio| {
        let run = measured(pgx_command().args(arguments).stdin(stdin));
        let Some(run) = run else { return };
        run.ran.ok();
        let kib = run.peak_kib;
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
