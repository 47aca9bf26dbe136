//! The golden archive that no writer makes: it has frames of later versions.

use std::path::Path;

use super::*;
use crate::archive::frame::FrameKind;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/later-frames.pgx");

fn later(kind: u8, stream: u32) -> EncodedFrame {
    let mut frame = chunk(key(stream, 9, 9), 5, "of a later version").encode().unwrap();
    frame.header.kind = FrameKind::Optional(kind);
    (frame.header.codec, frame.header.encoding) = (77, 200);
    frame
}

/// Frames of unknown types at the beginning, in the middle and at the end of the body.
fn later_frames() -> Vec<u8> {
    let meta = Meta { compression: "none".into(), ..meta() };
    let mut writer = Writer::with_uuid(Vec::new(), &meta, *b"pgx later frames").unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    writer.append(later(128, 0)).unwrap();
    writer.append(chunk(key(1, 0, 0), 1, "1\n").encode().unwrap()).unwrap();
    writer.append(later(130, 1)).unwrap();
    let row_sum = xxhash_rust::xxh3::xxh3_128(b"1");
    writer.end_stream(EntryId(1), StreamEnd { rows: 1, raw_bytes: 2, chunks: 1, row_sum }).unwrap();
    writer.append(later(255, 77)).unwrap();
    writer.finish_at(1_800_000_000).unwrap().0
}

#[test]
fn frames_of_later_versions_are_passed_over() {
    for bytes in [std::fs::read(GOLDEN).unwrap(), later_frames()] {
        assert_eq!(read_file(&bytes).unwrap(), [chunk(key(1, 0, 0), 1, "1\n")]);
        assert_eq!(read_pipe(&bytes).unwrap().len(), 2);
    }
}

/// `cargo xtask golden` runs it.
#[test]
#[ignore = "writes a golden archive"]
fn write_the_archive_of_later_frames() {
    let Some(directory) = std::env::var_os("PGX_GOLDEN") else { return };
    let path = Path::new(&directory).join("later-frames.pgx");
    if !path.exists() {
        std::fs::write(path, later_frames()).unwrap();
    }
}
