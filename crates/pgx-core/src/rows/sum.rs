//! The order-free hash of a table's rows.
//!
//! The sum modulo 2^128 of the XXH3-128 (seed 0) of each row: of its COPY text line without the line
//! feed, floats in the form of version 12 and newer, or of its COPY BINARY tuple. A sum and not an
//! exclusive or, which would lose pairs of equal rows. Two tables with the same rows in any order, on
//! any versions, read in the same format, have the same sum.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::float::{self, FloatKind, Rewriter};
use super::render::Malformed;
use super::scan::{FileHeader, Scanner, Step};
use crate::toc::{DataSpec, RowFormat};

/// Sums rows from pieces that may be cut anywhere. Holds no more than a piece.
pub struct RowSum {
    sum: u128,
    rows: u64,
    scanner: Scanner,
    /// Bytes of the current row seen in earlier pieces.
    partial: Partial,
    /// Rewrites floats, where any must be.
    rewriter: Option<Rewriter>,
}

enum Partial {
    Nothing,
    Hashed(Box<Xxh3>),
}

/// What a piece amounted to.
pub(super) struct Counted {
    /// Bytes that belong to rows.
    pub(super) taken: usize,
    /// The end mark of COPY BINARY came.
    pub(super) over: bool,
}

/// Bytes rewritten at a time.
const REWRITE_BYTES: usize = 64 * 1024;

impl RowSum {
    /// A sum over rows whose text is in the form of version 12 and newer.
    pub fn new(format: RowFormat) -> RowSum {
        let (scanner, partial) = (Scanner::new(format), Partial::Nothing);
        RowSum { sum: 0, rows: 0, scanner, partial, rewriter: None }
    }

    /// A sum over text rows from a server of version 10 or 11, whose float columns are `floats`.
    pub fn with_floats(floats: Vec<Option<FloatKind>>) -> RowSum {
        let rewriter = floats.iter().any(Option::is_some).then(|| Rewriter::new(floats));
        RowSum { rewriter, ..RowSum::new(RowFormat::Text) }
    }

    /// The sum that suits rows of `data` from a server of `server_version`.
    pub fn for_rows(server_version: u32, data: &DataSpec) -> RowSum {
        match (data.format, server_version) {
            (RowFormat::Text, ..120_000) => {
                RowSum::with_floats(float::float_columns(&data.columns))
            }
            _ => RowSum::new(data.format),
        }
    }

    /// How the rows are written.
    pub fn format(&self) -> RowFormat {
        match self.scanner {
            Scanner::Text => RowFormat::Text,
            Scanner::Binary(_) => RowFormat::Binary,
        }
    }

    /// Takes a piece of rows.
    ///
    /// # Errors
    /// [`Malformed`] for bytes that are no rows of this format.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), Malformed> {
        match self.count(piece, |_| ())?.over {
            true => Err(Malformed("chunk of rows: it holds an end mark")),
            false => Ok(()),
        }
    }

    /// Checks that no row is left unfinished.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn finish(&self) -> Result<(), Malformed> {
        match self.partial {
            Partial::Nothing => Ok(()),
            Partial::Hashed(_) => Err(Malformed("data of a COPY: it ends inside a row")),
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The sum so far.
    pub fn value(&self) -> u128 {
        self.sum
    }

    /// Takes a piece and tells where in it rows end.
    pub(super) fn count(
        &mut self,
        piece: &[u8],
        mut ended: impl FnMut(usize),
    ) -> Result<Counted, Malformed> {
        let mut at = 0;
        while at < piece.len() {
            let rest = &piece[at..];
            match self.scanner.step(rest)? {
                Step::End(length) => {
                    self.row(&rest[..length - self.scanner.terminator()]);
                    at += length;
                    ended(at);
                }
                Step::Part => {
                    self.part(rest);
                    at = piece.len();
                }
                Step::Over => {
                    self.partial = Partial::Nothing;
                    return Ok(Counted { taken: at, over: true });
                }
            }
        }
        Ok(Counted { taken: at, over: false })
    }

    /// The end of a row.
    fn row(&mut self, end: &[u8]) {
        let mut end = end;
        if self.rewriter.is_some() && end.len() > REWRITE_BYTES {
            let (beginning, last) = end.split_at(end.len() - REWRITE_BYTES);
            self.part(beginning);
            end = last;
        }
        let hash = match &mut self.rewriter {
            None => self.partial.end(end),
            Some(rewriter) => {
                let hash = self.partial.end(rewriter.end_row(end));
                rewriter.clear();
                hash
            }
        };
        self.sum = self.sum.wrapping_add(hash);
        self.rows += 1;
    }

    /// The beginning or middle of a row.
    fn part(&mut self, part: &[u8]) {
        let Some(rewriter) = &mut self.rewriter else { return self.partial.take(part) };
        for part in part.chunks(REWRITE_BYTES) {
            rewriter.push(part);
            self.partial.take(rewriter.rewritten());
            rewriter.clear();
        }
    }
}

