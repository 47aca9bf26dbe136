//! Cutting the data of a COPY into chunks.

use super::render::Malformed;
use super::scan::FileHeader;
use super::sum::{Counted, RowSum};

/// Raw bytes a chunk aims at. The ratio of compression is flat from 1 MiB up; 4 MiB keeps the index of
/// a terabyte under 20 MB and a chunk in a few MiB of memory.
pub const CHUNK_BYTES: usize = 4 << 20;

/// A chunk on its way into the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// COPY text lines, or COPY BINARY tuples.
    pub raw: Vec<u8>,
    /// Rows that end in this chunk.
    pub rows: u32,
    /// The last row goes on in the next chunk.
    pub continued: bool,
}

/// Collects pieces of what a server sends for a COPY, sums its rows, and cuts them into chunks at row
/// ends.
///
/// A chunk holds as many whole rows as fit into the target, and a row that does not fit is cut into
/// pieces of exactly the target. So where chunks end depends on the rows alone and not on how the
/// pieces came in. Holds at most the target and one piece.
pub struct Cutter {
    target: usize,
    header: FileHeader,
    sum: RowSum,
    buffer: Vec<u8>,
    /// The last row end that the target holds, and the rows up to there.
    whole: (usize, u32),
    /// Row ends behind the target.
    beyond: Vec<usize>,
    /// Where buffers come from.
    fresh: Box<dyn FnMut() -> Vec<u8>>,
}

/// The smallest target: what is held back of an end mark fits.
const TARGET_MIN: usize = 16;

impl Cutter {
    /// A cutter of chunks of at most `target` bytes; `sum` knows how the rows are written.
    pub fn new(target: usize, sum: RowSum) -> Cutter {
        Cutter {
            target: target.max(TARGET_MIN),
            header: FileHeader::before(sum.format()),
            sum,
            buffer: Vec::new(),
            whole: (0, 0),
            beyond: Vec::new(),
            fresh: Box::new(Vec::new),
        }
    }

    /// The same, filling buffers that `fresh` gives, whatever is in them, and allocating only what they
    /// lack.
    #[must_use]
    pub fn reusing(mut self, fresh: impl FnMut() -> Vec<u8> + 'static) -> Cutter {
        self.fresh = Box::new(fresh);
        self
    }

    /// The rows so far.
    pub fn sum(&self) -> &RowSum {
        &self.sum
    }

    /// Takes a piece and hands out the chunks that are complete.
    ///
    /// # Errors
    /// [`Malformed`] for data that is no COPY of this format; the error of `emit`.
    pub fn push<E: From<Malformed>>(
        &mut self,
        piece: &[u8],
        mut emit: impl FnMut(Cut, &RowSum) -> Result<(), E>,
    ) -> Result<(), E> {
        let piece = self.header.strip(piece)?;
        if self.buffer.capacity() == 0 {
            self.buffer = self.buffer_for(piece.len());
        }
        let base = self.buffer.len();
        let Counted { taken, over } = {
            let Cutter { target, whole, beyond, .. } = self;
            self.sum.count(piece, |end| match base + end {
                end if end <= *target => *whole = (end, whole.1 + 1),
                end => beyond.push(end),
            })?
        };
        self.buffer.extend_from_slice(&piece[..taken]);
        if over {
            // The first byte of an end mark may have come with the piece before.
            let end = self.beyond.last().copied().unwrap_or(self.whole.0);
            self.buffer.truncate(end);
        }
        while self.buffer.len() >= self.target {
            let rest = self.buffer_for(piece.len());
            let cut = self.cut(rest);
            emit(cut, &self.sum)?;
        }
        Ok(())
    }

    /// The last chunk, if anything is left.
    ///
    /// # Errors
    /// [`Malformed`] if the data ended before its end.
    pub fn finish(&mut self) -> Result<Option<Cut>, Malformed> {
        self.sum.finish()?;
        let rows = std::mem::take(&mut self.whole).1;
        let raw = std::mem::take(&mut self.buffer);
        Ok((!raw.is_empty()).then_some(Cut { raw, rows, continued: false }))
    }

    /// An empty buffer for the target and a piece.
    fn buffer_for(&mut self, piece: usize) -> Vec<u8> {
        let mut buffer = (self.fresh)();
        buffer.clear();
        buffer.reserve_exact(self.target + piece);
        buffer
    }

    /// Takes a chunk out of a buffer that holds the target; the rest goes on in another.
    fn cut(&mut self, mut rest: Vec<u8>) -> Cut {
        let (end, rows) = std::mem::take(&mut self.whole);
        let at = if rows > 0 { end } else { self.target };
        rest.extend_from_slice(&self.buffer[at..]);
        self.buffer.truncate(at);
        for end in std::mem::take(&mut self.beyond) {
            match end - at {
                end if end <= self.target => self.whole = (end, self.whole.1 + 1),
                end => self.beyond.push(end),
            }
        }
        Cut { raw: std::mem::replace(&mut self.buffer, rest), rows, continued: rows == 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::RowFormat;

    fn cuts(format: RowFormat, stream: &[u8], target: usize, piece: usize) -> Vec<Cut> {
        let mut cutter = Cutter::new(target, RowSum::new(format));
        let mut out = Vec::new();
        for piece in stream.chunks(piece) {
            let _: Result<(), Malformed> = cutter.push(piece, |cut, _| {
                out.push(cut);
                Ok(())
            });
        }
        out.extend(cutter.finish().unwrap());
        out
    }

    fn check(format: RowFormat, stream: &[u8], rows: &[u8]) {
        for target in TARGET_MIN..60 {
            let whole = cuts(format, stream, target, stream.len());
            for piece in 1..stream.len() {
                let cuts = cuts(format, stream, target, piece);
                assert_eq!(cuts, whole, "target {target}, piece {piece}");
            }
            let joined: Vec<u8> = whole.iter().flat_map(|cut| cut.raw.clone()).collect();
            assert_eq!(joined, rows);
            assert_eq!(whole.iter().map(|cut| cut.rows).sum::<u32>(), 6);
            assert!(whole.iter().all(|cut| cut.raw.len() <= target));
            assert!(whole.iter().all(|cut| cut.continued == (cut.rows == 0)));
        }
    }

    #[test]
    fn chunks_depend_on_rows_and_not_on_pieces() {
        let rows = b"a\nbb\nccc\n\nddddddddddddddddddddddddddddddddddddddddd\ne\n";
        check(RowFormat::Text, rows, rows);
        let fields = ["a", "bb", "", "ccc", "ddddddddddddddddddddddddddddddddddddd", "e"];
        let tuple = |field: &str| {
            let length = u32::try_from(field.len()).unwrap().to_be_bytes();
            [&[0, 1][..], &length, field.as_bytes()].concat()
        };
        let rows: Vec<u8> = fields.iter().flat_map(|field| tuple(field)).collect();
        let stream = [b"PGCOPY\n\xff\r\n\0", &[0; 8][..], &rows, &[255, 255]].concat();
        check(RowFormat::Binary, &stream, &rows);
    }

    #[test]
    fn data_that_ends_too_early_is_malformed() {
        for (format, stream) in [(RowFormat::Text, &b"a\nb"[..]), (RowFormat::Binary, b"PGCOPY")] {
            let mut cutter = Cutter::new(99, RowSum::new(format));
            let pushed: Result<(), Malformed> = cutter.push(stream, |_, _| Ok(()));
            assert!(pushed.is_ok() && (cutter.finish().is_err() || format == RowFormat::Binary));
        }
    }
}
