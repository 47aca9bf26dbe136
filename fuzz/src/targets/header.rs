//! The first 64 bytes: both readers say the same of them, and never that pgx has a bug.

use pgx_core::Code;
use pgx_core::archive::{FileReader, PipeReader};

use crate::assemble::{Repair, archive, repair, sealed_header};
use crate::input::Input;
use crate::outcome::Outcome;

/// Whether the checksum is made right, and what the archive begins with.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let repaired = input.byte() % 2 == 1;
    let mut bytes = input.take(64).to_vec();
    if let (true, Ok(header)) = (repaired, <&[u8; 64]>::try_from(&bytes[..])) {
        bytes = sealed_header(header).to_vec();
    }
    let from_file = FileReader::of_bytes(bytes.clone()).err();
    let from_pipe = PipeReader::new(&bytes[..]).err();
    let (Some(from_file), Some(from_pipe)) = (from_file, from_pipe) else {
        panic!("64 bytes are an archive");
    };
    assert_eq!(from_file.code(), from_pipe.code(), "{from_file:?} {from_pipe:?}");
    let known = [Code::ArchiveTruncated, Code::ArchiveDamaged, Code::NotAnArchive];
    assert!(known.contains(&from_file.code()) || from_file.code() == Code::ArchiveNewer);
    Outcome::default().said(from_file.what()).said(from_pipe.what())
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let empty = repair(&archive(Vec::new()), Repair::Nothing);
    let starts: [&[u8]; 6] =
        [&empty[..64], b"PGDMP\x01\x0e", b"\x1f\x8b\x08", b"--\n-- PostgreSQL", b"hello", b""];
    starts.iter().flat_map(|start| [0, 1].map(|seal| [&[seal], *start].concat())).collect()
}
