//! Decimal text as an integer and the number of its fraction digits.
//!
//! Covers integers, fixed-point numbers and most floats. Only text that [`render`] gives back byte by
//! byte is accepted: no leading zeros, no plus sign, no exponent, no negative zero. Eight
//! characters are handled at once, as the bytes of an integer whose lowest byte is the first of them.

use super::split::{Field, ONES};

/// More fraction digits are not accepted.
const MOST_SCALE: usize = 18;
/// Ten to the eight.
const EIGHT_DIGITS: u64 = 100_000_000;
const ZEROS: u64 = ONES * b'0' as u64;

/// Bytes that hold every rendered number.
pub(super) type Buffer = [u8; 40];

/// The fraction digits and the number without its point.
#[inline]
pub(super) fn parse(field: Field<'_>) -> Option<(u8, i64)> {
    let first = field.word(0);
    if field.length() > 0 && first as u8 == b'-' {
        let field = field.skip_one();
        let (scale, value) = parse_magnitude(field, field.word(0))?;
        return (value != 0).then_some((scale, -value));
    }
    parse_magnitude(field, first)
}

/// A number without a sign, whose first eight bytes are `first`.
#[inline]
fn parse_magnitude(field: Field<'_>, first: u64) -> Option<(u8, i64)> {
    let length = field.length();
    let (scale, magnitude) = match parse_words(field, first, length) {
        Some(parsed) => parsed,
        None => parse_bytes(field.value())?,
    };
    let integer = length.checked_sub(usize::from(scale) + usize::from(scale > 0))?;
    let canonical = integer == 1 || (integer > 0 && first as u8 != b'0');
    if !canonical {
        return None;
    }
    Some((scale, i64::try_from(magnitude).ok()?))
}

/// Up to sixteen characters, a point only among the last eight.
#[inline]
fn parse_words(field: Field<'_>, first: u64, length: usize) -> Option<(u8, u64)> {
    match length {
        1..=8 => {
            let (scale, _, low) = tail(first << (64 - 8 * length), length)?;
            Some((scale, low))
        }
        9..=16 => {
            let high = digits(first << (128 - 8 * length), length - 8)?;
            let (scale, unit, low) = tail(field.word(length - 8), 8)?;
            Some((scale, high * unit + low))
        }
        _ => None,
    }
}

/// A number in the upper bytes of a word, perhaps with a point: fraction digits, ten to the digits of
/// a full word, the number.
#[inline]
fn tail(text: u64, length: usize) -> Option<(u8, u64, u64)> {
    // Exact for the lowest point, which is all that counts.
    let others = text ^ (ONES * u64::from(b'.'));
    let points = others.wrapping_sub(ONES) & !others & (ONES * 0x80);
    if points == 0 {
        return Some((0, 100_000_000, digits(text, length)?));
    }
    // The digits before the point move up by one place; another point is no digit.
    let bit = points.trailing_zeros() - 7;
    let scale = 7 - bit / 8;
    if scale == 0 || length == 1 {
        return None;
    }
    let before = text & ((1 << bit) - 1);
    let behind = text >> bit >> 8 << 8 << bit;
    Some((scale as u8, 10_000_000, digits(behind | before << 8, length - 1)?))
}

/// The number of 1 to 8 digits in the upper bytes of a word.
#[inline]
fn digits(text: u64, length: usize) -> Option<u64> {
    // Zeros in front of the digits.
    let text = (text ^ ZEROS) & (u64::MAX << (64 - 8 * length));
    if (text | text.wrapping_add(ONES * 6)) & (ONES * 0xf0) != 0 {
        return None;
    }
    Some(eight_digits(text))
}

/// Up to 20 characters one by one; 19 digits do not overflow 64 bits.
#[cold]
fn parse_bytes(text: &[u8]) -> Option<(u8, u64)> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    let (mut magnitude, mut point) = (0_u64, None);
    for (i, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            }
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    let scale = point.map_or(0, |point| text.len() - point - 1);
    let count = text.len() - usize::from(point.is_some());
    let fits = count <= 19 && (point.is_none() || (1..=MOST_SCALE).contains(&scale));
    fits.then_some((scale as u8, magnitude))
}

