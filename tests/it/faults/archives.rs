//! Archives that are cut, changed, empty, from the future, or no archives at all.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::{
    Archive, Random, Trace, assert_says, assert_unchanged, clear_error, fill, fingerprint,
};
use crate::support::{self, Ran, TestDb, arg, pgx_command};

/// Bytes of the header and of the tail (docs/archive-format.md).
const HEADER: usize = 64;
const TAIL: usize = 64;

/// Runs with an archive on standard input.
fn piped(arguments: &[&str], bytes: &[u8]) -> Ran {
    let mut command = pgx_command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // It stops reading where the archive is bad.
        scope.spawn(move || drop(stdin.write_all(bytes)));
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    })
}

/// It is told, whatever the code of exit code 7, and gives the error.
#[track_caller]
fn refused(ran: &Ran, what: &str) -> String {
    let code = ran.stderr.split_once("error[").map_or("", |(_, rest)| &rest[..rest.len().min(5)]);
    assert!(code.starts_with("E07"), "{what}: {:?} {}", ran.code, ran.stderr);
    clear_error(ran, 7, code)
}

/// A filled source's archive, and a target that is not empty.
struct Bench {
    archive: Archive,
    bytes: Vec<u8>,
    /// Holds something else.
    target: TestDb,
    /// Has the archive's tables, empty.
    tables: TestDb,
}

impl Bench {
    fn new(rows: u32) -> Option<Bench> {
        let server = support::newest()?;
        let database = TestDb::new(&server);
        fill(&database, rows);
        let archive = Archive::of(&database);
        let target = TestDb::new(&server);
        super::occupy(&target);
        let tables = TestDb::new(&server);
        support::pgx(&["restore", archive.arg(), "-s", "-d", &tables.uri()]).ok();
        let bytes = archive.bytes();
        Some(Bench { archive, bytes, target, tables })
    }

    /// The changed archive, from a file and from standard input, changes no database.
    fn changes_nothing(&self, bytes: &[u8], what: &str) {
        let before = [&self.target, &self.tables].map(fingerprint);
        let trace = Trace::new(self.target.server());
        let file = self.archive.beside("bad.pgx", bytes);
        let uri = self.target.uri();
        refused(&trace.run(&["restore", arg(&file), "-d", &uri]), what);
        refused(&piped(&["restore", "-d", &uri], bytes), what);
        let uri = self.tables.uri();
        refused(&trace.run(&["restore", arg(&file), "-a", "-d", &uri]), what);
        refused(&piped(&["restore", "-a", "-d", &uri], bytes), what);
        trace.assert_no_backend();
        assert_unchanged(&self.target, &before[0]);
        assert_unchanged(&self.tables, &before[1]);
    }
}

#[test]
fn an_archive_cut_anywhere_is_refused() {
    let Some(bench) = Bench::new(300) else { return };
    let all = bench.bytes.len();
    let mut random = Random(1);
    let mut lengths: Vec<usize> = vec![0, 1, 7, 8, 63, 64, 65, 119, 120];
    lengths.extend((1..=TAIL + 1).step_by(7).map(|n| all - n));
    lengths.extend((0..40).map(|_| random.below(all)));
    for &length in &lengths {
        let what = format!("cut at {length} of {all}");
        let cut = &bench.bytes[..length];
        let file = bench.archive.beside("cut.pgx", cut);
        refused(&support::pgx(&["verify", arg(&file)]), &what);
        refused(&support::pgx(&["inspect", arg(&file)]), &what);
        refused(&piped(&["verify", "-"], cut), &what);
        refused(&piped(&["inspect", "-"], cut), &what);
    }
    for &length in lengths.iter().step_by(6) {
        bench.changes_nothing(&bench.bytes[..length], &format!("cut at {length} of {all}"));
    }
}

