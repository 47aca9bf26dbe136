//! Chunks: where rows become what an archive stores, and come back.
//!
//! `archive/` moves payloads and knows nothing of rows, `stripe/` makes payloads of rows and knows
//! nothing of archives. Here they meet: a [`Packer`] and an [`Unpacker`] per thread.

#[cfg(test)]
mod tests;

use crate::archive::{ChunkHead, EncodedFrame, StoredChunk, encode_chunk};
use crate::error::{Error, Result};
pub use crate::stripe::StreamCodec;
use crate::stripe::{Decoder, Encoder, StripeError};

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What it is.
    pub head: ChunkHead,
    /// COPY text lines, each ending in a line feed, or COPY BINARY tuples; the last row goes on in the
    /// next chunk where the head says so.
    pub raw: Vec<u8>,
}

/// Makes frames of rows. Keeps its buffers.
pub struct Packer(Encoder);

impl Packer {
    /// A packer that compresses by `codec`.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal): the codec cannot be set up.
    pub fn new(codec: StreamCodec) -> Result<Packer> {
        let encoder = Encoder::new(codec);
        encoder.map(Packer).map_err(|error| Error::internal("no compression").source(error))
    }

    /// The frame of a chunk: a pure function of the rows and the codec.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal) for an empty chunk or one of more than 8 MiB.
    pub fn pack(&mut self, head: ChunkHead, raw: &[u8]) -> Result<EncodedFrame> {
        let payload = self.0.encode(head.format, raw);
        encode_chunk(head, raw, payload)
    }
}

/// Makes rows of what an archive stores. Keeps its buffers.
pub struct Unpacker(Decoder);

impl Unpacker {
    /// An unpacker of every codec.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal): a codec cannot be set up.
    pub fn new() -> Result<Unpacker> {
        let decoder = Decoder::new();
        decoder.map(Unpacker).map_err(|error| Error::internal("no decompression").source(error))
    }

    /// The rows of a chunk, compared with their checksum.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged), [`Code::ArchiveNewer`](crate::Code::ArchiveNewer).
    pub fn unpack(&mut self, chunk: &StoredChunk) -> Result<Chunk> {
        let decoded = self.0.decode(&chunk.payload, chunk.raw_bytes as usize);
        let raw = decoded.map_err(|error| match error {
            StripeError::Unknown { .. } => chunk.newer(error.to_string()),
            _ => chunk.damaged(error.to_string()),
        })?;
        chunk.check(&raw)?;
        Ok(Chunk { head: chunk.head, raw })
    }
}
