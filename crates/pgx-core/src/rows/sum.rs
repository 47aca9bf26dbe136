//! The order-free hash of a table's rows.
//!
//! The sum modulo 2^128 of the XXH3-128 (seed 0) of each row's COPY text line without its line feed,
//! floats in the form of version 12 and newer. A sum and not an exclusive or, which would lose pairs of
//! equal rows. Two tables with the same rows in any order, on any versions, have the same sum.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::float::{self, FloatKind};

/// Sums rows from pieces of COPY text that may be cut anywhere.
pub struct RowSum {
    sum: u128,
    rows: u64,
    /// Bytes of the current row seen in earlier pieces.
    partial: Partial,
    /// Per column, whether its floats must be rewritten; empty when none must.
    floats: Vec<Option<FloatKind>>,
    line: Vec<u8>,
}

enum Partial {
    Nothing,
    Hashed(Box<Xxh3>),
}

impl RowSum {
    /// A sum over rows whose text is in the form of version 12 and newer.
    pub fn new() -> RowSum {
        RowSum::with_floats(Vec::new())
    }

    /// A sum over rows from a server of version 10 or 11, whose float columns are `floats`.
    pub fn with_floats(floats: Vec<Option<FloatKind>>) -> RowSum {
        let floats = if floats.iter().any(Option::is_some) { floats } else { Vec::new() };
        RowSum { sum: 0, rows: 0, partial: Partial::Nothing, floats, line: Vec::new() }
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
        let hash = if !self.floats.is_empty() {
            self.line.extend_from_slice(end);
            let line = std::mem::take(&mut self.line);
            let hash = xxh3_128(&self.rewritten(&line));
            self.line = line;
            self.line.clear();
            hash
        } else {
            match std::mem::replace(&mut self.partial, Partial::Nothing) {
                Partial::Nothing => xxh3_128(end),
                Partial::Hashed(mut state) => {
                    state.update(end);
                    state.digest128()
                }
            }
        };
        self.sum = self.sum.wrapping_add(hash);
        self.rows += 1;
    }

    /// The beginning or middle of a row.
    fn part(&mut self, part: &[u8]) {
        if !self.floats.is_empty() {
            self.line.extend_from_slice(part);
            return;
        }
        match &mut self.partial {
            Partial::Hashed(state) => state.update(part),
            Partial::Nothing => {
                let mut state = Box::new(Xxh3::new());
                state.update(part);
                self.partial = Partial::Hashed(state);
            }
        }
    }

    fn rewritten(&self, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(line.len());
        for (i, field) in line.split(|&byte| byte == b'\t').enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            match self.floats.get(i).copied().flatten() {
                Some(kind) => float::canonical(field, kind, &mut out),
                None => out.extend_from_slice(field),
            }
        }
        out
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
    fn old_and_new_float_texts_have_one_sum() {
        let floats = vec![None, Some(FloatKind::Double)];
        let old =
            sum(RowSum::with_floats(floats), b"0.10000000000000001\t0.10000000000000001\n", 3);
        let new = sum(RowSum::new(), b"0.10000000000000001\t0.1\n", 4);
        assert_eq!(old, new);
    }
}
