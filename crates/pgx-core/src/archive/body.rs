//! Frames of the body: chunks and ends of streams.

use super::control;
use super::defect::Defect;
use super::frame::{FrameHeader, FrameKind};
use super::index::Record;
use super::stream::{Item, StoredChunk};

/// The content of a frame of the body; none for one of an unknown optional type.
pub(super) fn decode_item(
    header: &FrameHeader,
    stored: Vec<u8>,
    record: &Record,
    label: Option<String>,
) -> Result<Option<Item>, Defect> {
    match header.kind {
        FrameKind::Optional(_) => return Ok(None),
        FrameKind::Data => {
            let chunk = StoredChunk::new(header, stored, record.place(), label);
            return Ok(Some(Item::Chunk(chunk)));
        }
        _ => {}
    }
    let end = control::from_cbor(&header.unpack(&stored)?)?;
    match record.end.as_deref() {
        Some(listed) if *listed != end => {
            Err(Defect::damaged("the end of the stream differs from the index"))
        }
        _ => Ok(Some(Item::StreamEnd(header.key.stream, end))),
    }
}

/// Checks the bytes of a frame against what the index says of it.
pub(super) fn match_record(
    header: &FrameHeader,
    stored: &[u8],
    record: &Record,
) -> Result<(), Defect> {
    header.check_stored(stored)?;
    let digest = *blake3::hash(stored).as_bytes();
    let end = record.end.as_deref().copied();
    if Record::new(header, record.offset, digest, end) == *record {
        return Ok(());
    }
    Err(Defect::damaged("the frame differs from what the index says of it"))
}
