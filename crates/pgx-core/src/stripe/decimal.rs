//! Decimal text as an integer and the number of its fraction digits.
//!
//! Covers integers, fixed-point numbers and most floats. Only text that [`render`] gives back byte by
//! byte is accepted: no leading zeros, no plus sign, no exponent, no negative zero.

/// More fraction digits are not accepted.
const MOST_SCALE: usize = 18;

/// Bytes that hold every rendered number.
pub(super) type Buffer = [u8; 40];

/// The fraction digits and the number without its point.
#[inline]
pub(super) fn parse(field: &[u8]) -> Option<(u8, i64)> {
    let (negative, digits) = match field {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // 19 digits do not overflow 64 bits, and a point may stand among them.
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    let (mut magnitude, mut point) = (0_u64, None);
    for (i, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if byte == b'.' && point.is_none() {
            point = Some(i);
        } else {
            return None;
        }
    }
    let integer = point.unwrap_or(digits.len());
    let scale = point.map_or(0, |point| digits.len() - point - 1);
    let canonical = integer > 0
        && (integer == 1 || digits[0] != b'0')
        && (point.is_none() || (1..=MOST_SCALE).contains(&scale))
        && integer + scale <= 19
        && !(negative && magnitude == 0);
    if !canonical {
        return None;
    }
    let value = i64::try_from(magnitude).ok()?;
    Some((scale as u8, if negative { -value } else { value }))
}

/// The text of a number; `None` if no text is parsed to it.
#[inline]
pub(super) fn render(scale: u8, value: i64, buffer: &mut Buffer) -> Option<&[u8]> {
    if usize::from(scale) > MOST_SCALE {
        return None;
    }
    let mut writer = Backwards { at: buffer.len(), buffer };
    let mut rest = value.unsigned_abs();
    if scale > 0 {
        let mut left = scale;
        while left >= 2 {
            writer.pair((rest % 100) as usize);
            rest /= 100;
            left -= 2;
        }
        if left == 1 {
            writer.put(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        writer.put(b'.');
    }
    while rest >= 100 {
        writer.pair((rest % 100) as usize);
        rest /= 100;
    }
    if rest >= 10 {
        writer.pair(rest as usize);
    } else {
        writer.put(b'0' + rest as u8);
    }
    if value < 0 {
        writer.put(b'-');
    }
    let Backwards { at, buffer } = writer;
    Some(&buffer[at..])
}

/// Fills a buffer from its end.
struct Backwards<'b> {
    buffer: &'b mut Buffer,
    at: usize,
}

impl Backwards<'_> {
    #[inline]
    fn put(&mut self, byte: u8) {
        self.at -= 1;
        self.buffer[self.at] = byte;
    }

    #[inline]
    fn pair(&mut self, number: usize) {
        self.at -= 2;
        self.buffer[self.at..self.at + 2].copy_from_slice(&PAIRS[number]);
    }
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
