//! Archives that were made to do harm, under right checksums: they end soon, in little memory.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::forge::{self, Forge, Frame, INDEX, META, TOC};
use crate::support::{self, arg, measured, pgx_command};

const LIMIT_KIB: u64 = 64 * 1024;
/// A second, for a machine that does five other things.
const LIMIT: Duration = Duration::from_secs(5);

/// Raw bytes a chunk claims at most.
const MOST: u32 = 8 << 20;

/// Runs pgx over an archive in every way that looks at it, and returns the exit codes; `None` where
/// memory cannot be measured.
fn codes(bytes: &[u8], what: &str) -> Option<Vec<i32>> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("hostile.pgx");
    std::fs::File::create(&file).unwrap().write_all(bytes).unwrap();
    let mut runs = vec![
        vec!["verify", "--deep", arg(&file)],
        vec!["verify", "--deep", "-"],
        vec!["verify", arg(&file)],
        vec!["inspect", arg(&file)],
    ];
    let uri = support::newest().map(|server| server.uri("postgres"));
    if let Some(uri) = &uri {
        runs.push(vec!["restore", "--dry-run", arg(&file), "-d", uri]);
    }
    runs.iter().map(|arguments| ends_soon(&file, arguments, what)).collect()
}

/// pgx under a limit of the kernel, at which memory is refused: too quick a run to be watched obeys it.
fn limited(arguments: &[&str]) -> Command {
    let pgx = pgx_command();
    let mut command = Command::new("sh");
    let script = format!("ulimit -d {} && exec \"$0\" \"$@\"", 2 * LIMIT_KIB);
    command.args(["-c", &script]).arg(pgx.get_program()).args(arguments);
    for (name, value) in pgx.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn ends_soon(file: &Path, arguments: &[&str], what: &str) -> Option<i32> {
    let stdin = std::fs::File::open(file).unwrap();
    let run = measured(limited(arguments).stdin(Stdio::from(stdin)))?;
    let what = format!("{what}: pgx {}", arguments.join(" "));
    assert!(run.ran.stderr.lines().count() < 20, "{what}: {}", run.ran.stderr);
    assert!(run.elapsed < LIMIT, "{what}: {:?}", run.elapsed);
    assert!(run.peak_kib <= LIMIT_KIB, "{what}: {} MiB", run.peak_kib / 1024);
    assert!(
        matches!(run.ran.code, Some(0 | 7 | 8)),
        "{what}: {:?} {}",
        run.ran.code,
        run.ran.stderr
    );
    run.ran.code
}

/// Rows that do not decode, which only a deep look finds.
fn refused_in_depth(columns: usize, rows: u32, payload: Vec<u8>, what: &str) {
    let frame = Frame::rows(0, rows, payload, MOST);
    let bytes = Forge::of_table(columns).frame(frame).ended(rows.into(), MOST.into(), 0);
    let Some(codes) = codes(&bytes, what) else { return };
    // A file and a pipe, in depth; all else is as it should be.
    assert_eq!(codes[..4], [7, 7, 0, 0], "{what}");
}

/// What no reader goes on with.
fn refused(bytes: &[u8], what: &str) {
    let Some(codes) = codes(bytes, what) else { return };
    assert!(codes.iter().all(|&code| code == 7), "{what}: {codes:?}");
}

fn unsigned(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Stripes of COPY BINARY whose head is stored and has these bytes.
fn stripes(head: &[u8], tail: &[u8]) -> Vec<u8> {
    let length = head.len() as u64;
    [&[2], &unsigned(length)[..], &unsigned(length << 3), head, tail].concat()
}

fn zeros(mebibytes: usize) -> Vec<u8> {
    vec![0; mebibytes << 20]
}

fn zstd(raw: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(raw, 3).unwrap()
}

fn deflate(raw: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_is_forged_is_otherwise_an_archive() {
    let tuple = [&1i16.to_be_bytes()[..], &4i32.to_be_bytes(), &7i32.to_be_bytes()].concat();
    let whole = [&[0, 0], &tuple[..]].concat();
    let sum = xxhash_rust::xxh3::xxh3_128(&tuple);
    let mut frame = Frame::rows(0, 1, whole, tuple.len() as u32);
    frame.raw_hash = xxhash_rust::xxh3::xxh3_64(&tuple);
    let bytes = Forge::of_table(1).frame(frame).ended(1, tuple.len() as u64, sum);
    let Some(codes) = codes(&bytes, "whole") else { return };
    assert_eq!(codes[..4], [0; 4]);
}

#[test]
fn streams_that_decompress_to_more_than_they_claim_are_refused() {
    let (small, large) = (zeros(9), zeros(100));
    for (form, name, packed) in [
        (1, "zstd", zstd(&large)),
        (2, "deflate", deflate(&large)),
        (3, "lz4", lz4_flex::block::compress(&large)),
        (1, "zstd, a little more", zstd(&small)),
        (2, "deflate, a little more", deflate(&small)),
        (3, "lz4, a little more", lz4_flex::block::compress(&small)),
    ] {
        let plain = [&[0, form], &packed[..]].concat();
        refused_in_depth(1, 1, plain, &format!("plain {name}"));
        // The head itself, at its longest.
        let longest = 2 * u64::from(MOST) + (64 << 10);
        let tag = unsigned((packed.len() as u64) << 3 | u64::from(form));
        let head = [&[2], &unsigned(longest)[..], &tag, &packed].concat();
        refused_in_depth(1, 1, head, &format!("head {name}"));
        // The values of a column.
        let directory =
            [&unsigned(1)[..], &unsigned(1), &[0, 0, 0], &unsigned(1 << 23), &tag].concat();
        refused_in_depth(1, 1, stripes(&directory, &packed), &format!("values {name}"));
    }
}

#[test]
fn counts_and_lengths_that_nothing_stands_behind_are_refused() {
    let huge = [(1 << 23) + 1, 1 << 32, u64::MAX];
    for count in huge {
        let count = unsigned(count);
        let column = [&[0, 0, 1], &count[..], &[5]].concat();
        refused_in_depth(1, 9, [&[2], &count[..], &[0]].concat(), "length of the head");
        refused_in_depth(1, 9, [&[2, 9], &count[..]].concat(), "stored length of the head");
        refused_in_depth(1, 9, stripes(&[&count[..], &[1, 0, 0, 1, 0, 5]].concat(), &[]), "rows");
        refused_in_depth(1, 9, stripes(&[&[1], &count[..]].concat(), &[]), "columns");
        refused_in_depth(1, 9, stripes(&[&[1, 1], &column[..]].concat(), &[]), "values");
        let groups = [&[1, 1, 2, 16, 0, 0], &count[..]].concat();
        refused_in_depth(1, 9, stripes(&groups, &[]), "groups");
        let entries = [&[1, 1, 1, 0, 0], &count[..]].concat();
        refused_in_depth(1, 9, stripes(&entries, &[]), "entries of a dictionary");
        let entry = [&[1, 1, 1, 0, 0, 1], &count[..]].concat();
        refused_in_depth(1, 9, stripes(&entry, &[]), "length of an entry");
        let odd = [&[1, 1, 3, 4, 4, 0, 0], &count[..]].concat();
        refused_in_depth(1, 9, stripes(&odd, &[]), "odd fields");
    }
}

#[test]
fn columns_of_nothing_do_not_add_up_to_something() {
    // 2048 columns whose values are all NULL: 33 MiB where 8 are said.
    let columns = [0u8, 0, 1, 0, 5].repeat(2048);
    let directory = [&unsigned(4096)[..], &unsigned(2048), &columns].concat();
    refused_in_depth(2048, 4096, stripes(&directory, &[]), "columns of NULL");
    // Each claims 16 MiB of one byte.
    let value = [&[0u8, 0, 0][..], &unsigned(16 << 20), &unsigned(7 << 3 | 4)].concat();
    let directory = [&unsigned(1)[..], &unsigned(2048), &value.repeat(2048)].concat();
    refused_in_depth(2048, 1, stripes(&directory, &[]), "constant values");
    // Each claims 8 MiB that are compressed to nothing.
    let packed = zstd(&zeros(8));
    let tag = unsigned((packed.len() as u64) << 3 | 1);
    let value = [&[0u8, 0, 0][..], &unsigned(8 << 20), &tag].concat();
    let directory = [&unsigned(1)[..], &unsigned(500), &value.repeat(500)].concat();
    refused_in_depth(500, 1, stripes(&directory, &packed.repeat(500)), "compressed values");
    // Groups of sixteen bytes, side by side.
    let group = [&[2u8, 16, 0, 0][..], &unsigned(1 << 19), &[4; 16], &[0, 5]].concat();
    let directory = [&unsigned(1)[..], &unsigned(1000), &group.repeat(1000)].concat();
    refused_in_depth(1000, 1, stripes(&directory, &[]), "groups");
}

#[test]
fn control_frames_that_decompress_to_more_than_they_claim_are_refused() {
    let large = zeros(100);
    for claimed in [1 << 20, (1 << 20) + 1, u32::MAX] {
        let bomb = |kind| Frame::control(kind, 1, &large).packed(claimed);
        refused(&Forge::new().frame(bomb(META)).finished(0, 0), "META");
        refused(&Forge::new().frame(forge::meta()).frame(bomb(TOC)).finished(0, 0), "TOC");
        let index = Forge::of_table(1).frame(bomb(INDEX)).finished(0, 0);
        refused(&index, "INDEX");
    }
}

#[test]
fn cbor_that_claims_or_nests_too_much_is_refused() {
    let huge = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let text = [0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let nested = [&[0xa1, 0x18, 0x63][..], &vec![0x81; (1 << 20) - 3]].concat();
    let endless = [&[0xa1, 0x18, 0x63][..], &vec![0x9f; (1 << 20) - 3]].concat();
    for (payload, what) in
        [(&huge[..], "array"), (&text, "text"), (&nested, "nested"), (&endless, "endless")]
    {
        refused(&Forge::new().frame(Frame::control(META, 1, payload)).finished(0, 0), what);
        let toc = Frame::control(TOC, 1, payload);
        refused(&Forge::new().frame(forge::meta()).frame(toc).finished(0, 0), what);
        let index = Frame::control(INDEX, 1, payload);
        refused(&Forge::of_table(1).frame(index).finished(0, 0), what);
    }
}

#[test]
fn an_entry_that_never_ends_is_refused() {
    let mut forge = Forge::new().frame(forge::meta());
    let endless = Frame::control(TOC, 0, &vec![0x9f; 1 << 20]).packed(1 << 20);
    for sequence in 0..200 {
        let key = [0, 0, sequence];
        forge = forge.frame(Frame { continued: true, key, ..endless.clone() });
    }
    refused(&forge.finished(0, 0), "an endless entry");
}

#[test]
fn an_index_of_frames_that_are_not_there_is_refused() {
    let frame = Frame::rows(0, 1, vec![0; 3], 3);
    let mut forge = Forge::of_table(1);
    let (mut number, mut offset) = (2, forge.length());
    for sequence in 0..40 {
        let mut records = Vec::new();
        let mut items = 0;
        while records.len() < (1 << 20) - 100 {
            let mut frame = frame.clone();
            frame.key[2] = u32::try_from(number).unwrap() - 2;
            records.extend(forge::record(number, offset, &frame, &[0; 32]));
            number += 1;
            offset += 59;
            items += 1;
        }
        let mut index = Frame::control(INDEX, items, &records);
        index.key[2] = sequence;
        let claimed = records.len() as u32;
        forge = forge.frame(index.packed(claimed));
    }
    refused(&forge.finished(0, 0), "an index of nothing");
}
