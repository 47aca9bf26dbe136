//! Floating-point text, made equal across server versions.
//!
//! From version 12 on a server prints the shortest text that reads back to the same number; 10 and 11
//! print 17 (or 9) digits. Sums of rows are taken over the newer form.

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

/// Appends `field` to `out` with every number in it in the form of version 12 and newer.
pub(super) fn canonical(field: &[u8], kind: FloatKind, out: &mut Vec<u8>) {
    let mut rest = field;
    while let Some((&first, _)) = rest.split_first() {
        if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
            out.push(first);
            rest = &rest[1..];
            continue;
        }
        let end = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        match shortest(number, kind) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(number),
        }
        rest = tail;
    }
}

fn shortest(number: &[u8], kind: FloatKind) -> Option<String> {
    let text = std::str::from_utf8(number).ok()?;
    match kind {
        FloatKind::Single => {
            let value: f32 = text.parse().ok()?;
            Some(as_server(&format!("{value:e}"), 6))
        }
        FloatKind::Double => {
            let value: f64 = text.parse().ok()?;
            Some(as_server(&format!("{value:e}"), 15))
        }
    }
}

/// Rust's shortest scientific form (`-1.25e7`) as the server writes it: plain digits for exponents
/// from -4 to below `plain_below`, else an exponent with a sign and at least two digits.
fn as_server(scientific: &str, plain_below: i32) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific.to_owned();
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    if !(-4..plain_below).contains(&exponent) {
        let sign_of_exponent = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{sign_of_exponent}{:02}", exponent.unsigned_abs());
    }
    let digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    let Ok(exponent) = usize::try_from(exponent) else {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    };
    if digits.len() <= exponent + 1 {
        return format!("{sign}{digits}{}", "0".repeat(exponent + 1 - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..=exponent], &digits[exponent + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FloatKind, field: &str, expected: &str) {
        let mut out = Vec::new();
        canonical(field.as_bytes(), kind, &mut out);
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
        check(FloatKind::Single, "0.100000001", "0.1");
        check(FloatKind::Single, "1000000", "1e+06");
        check(FloatKind::Single, "123456.789", "123456.79");
    }
}