/// The number whose digits are the bytes of `digits`, the lowest byte first.
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let join =
        |parts: u64, times: u64, bits: u32| parts.wrapping_mul(times).wrapping_add(parts >> bits);
    let pairs = join(digits, 10, 8) & 0x00ff_00ff_00ff_00ff;
    let fours = join(pairs, 100, 16) & 0x0000_ffff_0000_ffff;
    join(fours, 10_000, 32) & 0xffff_ffff
}

/// Bytes that hold what [`render_short`] writes, and what it leaves behind that.
pub(super) const SHORT: usize = super::cells::SIZE;

/// Writes a number of up to sixteen digits to the beginning of `out`; its length, `None` if it has
/// more.
#[inline]
pub(super) fn render_short(scale: u8, value: i64, out: &mut [u8; SHORT]) -> Option<usize> {
    let magnitude = value.unsigned_abs();
    out[0] = b'-';
    let start = usize::from(value < 0);
    if magnitude < EIGHT_DIGITS && scale < 8 {
        return Some(start + render_eight(scale, magnitude, start, out));
    }
    let short = magnitude < EIGHT_DIGITS * EIGHT_DIGITS && scale < 16;
    short.then(|| start + render_sixteen(scale, magnitude, start, out))
}

/// Writes a number below 10^8 with at most seven fraction digits; its length.
#[inline]
fn render_eight(scale: u8, magnitude: u64, start: usize, out: &mut [u8; SHORT]) -> usize {
    let digits = eight_bytes(magnitude);
    // A number has at least one digit before the point.
    let leading = (digits.trailing_zeros() / 8).min(7 - u32::from(scale));
    let digits = (digits | ZEROS) >> (8 * leading);
    let integer = 8 - leading as usize - usize::from(scale);
    out[start..start + 8].copy_from_slice(&digits.to_le_bytes());
    if scale == 0 {
        return integer;
    }
    let point = start + integer;
    out[point] = b'.';
    out[point + 1..point + 9].copy_from_slice(&(digits >> (8 * integer)).to_le_bytes());
    integer + 1 + usize::from(scale)
}

/// Writes a number below 10^16 with at most fifteen fraction digits; its length.
#[inline]
fn render_sixteen(scale: u8, magnitude: u64, start: usize, out: &mut [u8; SHORT]) -> usize {
    let high = u128::from(eight_bytes(magnitude / EIGHT_DIGITS));
    let digits = high | u128::from(eight_bytes(magnitude % EIGHT_DIGITS)) << 64;
    let leading = (digits.trailing_zeros() / 8).min(15 - u32::from(scale));
    let digits = (digits | u128::from(ZEROS) << 64 | u128::from(ZEROS)) >> (8 * leading);
    let integer = 16 - leading as usize - usize::from(scale);
    out[start..start + 16].copy_from_slice(&digits.to_le_bytes());
    if scale == 0 {
        return integer;
    }
    let point = start + integer;
    out[point] = b'.';
    out[point + 1..point + 17].copy_from_slice(&(digits >> (8 * integer)).to_le_bytes());
    integer + 1 + usize::from(scale)
}

/// The eight digits of a number below 10^8, the first in the lowest byte.
#[inline]
fn eight_bytes(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (pairs - 10 * tens) << 8
}

/// The text of a number; `None` if no text is parsed to it.
pub(super) fn render(scale: u8, value: i64, buffer: &mut Buffer) -> Option<&[u8]> {
    if usize::from(scale) > MOST_SCALE {
        return None;
    }
    let mut at = buffer.len();
    let mut put = |byte| {
        at -= 1;
        buffer[at] = byte;
    };
    let mut rest = value.unsigned_abs();
    let mut left = scale;
    loop {
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
        if left == 1 {
            put(b'.');
        }
        left = left.saturating_sub(1);
        if rest == 0 && left == 0 {
            break;
        }
    }
    if scale > 0 && buffer.get(at) == Some(&b'.') {
        at -= 1;
        buffer[at] = b'0';
    }
    if value < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    Some(&buffer[at..])
}

/// `00` to `99`.
pub(super) static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};
