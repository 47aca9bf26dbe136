//! The index: one record per frame between the table of contents and the index, in file order.

use minicbor::{Decode, Encode};

use super::defect::{Defect, Place};
use super::frame::{self, FrameHeader, FrameKind, HEADER_LEN};
use super::limits;
use super::stream::{ChunkKey, StreamEnd};
use crate::toc::EntryId;

/// What the index says of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
    /// Frames before this one.
    #[n(0)]
    pub(super) frame: u64,
    /// Where the frame header begins.
    #[n(1)]
    pub(super) offset: u64,
    /// The frame type.
    #[n(2)]
    pub(super) kind: u8,
    #[n(3)]
    pub(super) stream: EntryId,
    #[n(4)]
    pub(super) range: u32,
    #[n(5)]
    pub(super) sequence: u32,
    #[n(6)]
    pub(super) rows: u32,
    #[n(7)]
    pub(super) continued: bool,
    #[n(8)]
    pub(super) stored: u32,
    #[n(9)]
    pub(super) raw: u32,
    /// BLAKE3 of the stored payload.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub(super) digest: [u8; 32],
    /// The content of a STREAM_END frame, so that streams can be listed without reading it.
    #[n(11)]
    pub(super) end: Option<Box<StreamEnd>>,
}

impl Record {
    pub(super) fn new(
        header: &FrameHeader,
        offset: u64,
        digest: [u8; 32],
        end: Option<StreamEnd>,
    ) -> Record {
        Record {
            frame: header.number,
            offset,
            kind: header.kind.number(),
            stream: header.key.stream,
            range: header.key.range,
            sequence: header.key.sequence,
            rows: header.items,
            continued: header.continued,
            stored: header.stored,
            raw: header.raw,
            digest,
            end: end.map(Box::new),
        }
    }

    /// The frame kind; refuses kinds that do not belong into the index, and lengths out of bounds.
    pub(super) fn check(&self) -> Result<FrameKind, Defect> {
        let kind = FrameKind::from_number(self.kind)?;
        let fits = match kind {
            FrameKind::Data => {
                self.raw <= kind.raw_limit()
                    && self.stored >= 1
                    && frame::payload_fits(self.stored, self.raw)
            }
            FrameKind::StreamEnd => {
                self.raw <= kind.raw_limit() && self.stored <= self.raw && self.stored >= 1
            }
            FrameKind::Optional(_) => self.stored <= limits::OPTIONAL_STORED,
            _ => false,
        };
        if fits && (kind == FrameKind::StreamEnd) == self.end.is_some() {
            return Ok(kind);
        }
        Err(Defect::damaged("an index record has impossible values"))
    }

    pub(super) fn key(&self) -> ChunkKey {
        ChunkKey { stream: self.stream, range: self.range, sequence: self.sequence }
    }

    /// Bytes of the frame, header included.
    pub(super) fn length(&self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.stored)
    }

    pub(super) fn place(&self) -> Place {
        Place::frame(self.frame, self.offset)
    }
}
