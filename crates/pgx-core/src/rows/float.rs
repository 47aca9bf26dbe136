//! Floating-point text, made equal across server versions.
//!
//! From version 12 on a server prints the shortest text that reads back to the same number; 10 and 11
//! print 17 (or 9) digits. Sums of rows are taken over the newer form.

use super::shortest;
use crate::toc::Column;

/// Whether the floats of a column have 4 or 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatKind {
    /// `real`
    Single,
    /// `double precision`, and the geometric types made of it
    Double,
}

/// Which columns hold floats: `real`, `double precision`, geometric types, and arrays of them.
pub fn float_columns(columns: &[Column]) -> Vec<Option<FloatKind>> {
    columns.iter().map(|column| float_kind(column.type_oid)).collect()
}

fn float_kind(type_oid: u32) -> Option<FloatKind> {
    match type_oid {
        700 | 1021 => Some(FloatKind::Single),
        // float8, point, lseg, path, box, polygon, line, circle, and their arrays.
        701 | 600..=604 | 628 | 718 | 1022 | 1017..=1020 | 1027 | 629 | 719 => {
            Some(FloatKind::Double)
        }
        _ => None,
    }
}

/// Longer than any number of a server. What is longer is none, and stays as it is.
const NUMBER_BYTES_MAX: usize = 512;

/// Rewrites the numbers in the float columns of rows, which may come in parts cut anywhere, in the form
/// of version 12 and newer.
pub(super) struct Rewriter {
    floats: Vec<Option<FloatKind>>,
    /// The column the row is in.
    column: usize,
    /// The beginning of a number whose end has not been seen.
    number: Vec<u8>,
    rewritten: Vec<u8>,
}

impl Rewriter {
    /// A rewriter of rows whose float columns are `floats`.
    pub(super) fn new(floats: Vec<Option<FloatKind>>) -> Rewriter {
        Rewriter { floats, column: 0, number: Vec::new(), rewritten: Vec::new() }
    }

    /// What was rewritten since [`Rewriter::clear`]; a number that may go on is held back.
    pub(super) fn rewritten(&self) -> &[u8] {
        &self.rewritten
    }

    /// Forgets what was rewritten.
    pub(super) fn clear(&mut self) {
        self.rewritten.clear();
    }

    /// Takes a part of a row.
    pub(super) fn push(&mut self, part: &[u8]) {
        for (i, field) in part.split(|&byte| byte == b'\t').enumerate() {
            if i > 0 {
                self.end_number();
                self.column += 1;
                self.rewritten.push(b'\t');
            }
            match self.kind() {
                Some(_) => self.push_numbers(field),
                None => self.rewritten.extend_from_slice(field),
            }
        }
    }

    /// Takes the last part of a row and returns what is not cleared of it.
    pub(super) fn end_row(&mut self, end: &[u8]) -> &[u8] {
        self.push(end);
        self.end_number();
        self.column = 0;
        &self.rewritten
    }

    fn kind(&self) -> Option<FloatKind> {
        self.floats.get(self.column).copied().flatten()
    }

    fn push_numbers(&mut self, field: &[u8]) {
        for &byte in field {
            let begins = matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.');
            let goes_on = !self.number.is_empty() && matches!(byte, b'e' | b'E');
            if begins || goes_on {
                if self.number.len() >= NUMBER_BYTES_MAX {
                    self.rewritten.append(&mut self.number);
                }
                self.number.push(byte);
            } else {
                self.end_number();
                self.rewritten.push(byte);
            }
        }
    }

    fn end_number(&mut self) {
        if self.number.is_empty() {
            return;
        }
        let rewritten = self
            .kind()
            .is_some_and(|kind| append_shortest(&self.number, kind, &mut self.rewritten));
        if !rewritten {
            self.rewritten.extend_from_slice(&self.number);
        }
        self.number.clear();
    }

    /// Bytes of memory in use for rows.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.number.capacity() + self.rewritten.capacity()
    }
}

/// Appends the newer form of a number; false when it is none.
fn append_shortest(number: &[u8], kind: FloatKind, out: &mut Vec<u8>) -> bool {
    let text = std::str::from_utf8(number).ok();
    let appended = match kind {
        FloatKind::Single => {
            text.and_then(|text| text.parse().ok()).map(|value: f32| shortest::single(value, out))
        }
        FloatKind::Double => {
            text.and_then(|text| text.parse().ok()).map(|value: f64| shortest::double(value, out))
        }
    };
    appended.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FloatKind, field: &str, expected: &str) {
        let mut rewriter = Rewriter::new(vec![Some(kind)]);
        let out = rewriter.end_row(field.as_bytes()).to_vec();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn old_texts_become_the_shortest() {
        check(FloatKind::Double, "0.10000000000000001", "0.1");
        check(FloatKind::Double, "3.1415926535897931", "3.141592653589793");
        check(FloatKind::Double, "100000000000000", "100000000000000");
        check(FloatKind::Double, "1000000000000000", "1e+15");
        check(FloatKind::Double, "1.0000000000000001e-05", "1e-05");
        check(FloatKind::Double, "0.0001", "0.0001");
        check(FloatKind::Double, "1.7976931348623157e+308", "1.7976931348623157e+308");
        check(FloatKind::Double, "-0", "-0");
        check(FloatKind::Double, "NaN", "NaN");
        check(FloatKind::Double, "-Infinity", "-Infinity");
        check(FloatKind::Double, "(0.10000000000000001,-2)", "(0.1,-2)");
        check(FloatKind::Double, "{1.5,NULL,2}", "{1.5,NULL,2}");
        check(FloatKind::Double, "\\N", "\\N");
        check(FloatKind::Double, "59557277848944064", "5.9557277848944064e+16");
        check(FloatKind::Double, "-47430180013179776", "-4.7430180013179776e+16");
        check(FloatKind::Double, "9007199254740993", "9.007199254740992e+15");
        check(FloatKind::Double, "1.0000000000000000e+22", "1e+22");
        check(FloatKind::Double, "6.18970019642690137e+26", "6.189700196426902e+26");
        check(FloatKind::Double, "2.98023223876953125e-08", "2.9802322387695312e-08");
        check(FloatKind::Single, "28286.5625", "28286.562");
        check(FloatKind::Single, "1.54742505e+26", "1.5474251e+26");
        check(FloatKind::Single, "0.100000001", "0.1");
        check(FloatKind::Single, "1000000", "1e+06");
        check(FloatKind::Single, "123456.789", "123456.79");
    }
}
