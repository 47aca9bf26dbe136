//! The types of PostGIS: sent as EWKB, printed as its hexadecimal digits.

use super::super::Malformed;

/// Appends the text of a `geometry` or `geography`.
pub(in crate::rows) fn geometry(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(bytes.len() * 2);
    for &byte in bytes {
        let digits = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
        out.extend_from_slice(&digits);
    }
    Ok(())
}
