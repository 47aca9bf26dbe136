//! Whole numbers in decimal digits.

/// Appends a number.
pub(super) fn push(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Two digits of a number below 100.
pub(super) fn pair(value: u32) -> [u8; 2] {
    let value = value as usize % 100;
    [PAIRS[2 * value], PAIRS[2 * value + 1]]
}

/// `00` to `99`.
const PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut value = 0;
    while value < 100 {
        pairs[2 * value] = b'0' + (value / 10) as u8;
        pairs[2 * value + 1] = b'0' + (value % 10) as u8;
        value += 1;
    }
    pairs
}
