//! The test vector of the format document.

use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/archive-format.md");

/// The bytes of the document's hex dump: after each line's offset, up to its comment.
fn documented() -> Vec<u8> {
    let block = DOCUMENT.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
    let mut bytes = Vec::new();
    for line in block.lines().filter(|line| !line.starts_with('#')) {
        let (offset, rest) = line.split_once(' ').unwrap();
        assert_eq!(usize::from_str_radix(offset, 16).unwrap(), bytes.len(), "{line}");
        let octets = rest.split_whitespace();
        bytes.extend(octets.map(|octet| u8::from_str_radix(octet, 16).unwrap()));
    }
    bytes
}

fn vector() -> (Vec<u8>, Totals) {
    let meta = Meta {
        pgx_version: "0.1.0".into(),
        server_version: 180_000,
        server_version_text: "18.0".into(),
        encoding: "UTF8".into(),
        started_unix: 1_800_000_000,
        has_data: true,
        chunk_bytes: 4 << 20,
        ..Meta::default()
    };
    let uuid = *b"pgx test vector!";
    let mut writer = Writer::with_identity(Vec::new(), &meta, uuid, Codec::None).unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    let row = encode_chunk(key(1, 0, 0), 2, false, b"1\n\\N\n", Codec::None).unwrap();
    writer.append(row).unwrap();
    let end = StreamEnd { rows: 2, raw_bytes: 5, chunks: 1, row_sum: 1 << 64 };
    writer.end_stream(EntryId(1), end).unwrap();
    writer.finish_at(1_800_000_001).unwrap()
}

#[test]
fn the_document_shows_the_bytes_that_are_written() {
    let (bytes, totals) = vector();
    if let Ok(path) = std::env::var("PGX_PRINT_VECTOR") {
        std::fs::write(path, &bytes).unwrap();
    }
    assert_eq!(documented(), bytes);
    let digest: String = totals.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(DOCUMENT.contains(&digest), "the document lacks the digest {digest}");
}

#[test]
fn the_documented_bytes_read_back() {
    let bytes = documented();
    let chunks = read_file(&bytes).unwrap();
    assert_eq!(chunks, [chunk(key(1, 0, 0), 2, "1\n\\N\n")]);
    assert_eq!(read_pipe(&bytes).unwrap().len(), 2);
    assert_eq!(open(&bytes).unwrap().toc(), [table_data(1, "t")]);
}
