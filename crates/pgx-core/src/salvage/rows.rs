//! The rows of one stream: which of its chunks can be read, and whether they are all there were.

use crate::archive::{ChunkKey, Piece, Remains, StreamEnd};
use crate::chunk::{Chunk, Unpacker};
use crate::connect::Interrupt;
use crate::error::{Code, Result};
use crate::rows::RowSum;
use crate::toc::{DataSpec, EntryId};

/// What was found of a stream.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What the chunks that can be read amount to.
    pub(super) end: StreamEnd,
    /// The chunks that can be read, in key order; no row of them is cut.
    pub(super) chunks: Vec<ChunkKey>,
    /// They are what the dump wrote.
    pub(super) whole: bool,
    /// Rows there were, where that is known.
    pub(super) of: Option<u64>,
}

/// Reads streams of one archive.
pub(super) struct Finder<'r> {
    remains: &'r Remains,
    interrupt: &'r Interrupt,
    unpacker: Unpacker,
}

impl<'r> Finder<'r> {
    pub(super) fn new(remains: &'r Remains, interrupt: &'r Interrupt) -> Result<Finder<'r>> {
        Ok(Finder { remains, interrupt, unpacker: Unpacker::new()? })
    }

    /// Reads the chunks of a stream, counts and sums their rows, and compares that with the end of
    /// the stream.
    ///
    /// # Errors
    /// The file cannot be read; an interrupt. Damage is no error here.
    pub(super) fn find(&mut self, stream: EntryId, data: &DataSpec) -> Result<Found> {
        let mut found = Found::default();
        let mut open: Option<Rows> = None;
        for (key, piece) in self.remains.pieces(stream) {
            self.interrupt.check()?;
            if piece.begins_row {
                let sum = RowSum::for_rows(self.remains.meta().server_version, data);
                open = Some(Rows::new(sum, key));
            }
            let chunk = match &open {
                Some(rows) if rows.next == key => self.read(key, &piece)?,
                _ => None,
            };
            open = open.zip(chunk).and_then(|(rows, chunk)| rows.with(&chunk));
            if !piece.continued
                && let Some(rows) = open.take()
            {
                found.add(rows);
            }
        }
        let end = self.remains.end(stream);
        found.of = end.map(|end| end.rows);
        found.whole = end == Some(found.end);
        Ok(found)
    }

    /// The rows of a chunk, unless it is damaged.
    fn read(&mut self, key: ChunkKey, piece: &Piece) -> Result<Option<Chunk>> {
        if !piece.whole {
            return Ok(None);
        }
        let stored = self.remains.chunk(key);
        match stored.and_then(|stored| self.unpacker.unpack(&stored)) {
            Ok(chunk) => Ok(Some(chunk)),
            Err(error) if error.code() == Code::ArchiveDamaged => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Found {
    fn add(&mut self, rows: Rows) {
        if !rows.as_claimed() {
            return;
        }
        self.end.rows += rows.sum.rows();
        self.end.raw_bytes += rows.raw_bytes;
        self.end.chunks += rows.chunks.len() as u64;
        self.end.row_sum = self.end.row_sum.wrapping_add(rows.sum.value());
        self.chunks.extend(rows.chunks);
    }
}

/// Chunks that only together hold whole rows: one, or all those a long row goes over.
struct Rows {
    sum: RowSum,
    /// Rows by the frame headers.
    claimed: u64,
    raw_bytes: u64,
    chunks: Vec<ChunkKey>,
    next: ChunkKey,
}

impl Rows {
    fn new(sum: RowSum, first: ChunkKey) -> Rows {
        Rows { sum, claimed: 0, raw_bytes: 0, chunks: Vec::new(), next: first }
    }

    /// The same with one more chunk; none if that holds no rows of this kind.
    fn with(mut self, chunk: &Chunk) -> Option<Rows> {
        if chunk.head.format != self.sum.format() {
            return None;
        }
        self.sum.update(&chunk.raw).ok()?;
        self.claimed += u64::from(chunk.head.rows);
        self.raw_bytes += chunk.raw.len() as u64;
        self.chunks.push(self.next);
        self.next.sequence = self.next.sequence.wrapping_add(1);
        Some(self)
    }

    /// The rows end where the chunks do, and are as many as the frames say.
    fn as_claimed(&self) -> bool {
        self.sum.finish().is_ok() && self.sum.rows() == self.claimed
    }
}
