//! What flows through an archive: chunks of rows, grouped in streams.

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::defect::{Defect, Place};
use super::frame::FrameHeader;
use crate::error::{Error, Result};
use crate::toc::{EntryId, RowFormat};

/// The place of a chunk among the rows of its table. Row order is the order of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    /// The entry whose rows these are.
    pub stream: EntryId,
    /// The range of the table, from 0; ranges may be empty.
    pub range: u32,
    /// The chunk within the range, from 0 without gaps.
    pub sequence: u32,
}

/// What a chunk is, apart from its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkHead {
    /// Where the rows belong.
    pub key: ChunkKey,
    /// Rows that end in this chunk.
    pub rows: u32,
    /// The last row goes on in the next chunk of the same range.
    pub continued: bool,
    /// How the rows are written.
    pub format: RowFormat,
}

/// A chunk as it lies in the archive. Its stored bytes are right; the rows they stand for are to be
/// compared by [`StoredChunk::check`] before they are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChunk {
    /// What it is.
    pub head: ChunkHead,
    /// Bytes of the rows that the payload stands for; 8 MiB at most.
    pub raw_bytes: u32,
    /// What stands for the rows.
    pub payload: Vec<u8>,
    pub(super) raw_hash: u64,
    pub(super) place: Place,
    /// The entry, for messages.
    pub(super) label: Option<String>,
}

impl StoredChunk {
    pub(super) fn new(
        header: &FrameHeader,
        payload: Vec<u8>,
        place: Place,
        label: Option<String>,
    ) -> StoredChunk {
        let FrameHeader { key, items: rows, continued, .. } = *header;
        let head = ChunkHead { key, rows, continued, format: header.format() };
        let (raw_bytes, raw_hash) = (header.raw, header.raw_hash);
        StoredChunk { head, raw_bytes, payload, raw_hash, place, label }
    }

    /// Compares the rows that the payload was turned into with the frame's length and checksum.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged).
    pub fn check(&self, raw: &[u8]) -> Result<()> {
        if raw.len() == self.raw_bytes as usize && xxh3_64(raw) == self.raw_hash {
            return Ok(());
        }
        Err(self.damaged("the rows do not match their checksum"))
    }

    /// The error of a payload that stands for no rows: says frame, offset and table.
    pub fn damaged(&self, what: impl Into<String>) -> Error {
        self.located(Defect::damaged(what))
    }

    /// The error of a payload that only a later version can read.
    pub fn newer(&self, what: impl Into<String>) -> Error {
        self.located(Defect::newer(what))
    }

    fn located(&self, defect: Defect) -> Error {
        let error = defect.at(self.place);
        match &self.label {
            Some(label) => error.object(label.clone()),
            None => error,
        }
    }
}

/// What a complete stream amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StreamEnd {
    /// Rows, as the server counted them.
    #[n(0)]
    pub rows: u64,
    /// Raw bytes of all chunks.
    #[n(1)]
    pub raw_bytes: u64,
    /// Chunks.
    #[n(2)]
    pub chunks: u64,
    /// The order-free hash of the rows.
    #[cbor(n(3), with = "row_sum")]
    pub row_sum: u128,
}

/// A stream of an archive that is read at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// The entry whose rows these are.
    pub id: EntryId,
    /// Rows.
    pub rows: u64,
    /// Raw bytes of all chunks.
    pub raw_bytes: u64,
    /// Bytes the chunks take in the archive, without frame headers.
    pub stored_bytes: u64,
    /// Chunks.
    pub chunks: u64,
    /// The order-free hash of the rows.
    pub row_sum: u128,
}

/// One step through an archive in file order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Rows.
    Chunk(StoredChunk),
    /// A stream is complete.
    StreamEnd(EntryId, StreamEnd),
}

/// What a complete archive amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The archive's own random number.
    pub uuid: Uuid,
    /// Streams.
    pub streams: u64,
    /// Chunks of all streams.
    pub chunks: u64,
    /// Rows of all streams.
    pub rows: u64,
    /// Raw bytes of all chunks.
    pub raw_bytes: u64,
    /// Bytes the chunks take in the archive, without frame headers.
    pub stored_bytes: u64,
    /// Bytes of the archive.
    pub file_bytes: u64,
    /// When the archive was finished: seconds since 1970-01-01 00:00:00 UTC.
    pub finished_unix: u64,
    /// BLAKE3 of the footer, which binds every byte before it.
    pub digest: [u8; 32],
}

/// A row sum is 16 bytes, little-endian: CBOR has no integer of that width.
mod row_sum {
    use super::{DecodeError, Decoder, EncodeError, Encoder, Write};

    pub(super) fn encode<C, W: Write>(
        sum: &u128,
        encoder: &mut Encoder<W>,
        _context: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.bytes(&sum.to_le_bytes())?.ok()
    }

    pub(super) fn decode<'b, C>(
        decoder: &mut Decoder<'b>,
        _context: &mut C,
    ) -> Result<u128, DecodeError> {
        let bytes = <[u8; 16]>::try_from(decoder.bytes()?)
            .map_err(|_| DecodeError::message("a row sum is not 16 bytes long"))?;
        Ok(u128::from_le_bytes(bytes))
    }
}
