//! The container: frames, table of contents, index; written front to back, read at random.
//!
//! An archive is a header, frames, and a tail, and every byte of it is covered by a checksum or
//! compared with the one value it may have. [`Writer`] makes one from frames that any thread has
//! encoded with [`encode_chunk`]; [`FileReader`] reads one at random, [`PipeReader`] front to back.
//! All three keep the same ledger, so what a writer may do is what a reader accepts. The format
//! is specified in `docs/archive-format.md`.
//!
//! Rows are opaque here: a [`StoredChunk`] is handed out as it lies in the file, and whoever knows how
//! to turn it into rows compares them with the frame's checksum ([`StoredChunk::check`]).

mod body;
pub mod cluster;
mod codec;
mod contents;
mod control;
mod defect;
mod fields;
mod file_reader;
mod footer;
mod frame;
mod header;
mod index;
mod input;
mod items;
mod ledger;
mod limits;
mod opening;
mod output;
mod pipe_reader;
mod remains;
mod scan;
mod sightings;
mod sniff;
mod source;
mod stream;
mod tail;
mod writer;

#[cfg(test)]
mod tests;

pub use cluster::{Arrival, Cluster, ClusterFile, ClusterPipe, ClusterWriter, Part};
pub use file_reader::{CheckedFrame, Chunks, FileReader};
pub use frame::{EncodedFrame, encode_chunk};
pub use input::Input;
pub use output::{OutputFile, leftovers};
pub use pipe_reader::PipeReader;
pub use remains::{Damage, Missing, Piece, Remains};
pub use stream::{ChunkHead, ChunkKey, Item, StoredChunk, StreamEnd, StreamInfo, Totals};
pub use writer::Writer;