/// Sums the rows of a COPY as a server sends it: with header and end mark where the format has them.
pub struct StreamSum {
    header: FileHeader,
    sum: RowSum,
}

impl StreamSum {
    /// See [`RowSum::for_rows`].
    pub fn for_rows(server_version: u32, data: &DataSpec) -> StreamSum {
        let sum = RowSum::for_rows(server_version, data);
        StreamSum { header: FileHeader::before(sum.format()), sum }
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn update(&mut self, piece: &[u8]) -> Result<(), Malformed> {
        let piece = self.header.strip(piece)?;
        self.sum.count(piece, |_| ()).map(drop)
    }

    /// The rows so far.
    pub fn sum(&self) -> &RowSum {
        &self.sum
    }
}

impl Partial {
    /// Takes more of a row.
    fn take(&mut self, part: &[u8]) {
        match self {
            Partial::Hashed(state) => state.update(part),
            Partial::Nothing => {
                let mut state = Box::new(Xxh3::new());
                state.update(part);
                *self = Partial::Hashed(state);
            }
        }
    }

    /// The hash of a row that ends in `end`; the next row begins.
    fn end(&mut self, end: &[u8]) -> u128 {
        match std::mem::replace(self, Partial::Nothing) {
            Partial::Nothing => xxh3_128(end),
            Partial::Hashed(mut state) => {
                state.update(end);
                state.digest128()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(mut sum: RowSum, rows: &[u8], piece: usize) -> (u64, u128) {
        for piece in rows.chunks(piece) {
            sum.update(piece).unwrap();
        }
        (sum.rows(), sum.value())
    }

    #[test]
    fn the_sum_forgets_order_and_pieces_but_not_rows() {
        let whole = sum(RowSum::new(RowFormat::Text), b"a\t1\nb\t2\n\nb\t2\n", 99);
        assert_eq!(whole.0, 4);
        for piece in 1..9 {
            assert_eq!(sum(RowSum::new(RowFormat::Text), b"\nb\t2\na\t1\nb\t2\n", piece), whole);
        }
        assert_ne!(sum(RowSum::new(RowFormat::Text), b"a\t1\n\n", 9).1, whole.1);
        assert_ne!(sum(RowSum::new(RowFormat::Text), b"a\t1\na\t1\n\n\n", 9).1, whole.1);
    }

    #[test]
    fn floats_are_rewritten_wherever_pieces_are_cut_and_nothing_long_is_held() {
        let floats = || vec![Some(FloatKind::Double), None, Some(FloatKind::Single)];
        let old = b"{0.10000000000000001,-Infinity,NULL}\t0.10000000000000001\t0.100000001\n\
            \\N\t\t1e+06\n3.1415926535897931\t7\n";
        let new = b"{0.1,-Infinity,NULL}\t0.10000000000000001\t0.1\n\
            \\N\t\t1e+06\n3.141592653589793\t7\n";
        let expected = sum(RowSum::new(RowFormat::Text), new, 999);
        for piece in 1..old.len() {
            assert_eq!(sum(RowSum::with_floats(floats()), old, piece), expected, "{piece}");
        }
        let long = |number: &str| format!("{{{}1}}\tx\t2\n", format!("{number},").repeat(200_000));
        let mut sum_of_long = RowSum::with_floats(floats());
        for piece in long("0.10000000000000001").as_bytes().chunks(1 << 20) {
            sum_of_long.update(piece).unwrap();
            let held = sum_of_long.rewriter.as_ref().map_or(0, Rewriter::held);
            assert!(held <= 4 * REWRITE_BYTES, "{held}");
        }
        assert_eq!(
            sum_of_long.value(),
            sum(RowSum::new(RowFormat::Text), long("0.1").as_bytes(), 1 << 20).1
        );
    }

    #[test]
    fn old_and_new_float_texts_have_one_sum() {
        let floats = vec![None, Some(FloatKind::Double)];
        let old =
            sum(RowSum::with_floats(floats), b"0.10000000000000001\t0.10000000000000001\n", 3);
        let new = sum(RowSum::new(RowFormat::Text), b"0.10000000000000001\t0.1\n", 4);
        assert_eq!(old, new);
    }
}
