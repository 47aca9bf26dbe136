//! The rows of one stream: which of its chunks can be read, and whether they are all there were.

use crate::archive::{ChunkKey, Piece, Remains, StreamEnd};
use crate::connect::Interrupt;
use crate::error::{Code, Result};
use crate::rows::RowSum;
use crate::toc::Entry;

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

/// Reads the chunks of a stream, counts and sums their rows, and compares that with the end of the
/// stream.
///
/// # Errors
/// The file cannot be read; an interrupt. Damage is no error here.
pub(super) fn find(remains: &Remains, entry: &Entry, interrupt: &Interrupt) -> Result<Found> {
    let mut found = Found::default();
    let mut open: Option<Rows> = None;
    let mut n_known = 0;
    for (key, piece) in remains.pieces(entry.id) {
        interrupt.check()?;
        n_known += 1;
        if piece.begins_row {
            open = Some(Rows::new(remains, entry, key));
        }
        open = match open.take() {
            Some(rows) => rows.with(key, &piece, remains)?,
            None => None,
        };
        if !piece.continued
            && let Some(rows) = open.take()
        {
            found.add(rows);
        }
    }
    let end = remains.end(entry.id);
    found.of = end.map(|end| end.rows);
    found.whole = end == Some(found.end) && n_known == found.chunks.len();
    Ok(found)
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
    /// The last chunk ended with a row.
    ended: bool,
}

impl Rows {
    fn new(remains: &Remains, entry: &Entry, first: ChunkKey) -> Rows {
        let columns = entry.data.as_ref().map_or(&[][..], |data| &data.columns);
        Rows {
            sum: RowSum::for_rows(remains.meta().server_version, columns),
            claimed: 0,
            raw_bytes: 0,
            chunks: Vec::new(),
            next: first,
            ended: false,
        }
    }

    /// The same with one more chunk; none if it does not follow, or cannot be read.
    fn with(mut self, key: ChunkKey, piece: &Piece, remains: &Remains) -> Result<Option<Rows>> {
        if key != self.next || !piece.whole {
            return Ok(None);
        }
        let raw = match remains.rows(key) {
            Ok(raw) => raw,
            Err(error) if error.code() == Code::ArchiveDamaged => return Ok(None),
            Err(error) => return Err(error),
        };
        self.sum.update(&raw);
        self.claimed += u64::from(piece.rows);
        self.raw_bytes += raw.len() as u64;
        self.ended = raw.ends_with(b"\n");
        self.chunks.push(key);
        self.next.sequence = self.next.sequence.wrapping_add(1);
        Ok(Some(self))
    }

    /// The rows end where the chunks do, and are as many as the frames say.
    fn as_claimed(&self) -> bool {
        self.ended && self.sum.rows() == self.claimed
    }
}
