//! Names that are numbers: of rows, of places in the log, of transactions.

use super::bits::hex;
use super::decimal::push;
use super::{Malformed, Origin, exactly};

/// The first version that pads the second half of an LSN.
const LSN_PADDED_SINCE: u32 = 190_000;

/// Appends a `uuid` in groups of 8, 4, 4, 4 and 12 digits.
pub(super) fn uuid(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let bytes: [u8; 16] = exactly(bytes, "uuid")?;
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (i, byte) in bytes.into_iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            at += 1;
        }
        [text[at], text[at + 1]] = hex(byte);
        at += 2;
    }
    out.extend_from_slice(&text);
    Ok(())
}

/// Appends a `tid`: `(block,offset)`.
pub(super) fn tid(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let [b0, b1, b2, b3, o0, o1] = exactly(bytes, "tid")?;
    out.push(b'(');
    push(u32::from_be_bytes([b0, b1, b2, b3]), out);
    out.push(b',');
    push(u16::from_be_bytes([o0, o1]), out);
    out.push(b')');
    Ok(())
}

/// Appends a `pg_lsn`: `16/B374D848`.
pub(super) fn lsn(bytes: &[u8], origin: Origin, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let lsn = u64::from_be_bytes(exactly(bytes, "pg_lsn")?);
    push_hex((lsn >> 32) as u32, 1, out);
    out.push(b'/');
    push_hex(lsn as u32, if origin.server_version >= LSN_PADDED_SINCE { 8 } else { 1 }, out);
    Ok(())
}

/// Appends upper-case digits, with zeros before them up to a width.
fn push_hex(value: u32, width: usize, out: &mut Vec<u8>) {
    let mut digits = [0; 8];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(value.to_be_bytes()) {
        *pair = hex(byte);
    }
    digits.make_ascii_uppercase();
    let zeros = digits[..8 - width].iter().take_while(|&&digit| digit == b'0').count();
    out.extend_from_slice(&digits[zeros..]);
}

/// Appends a snapshot of transactions: `xmin:xmax:xip,xip`.
pub(super) fn snapshot(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let malformed = Malformed("snapshot");
    let (count, bytes) = bytes.split_first_chunk().ok_or(malformed)?;
    let (numbers, rest) = bytes.as_chunks();
    let [xmin, xmax, running @ ..] = numbers else { return Err(malformed) };
    let count = usize::try_from(u32::from_be_bytes(*count)).ok();
    if !rest.is_empty() || count != Some(running.len()) {
        return Err(malformed);
    }
    push(u64::from_be_bytes(*xmin), out);
    out.push(b':');
    push(u64::from_be_bytes(*xmax), out);
    out.push(b':');
    for (i, xip) in running.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push(u64::from_be_bytes(*xip), out);
    }
    Ok(())
}
