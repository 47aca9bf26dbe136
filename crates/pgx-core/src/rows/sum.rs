//! The order-free hash of a table's rows.
//!
//! The sum modulo 2^128 of the XXH3-128 (seed 0) of each row's COPY text line without its line feed,
//! floats in the form of version 12 and newer. A sum and not an exclusive or, which would lose pairs of
//! equal rows. Two tables with the same rows in any order, on any versions, have the same sum.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::float::{self, FloatKind, Rewriter};

/// Sums rows from pieces of COPY text that may be cut anywhere. Holds no more than a piece.
pub struct RowSum {
    sum: u128,
    rows: u64,
    /// Bytes of the current row seen in earlier pieces.
    partial: Partial,
    /// Rewrites floats, where any must be.
    rewriter: Option<Rewriter>,
}

enum Partial {
    Nothing,
    Hashed(Box<Xxh3>),
}

/// Bytes rewritten at a time.
const REWRITE_BYTES: usize = 64 * 1024;

impl RowSum {
    /// A sum over rows whose text is in the form of version 12 and newer.
    pub fn new() -> RowSum {
        RowSum::with_floats(Vec::new())
    }

    /// A sum over rows from a server of version 10 or 11, whose float columns are `floats`.
    pub fn with_floats(floats: Vec<Option<FloatKind>>) -> RowSum {
        let rewriter = floats.iter().any(Option::is_some).then(|| Rewriter::new(floats));
        RowSum { sum: 0, rows: 0, partial: Partial::Nothing, rewriter }
    }

    /// The sum that suits rows of `columns` from a server of `server_version`.
    pub fn for_rows(server_version: u32, columns: &[crate::toc::Column]) -> RowSum {
        match server_version {
            ..120_000 => RowSum::with_floats(float::float_columns(columns)),
            _ => RowSum::new(),
        }
    }

    /// Takes a piece of COPY text.
    pub fn update(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            self.row(&rest[..end]);
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.part(rest);
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

impl Default for RowSum {
    fn default() -> RowSum {
        RowSum::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(mut sum: RowSum, rows: &[u8], piece: usize) -> (u64, u128) {
        for piece in rows.chunks(piece) {
            sum.update(piece);
        }
        (sum.rows(), sum.value())
    }

    #[test]
    fn the_sum_forgets_order_and_pieces_but_not_rows() {
        let whole = sum(RowSum::new(), b"a\t1\nb\t2\n\nb\t2\n", 99);
        assert_eq!(whole.0, 4);
        for piece in 1..9 {
            assert_eq!(sum(RowSum::new(), b"\nb\t2\na\t1\nb\t2\n", piece), whole);
        }
        assert_ne!(sum(RowSum::new(), b"a\t1\n\n", 9).1, whole.1);
        assert_ne!(sum(RowSum::new(), b"a\t1\na\t1\n\n\n", 9).1, whole.1);
    }

    #[test]
    fn floats_are_rewritten_wherever_pieces_are_cut_and_nothing_long_is_held() {
        let floats = || vec![Some(FloatKind::Double), None, Some(FloatKind::Single)];
        let old = b"{0.10000000000000001,-Infinity,NULL}\t0.10000000000000001\t0.100000001\n\
            \\N\t\t1e+06\n3.1415926535897931\t7\n";
        let new = b"{0.1,-Infinity,NULL}\t0.10000000000000001\t0.1\n\
            \\N\t\t1e+06\n3.141592653589793\t7\n";
        let expected = sum(RowSum::new(), new, 999);
        for piece in 1..old.len() {
            assert_eq!(sum(RowSum::with_floats(floats()), old, piece), expected, "{piece}");
        }
        let long = |number: &str| format!("{{{}1}}\tx\t2\n", format!("{number},").repeat(200_000));
        let mut sum_of_long = RowSum::with_floats(floats());
        for piece in long("0.10000000000000001").as_bytes().chunks(1 << 20) {
            sum_of_long.update(piece);
            let held = sum_of_long.rewriter.as_ref().map_or(0, Rewriter::held);
            assert!(held <= 4 * REWRITE_BYTES, "{held}");
        }
        assert_eq!(sum_of_long.value(), sum(RowSum::new(), long("0.1").as_bytes(), 1 << 20).1);
    }

    #[test]
    fn old_and_new_float_texts_have_one_sum() {
        let floats = vec![None, Some(FloatKind::Double)];
        let old =
            sum(RowSum::with_floats(floats), b"0.10000000000000001\t0.10000000000000001\n", 3);
        let new = sum(RowSum::new(), b"0.10000000000000001\t0.1\n", 4);
        assert_eq!(old, new);
    }
}
