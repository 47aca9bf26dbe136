//! `numeric`: digits to base 10,000.

use super::Malformed;
use super::decimal::{pair, push};

/// The greatest number of digits after the point.
const SCALE_MAX: u16 = 0x3fff;

/// What precedes the digits: how many, the first one's weight, the sign, how many after the point.
struct Header {
    digits: usize,
    weight: i16,
    sign: u16,
    scale: u16,
}

/// Appends a `numeric` with all the digits its scale asks for.
pub(super) fn numeric(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let malformed = Malformed("numeric");
    let (header, digits) = header(bytes).ok_or(malformed)?;
    let (is_number, text) = match header.sign {
        0x0000 => (true, &b""[..]),
        0x4000 => (true, &b"-"[..]),
        0xc000 => (false, &b"NaN"[..]),
        0xd000 => (false, &b"Infinity"[..]),
        0xf000 => (false, &b"-Infinity"[..]),
        _ => return Err(malformed),
    };
    out.extend_from_slice(text);
    if !is_number {
        return Ok(());
    }
    let (digits, rest) = digits.as_chunks();
    let fits = digits.len() == header.digits && rest.is_empty() && header.scale <= SCALE_MAX;
    if !fits || digits.iter().any(|digit| u16::from_be_bytes(*digit) > 9999) {
        return Err(malformed);
    }
    push_whole(digits, header.weight, out);
    if header.scale > 0 {
        push_fraction(digits, &header, out);
    }
    Ok(())
}

fn header(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let (&[d0, d1, w0, w1, s0, s1, c0, c1], digits) = bytes.split_first_chunk()?;
    let header = Header {
        digits: u16::from_be_bytes([d0, d1]).into(),
        weight: i16::from_be_bytes([w0, w1]),
        sign: u16::from_be_bytes([s0, s1]),
        scale: u16::from_be_bytes([c0, c1]),
    };
    Some((header, digits))
}

fn push_whole(digits: &[[u8; 2]], weight: i16, out: &mut Vec<u8>) {
    let Ok(weight) = usize::try_from(weight) else { return out.push(b'0') };
    let digit = |at: usize| digits.get(at).map_or(0, |&digit| u16::from_be_bytes(digit));
    let Some(first) = (0..=weight).find(|&at| digit(at) > 0) else { return out.push(b'0') };
    push(digit(first), out);
    for at in first + 1..=weight {
        out.extend_from_slice(&four(digit(at)));
    }
}

fn push_fraction(digits: &[[u8; 2]], header: &Header, out: &mut Vec<u8>) {
    out.push(b'.');
    let end = out.len() + usize::from(header.scale);
    let after_point = i32::from(header.weight) + 1;
    // Where the first digit is far behind the point, there are zeros between.
    let between = usize::try_from(-after_point).unwrap_or(0) * 4;
    out.resize(out.len() + between.min(usize::from(header.scale)), b'0');
    let digits = digits.get(usize::try_from(after_point).unwrap_or(0)..).unwrap_or_default();
    for &digit in digits {
        if out.len() >= end {
            break;
        }
        out.extend_from_slice(&four(u16::from_be_bytes(digit)));
    }
    out.resize(end, b'0');
}

/// A digit to base 10,000 as four decimal ones.
fn four(digit: u16) -> [u8; 4] {
    let [a, b] = pair(u32::from(digit / 100));
    let [c, d] = pair(u32::from(digit % 100));
    [a, b, c, d]
}
