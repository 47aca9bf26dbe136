//! The reader that was written from the format's pages alone.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pgx_core::archive::FileReader;
use serde_json::Value;

use super::{DIRECTORY, listing};
use crate::support::{self, Server, TestDb, arg, pgx};

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reader/pgx_read.py");

/// Runs a script of Python; `None`, and a word about it, where there is none.
fn python<A: AsRef<OsStr>>(script: &Path, arguments: &[A]) -> Option<Output> {
    let run = Command::new("python3").arg("-B").arg(script).args(arguments).output();
    if let Ok(output) = run {
        return Some(output);
    }
    support::skip("no python3");
    None
}

#[track_caller]
fn succeeded(output: &Output) {
    let (out, error) = (&output.stdout, &output.stderr);
    let said = [out.as_slice(), error].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_second_reader_agrees_on_every_golden_archive_and_refuses_damaged_ones() {
    let script = PathBuf::from(DIRECTORY).join("check_reader.py");
    if let Some(output) = python::<&str>(&script, &[]) {
        succeeded(&output);
    }
}

fn dump(server: &Server, arguments: &[&str]) {
    let database = TestDb::new(server);
    database.script(include_str!("../../golden/server.sql"));
    database.sql("ANALYZE");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fresh.pgx");
    let uri = database.uri();
    pgx(&[&["dump", "-d", &uri, "-f", arg(&path)], arguments].concat()).ok();
    let Some(output) = python(READER.as_ref(), &[OsStr::new("--json"), path.as_os_str()]) else {
        return;
    };
    succeeded(&output);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found, listing::of(&FileReader::open(&path).unwrap()));
}

#[test]
fn the_second_reader_agrees_on_a_fresh_dump() {
    let Some(server) = support::newest() else { return };
    for codec in ["zstd:1", "gzip", "lz4", "none"] {
        dump(&server, &["-Z", codec]);
    }
    dump(&server, &["--copy-format", "text"]);
    dump(&server, &["--statistics", "--no-data"]);
}

#[test]
fn the_second_reader_agrees_on_a_dump_of_the_oldest_version() {
    let Some(server) = support::server(10) else { return };
    dump(&server, &["--statistics"]);
}