#[test]
fn an_archive_with_something_behind_its_end_is_refused() {
    let Some(bench) = Bench::new(50) else { return };
    let longer = [&bench.bytes[..], b"\n"].concat();
    let twice = [&bench.bytes[..], &bench.bytes[..]].concat();
    for (bytes, what) in [(longer, "a byte too many"), (twice, "twice")] {
        let file = bench.archive.beside("long.pgx", &bytes);
        refused(&support::pgx(&["verify", arg(&file)]), what);
        refused(&piped(&["verify", "-"], &bytes), what);
        bench.changes_nothing(&bytes, what);
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let Some(bench) = Bench::new(300) else { return };
    let all = bench.bytes.len();
    let mut random = Random(2);
    let mut bits: Vec<usize> = (0..300).map(|_| random.below(all * 8)).collect();
    bits.extend(0..HEADER * 8);
    bits.extend((all - TAIL) * 8..all * 8);
    let mut bytes = bench.bytes.clone();
    let sound = support::pgx(&["inspect", bench.archive.arg()]).ok().stdout;
    for (n, &bit) in bits.iter().enumerate() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let what = format!("bit {} of byte {} of {all}", bit % 8, bit / 8);
        let file = bench.archive.beside("flipped.pgx", &bytes);
        refused(&support::pgx(&["verify", arg(&file)]), &what);
        if n % 8 == 0 {
            refused(&piped(&["verify", "-"], &bytes), &what);
            refused(&piped(&["inspect", "-"], &bytes), &what);
            // Rows are not read by an inspection of a file: what it says is right, or it says nothing.
            let seen = support::pgx(&["inspect", arg(&file)]);
            if seen.code != Some(0) || seen.stdout != sound {
                refused(&seen, &what);
            }
        }
        if n % 110 == 0 {
            bench.changes_nothing(&bytes, &what);
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(bytes == bench.bytes);
}

#[test]
fn a_bit_flipped_in_the_rows_is_found_with_its_place_and_nothing_is_restored() {
    let Some(bench) = Bench::new(30_000) else { return };
    let all = bench.bytes.len();
    let mut random = Random(3);
    for _ in 0..4 {
        let at = all / 4 + random.below(all / 2);
        let mut bytes = bench.bytes.clone();
        bytes[at] ^= 0x10;
        let what = format!("byte {at} of {all}");
        let file = bench.archive.beside("flipped.pgx", &bytes);
        let error = refused(&support::pgx(&["verify", arg(&file)]), &what);
        assert_says(&error, &["frame ", "byte "]);
        bench.changes_nothing(&bytes, &what);
    }
}

#[test]
fn a_damaged_archive_makes_no_database() {
    let Some(bench) = Bench::new(30_000) else { return };
    let server = bench.target.server();
    let made = TestDb::adopt(server, &support::unique("made"));
    let mut bytes = bench.bytes.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let file = bench.archive.beside("flipped.pgx", &bytes);
    let uri = made.uri();
    refused(&support::pgx(&["restore", arg(&file), "--create", "-d", &uri]), "file");
    refused(&piped(&["restore", "--create", "-d", &uri], &bytes), "pipe");
    assert_eq!(super::databases(server, made.name()), [""; 0]);
}

#[test]
fn what_is_no_archive_is_told_as_such() {
    let Some(bench) = Bench::new(5) else { return };
    let cases: [(&str, &[u8], &str); 4] = [
        ("empty.pgx", b"", "E0703"),
        ("notes.txt", b"CREATE TABLE t (a int);\n-- and more text than a header has, by far, so that it is read\n", "E0703"),
        ("short.txt", b"hello", "E0703"),
        ("shop.dump", b"PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x00\x00\x00\x00 and more than a header of bytes, to be sure of it", "E0703"),
    ];
    for (name, bytes, code) in cases {
        let file = bench.archive.beside(name, bytes);
        let said = [
            support::pgx(&["inspect", arg(&file)]),
            support::pgx(&["verify", arg(&file)]),
            support::pgx(&["restore", arg(&file), "-d", &bench.target.uri()]),
        ];
        for ran in said {
            assert_says(&clear_error(&ran, 7, code), &[name]);
        }
        for command in ["inspect", "verify"] {
            clear_error(&piped(&[command, "-"], bytes), 7, code);
        }
        bench.changes_nothing(bytes, name);
    }
    let dump = bench.archive.beside("shop.dump", cases[3].1);
    assert_says(&clear_error(&support::pgx(&["inspect", arg(&dump)]), 7, "E0703"), &["pg_dump"]);
}

#[test]
fn an_archive_that_cannot_be_read_is_named() {
    let Some(bench) = Bench::new(5) else { return };
    let absent = Path::new("/nonexistent/shop.pgx");
    let directory = bench.archive.directory.path();
    for path in [absent, directory] {
        for ran in [
            support::pgx(&["inspect", arg(path)]),
            support::pgx(&["verify", arg(path)]),
            support::pgx(&["restore", arg(path), "-d", &bench.target.uri()]),
        ] {
            assert_says(&refused(&ran, arg(path)), &[arg(path)]);
        }
    }
}

#[test]
fn an_archive_of_a_newer_format_asks_for_a_newer_pgx() {
    let Some(bench) = Bench::new(5) else { return };
    // The major version, and a feature that a reader must know (docs/archive-format.md).
    for (at, value, bit) in [(8, 2, 0), (32, 0, 0x80)] {
        let mut bytes = bench.bytes.clone();
        bytes[at] = if bit == 0 { value } else { bytes[at] | bit };
        let sum = crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&sum.to_le_bytes());
        let file = bench.archive.beside("newer.pgx", &bytes);
        for ran in [
            support::pgx(&["inspect", arg(&file)]),
            support::pgx(&["verify", arg(&file)]),
            support::pgx(&["restore", arg(&file), "-d", &bench.target.uri()]),
            piped(&["verify", "-"], &bytes),
        ] {
            assert_says(&clear_error(&ran, 7, "E0704"), &["newer pgx"]);
        }
        bench.changes_nothing(&bytes, "newer");
    }
}

/// The header's checksum, bit by bit (Castagnoli's polynomial, reflected).
fn crc32c(bytes: &[u8]) -> u32 {
    let mut sum = !0u32;
    for &byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 };
        }
    }
    !sum
}
