//! The test vector of the format document.

use super::*;
use crate::archive::frame::FrameKind;

const DOCUMENT: &str = include_str!("../../../../../docs/archive-format.md");

/// The lines of the document's hex dump. A line that begins with `#` names the part below it.
fn documented() -> Vec<&'static str> {
    DOCUMENT.split("```hex\n").nth(1).unwrap().split("```").next().unwrap().lines().collect()
}

fn documented_bytes() -> Vec<u8> {
    let lines = documented().into_iter().filter(|line| !line.starts_with('#'));
    let octets = lines.flat_map(|line| line.split_whitespace().skip(1));
    octets.map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
}

/// A hex dump of an archive, part by part.
fn dump(bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut from = 0;
    for (name, to) in parts(bytes) {
        lines.push(format!("# {name}"));
        for (line, octets) in bytes[from..to].chunks(16).enumerate() {
            let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            lines.push(format!("{:04x} {}", from + 16 * line, octets.join(" ")));
        }
        from = to;
    }
    lines
}

/// The parts of an archive, and where each ends.
fn parts(bytes: &[u8]) -> Vec<(String, usize)> {
    let mut parts = vec![("header".to_owned(), 64)];
    for (number, frame) in frame_borders(bytes).windows(2).enumerate() {
        let kind = FrameKind::from_number(bytes[frame[0] + 4]).unwrap();
        parts.push((format!("frame {number}, {kind:?}: frame header"), frame[0] + 56));
        parts.push((format!("frame {number}, {kind:?}: payload"), frame[1]));
    }
    parts.push(("tail".to_owned(), bytes.len()));
    parts
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
    let row = chunk(key(1, 0, 0), 2, "1\n\\N\n").encode().unwrap();
    writer.append(row).unwrap();
    let end = StreamEnd { rows: 2, raw_bytes: 5, chunks: 1, row_sum: 1 << 64 };
    writer.end_stream(EntryId(1), end).unwrap();
    writer.finish_at(1_800_000_001).unwrap()
}

#[test]
fn the_document_shows_the_bytes_that_are_written() {
    let (bytes, totals) = vector();
    let expected = dump(&bytes);
    assert!(documented() == expected, "the dump should be:\n{}", expected.join("\n"));
    let digest: String = totals.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(DOCUMENT.contains(&digest), "the document lacks the digest {digest}");
}

#[test]
fn the_documented_bytes_read_back() {
    let bytes = documented_bytes();
    let chunks = read_file(&bytes).unwrap();
    assert_eq!(chunks, [chunk(key(1, 0, 0), 2, "1\n\\N\n")]);
    assert_eq!(read_pipe(&bytes).unwrap().len(), 2);
    assert_eq!(open(&bytes).unwrap().toc(), [table_data(1, "t")]);
}
