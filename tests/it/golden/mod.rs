//! Golden archives: what was once written is read for ever, by this reader and by another.
//!
//! `tests/golden/` holds archives and, beside each, what it amounts to. They are only added to.
//! `cargo xtask golden` writes those that are missing.

mod contents;
mod globals;
mod listing;
mod python;
mod write;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use pgx_core::archive::{FileReader, Item, PipeReader};
use pgx_core::chunk::Unpacker;
use serde_json::Value;

use crate::support::{self, TestDb, arg, pgx};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");

/// Every golden archive, by name.
fn goldens() -> Vec<PathBuf> {
    let files = fs::read_dir(DIRECTORY).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|e| e == "pgx")).collect();
    files.sort();
    assert!(files.len() >= 14, "{files:?}");
    files
}

fn expected(golden: &Path) -> Value {
    serde_json::from_slice(&fs::read(golden.with_extension("json")).unwrap()).unwrap()
}

/// Every chunk of an archive from front to back, as key and rows, in the order of keys.
fn chunks_of_pipe(path: &Path) -> Vec<(u32, u32, u32, Vec<u8>)> {
    let mut reader = PipeReader::new(File::open(path).unwrap()).unwrap();
    let mut unpacker = Unpacker::new().unwrap();
    let mut chunks = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        if let Item::Chunk(stored) = item {
            let chunk = unpacker.unpack(&stored).unwrap();
            let key = chunk.head.key;
            chunks.push((key.stream.0, key.range, key.sequence, chunk.raw));
        }
    }
    chunks.sort_unstable();
    chunks
}

#[test]
fn a_golden_archive_reads_as_it_ever_did() {
    for golden in goldens() {
        let found = listing::of(&FileReader::open(&golden).unwrap());
        assert_eq!(found, expected(&golden), "{}", golden.display());
    }
}

#[test]
fn a_golden_archive_reads_the_same_from_a_pipe() {
    for golden in goldens() {
        let expected = expected(&golden);
        let chunks = chunks_of_pipe(&golden);
        for stream in expected["streams"].as_array().unwrap() {
            let mut hash = blake3::Hasher::new();
            let own = chunks.iter().filter(|chunk| stream["entry"] == chunk.0);
            own.for_each(|chunk| _ = hash.update(&chunk.3));
            assert_eq!(stream["blake3"], *hash.finalize().to_hex(), "{}", golden.display());
        }
    }
}

#[test]
fn a_golden_archive_is_found_whole_and_listed() {
    for golden in goldens() {
        pgx(&["verify", "--deep", arg(&golden)]).ok();
        pgx(&["inspect", arg(&golden)]).ok();
    }
}

/// Opens and reads all of an archive; whether nothing was found wrong.
fn is_whole(bytes: Vec<u8>) -> bool {
    let Ok(reader) = FileReader::of_bytes(bytes) else { return false };
    let mut unpacker = Unpacker::new().unwrap();
    reader.items().all(|item| match item {
        Ok(Item::Chunk(chunk)) => unpacker.unpack(&chunk).is_ok(),
        Ok(_) => true,
        Err(_) => false,
    })
}

#[test]
fn a_golden_archive_with_any_byte_changed_is_refused() {
    for golden in goldens() {
        let bytes = fs::read(&golden).unwrap();
        assert!(is_whole(bytes.clone()));
        // Every byte of small ones, some two hundred of the others.
        let step = (bytes.len() / 2000).max(1) * 10 - 9;
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(!is_whole(changed), "{} at byte {at}", golden.display());
        }
    }
}

#[test]
fn what_is_written_today_reads_back_as_the_golden_archives_do() {
    for golden in contents::all() {
        let path = Path::new(DIRECTORY).join(golden.name).with_extension("pgx");
        let today = FileReader::of_bytes(golden.write()).unwrap();
        let (mut today, mut then) = (listing::of(&today), expected(&path));
        // A newer writer may store the same rows otherwise.
        for listing in [&mut today, &mut then] {
            for varying in ["file_bytes", "digest"] {
                listing[varying] = Value::Null;
            }
        }
        assert_eq!(today, then, "{}", path.display());
    }
}

/// `cargo xtask golden` runs it, with a server of version 18.
#[test]
#[ignore = "writes golden archives"]
fn write_what_is_missing() {
    let Some(directory) = std::env::var_os("PGX_GOLDEN").map(PathBuf::from) else {
        return support::skip("PGX_GOLDEN names no directory");
    };
    for golden in contents::all() {
        let path = directory.join(golden.name).with_extension("pgx");
        if !path.exists() {
            fs::write(&path, golden.write()).unwrap();
        }
    }
    write_a_dump(&directory.join("server-18.pgx"));
    for golden in fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()) {
        let listing = golden.with_extension("json");
        if golden.extension().is_some_and(|extension| extension == "pgx") && !listing.exists() {
            let found = listing::of(&FileReader::open(&golden).unwrap());
            fs::write(listing, listing::text(&found)).unwrap();
        }
    }
}

fn write_a_dump(path: &Path) {
    if path.exists() {
        return;
    }
    let server = support::server(18).unwrap();
    let database = TestDb::new(&server);
    database.script(include_str!("../../golden/server.sql"));
    pgx(&["dump", "-d", &database.uri(), "-f", arg(path)]).ok();
}
