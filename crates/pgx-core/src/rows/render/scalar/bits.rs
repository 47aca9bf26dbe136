//! Bytes and bits.

use super::Malformed;

/// Appends a `bytea` in hexadecimal digits: `\x00ff`.
pub(super) fn bytea(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.extend_from_slice(b"\\x");
    digits(bytes, out);
    Ok(())
}

/// Appends bytes in lower-case hexadecimal digits.
pub(in crate::rows) fn digits(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    for (pair, &byte) in out[start..].as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = hex(byte);
    }
}

/// Appends a `bit` or `varbit`: `0101`.
pub(super) fn bit(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let malformed = Malformed("bit");
    let (length, bytes) = bytes.split_first_chunk().ok_or(malformed)?;
    let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| malformed)?;
    if length.div_ceil(8) != bytes.len() {
        return Err(malformed);
    }
    out.reserve(8 * bytes.len());
    let end = out.len() + length;
    for byte in bytes {
        let bits: [u8; 8] = std::array::from_fn(|i| b'0' + (byte >> (7 - i) & 1));
        out.extend_from_slice(&bits);
    }
    out.truncate(end);
    Ok(())
}

/// A byte in two lower-case digits.
pub(super) fn hex(byte: u8) -> [u8; 2] {
    HEX[usize::from(byte)]
}

/// `00` to `ff`.
static HEX: [[u8; 2]; 256] = table();

const fn table() -> [[u8; 2]; 256] {
    let digits = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    table
}
