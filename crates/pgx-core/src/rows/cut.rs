//! Cutting a stream of COPY text into chunks.

/// Raw bytes a chunk aims at. The ratio of compression is flat from 1 MiB up; 4 MiB keeps the index of
/// a terabyte under 20 MB and a chunk in a few MiB of memory.
pub const CHUNK_BYTES: usize = 4 << 20;

/// A chunk on its way into the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// COPY text lines.
    pub raw: Vec<u8>,
    /// Rows that end in this chunk.
    pub rows: u32,
    /// The last row goes on in the next chunk.
    pub continued: bool,
}

/// Collects pieces of COPY text and cuts them at row ends.
///
/// A chunk holds as many whole rows as fit into the target, and a row that does not fit is cut into
/// pieces of exactly the target. So where chunks end depends on the rows alone and not on how the
/// pieces came in. Holds at most the target and one piece.
pub struct Cutter {
    target: usize,
    buffer: Vec<u8>,
}

impl Cutter {
    /// A cutter of chunks of at most `target` bytes.
    pub fn new(target: usize) -> Cutter {
        Cutter { target: target.max(1), buffer: Vec::new() }
    }

    /// Takes a piece and hands out the chunks that are complete.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn push<E>(
        &mut self,
        piece: &[u8],
        mut emit: impl FnMut(Cut) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.buffer.capacity() == 0 {
            self.buffer.reserve_exact(self.target + piece.len());
        }
        self.buffer.extend_from_slice(piece);
        while self.buffer.len() >= self.target {
            let row_end = self.buffer[..self.target].iter().rposition(|&byte| byte == b'\n');
            let at = row_end.map_or(self.target, |end| end + 1);
            let mut rest = Vec::with_capacity(self.target + piece.len());
            rest.extend_from_slice(&self.buffer[at..]);
            self.buffer.truncate(at);
            emit(cut(std::mem::replace(&mut self.buffer, rest), row_end.is_none()))?;
        }
        Ok(())
    }

    /// The last chunk, if anything is left.
    pub fn finish(&mut self) -> Option<Cut> {
        let raw = std::mem::take(&mut self.buffer);
        (!raw.is_empty()).then(|| cut(raw, false))
    }
}

fn cut(raw: Vec<u8>, continued: bool) -> Cut {
    let rows = count_rows(&raw);
    Cut { raw, rows, continued }
}

/// Row ends in COPY text: a line feed inside a value is escaped.
fn count_rows(raw: &[u8]) -> u32 {
    // Summing bytes in short blocks lets the compiler use vector instructions.
    raw.chunks(255)
        .map(|block| u32::from(block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(rows: &[u8], target: usize, piece: usize) -> Vec<Cut> {
        let mut cutter = Cutter::new(target);
        let mut out = Vec::new();
        for piece in rows.chunks(piece) {
            let _: Result<(), ()> = cutter.push(piece, |cut| {
                out.push(cut);
                Ok(())
            });
        }
        out.extend(cutter.finish());
        out
    }

    #[test]
    fn chunks_depend_on_rows_and_not_on_pieces() {
        let rows = b"a\nbb\nccc\n\ndddddddddddddddddd\ne\n";
        for target in 1..40 {
            let whole = cuts(rows, target, rows.len());
            for piece in 1..rows.len() {
                assert_eq!(cuts(rows, target, piece), whole, "target {target}, piece {piece}");
            }
            let joined: Vec<u8> = whole.iter().flat_map(|cut| cut.raw.clone()).collect();
            assert_eq!(joined, rows);
            assert_eq!(whole.iter().map(|cut| cut.rows).sum::<u32>(), 6);
            for cut in &whole {
                assert!(cut.raw.len() <= target);
                assert_eq!(cut.continued, !cut.raw.ends_with(b"\n"));
            }
        }
    }

    #[test]
    fn rows_are_counted_in_long_chunks() {
        assert_eq!(count_rows(&[b'\n'; 1000]), 1000);
        assert_eq!(count_rows(&[b'x'; 1000]), 0);
    }
}
