//! Rows to column stripes and back.
//!
//! A chunk of rows becomes one self-contained payload: the fields of each column together, in the
//! form that suits them, every stream compressed by itself. [`Encoder`] makes payloads, [`Decoder`]
//! gives the chunk's bytes back exactly. The payload is specified in `docs/stripes.md`.
//!
//! Pure: bytes in, bytes out, no knowledge of files, types or servers. How a column is stored is
//! chosen from its values alone, and whatever does not fit is kept as it is, so every chunk has a
//! payload and the same rows have the same one.

mod assembly;
mod cells;
mod codec;
mod column;
mod decimal;
mod decode;
mod dictionary;
mod encode;
mod error;
mod moment;
mod numbers;
mod numeric;
mod plan;
mod render;
mod split;
mod streams;
mod wire;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use codec::StreamCodec;
pub use decode::Decoder;
pub use encode::Encoder;
pub use error::StripeError;

use crate::toc::RowFormat;

/// The first byte of a payload.
mod layout {
    pub(super) const PLAIN: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const BINARY: u8 = 2;
}

/// What a payload may hold, so that foreign lengths never choose how much memory is taken.
mod limits {
    /// Raw bytes of a chunk.
    pub(super) const RAW: usize = 8 << 20;
    /// Columns; a table has at most 1600.
    pub(super) const COLUMNS: usize = 2048;
    /// Raw bytes of a chunk that is also tried as one stream.
    pub(super) const SMALL: usize = 64 << 10;

    /// Bytes of head and streams together for so many raw bytes.
    pub(super) fn held(raw: usize) -> usize {
        2 * raw + (64 << 10)
    }
}
