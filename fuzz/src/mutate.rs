//! Changing inputs: the small lies that lengths, counts and values can tell.

use crate::random::Random;

/// Longest input that is made.
pub(crate) const LONGEST: usize = 64 << 10;

/// Numbers at the borders of things.
const BORDERS: [i64; 20] = [
    0,
    1,
    -1,
    2,
    4,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    8 << 20,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];

/// Words that mean something to some target.
const WORDS: [&[u8]; 24] = [
    b"\\N",
    b"\t",
    b"\n",
    b"\\.",
    b"\\",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"0.10000000000000001",
    b"2024-02-29",
    b"23:59:60.000001+05:30",
    b"9223372036854775808",
    b"-0",
    b"array(",
    b"PGXf",
    b"\x28\xb5\x2f\xfd",
    b"\xff\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x9f",
    b"\xbf",
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x7b\x00\x00\x00\x01\x00\x00\x00\x00",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x80\x80\x80\x80\x08",
];

/// A changed copy of `input`; `other` is an input of the same target to borrow from.
pub(crate) fn mutate(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 + random.length(8) {
        change(&mut bytes, other, random);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(14) {
        0 | 1 => with_byte(bytes, at, |byte| byte ^ 1 << (at % 8)),
        2 => with_random_bit(bytes, at, random),
        3 | 4 => set_byte(bytes, at, random),
        5 => with_small_step(bytes, at, random),
        6 | 7 => border(bytes, at, random),
        8 => insert(bytes, at, random.choose::<&[u8]>(&WORDS)),
        9 => remove(bytes, at, random),
        10 => repeat(bytes, at, random),
        11 => borrow(bytes, at, other, random),
        12 => swap(bytes, at, random),
        _ => bytes.truncate(at),
    }
}

fn with_byte(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn with_random_bit(bytes: &mut [u8], at: usize, random: &mut Random) {
    let bit = random.below(8);
    with_byte(bytes, at, |byte| byte ^ 1 << bit);
}

fn set_byte(bytes: &mut [u8], at: usize, random: &mut Random) {
    let value = random.draw() as u8;
    with_byte(bytes, at, |_| value);
}

fn with_small_step(bytes: &mut [u8], at: usize, random: &mut Random) {
    let step = random.below(33) as u8;
    with_byte(bytes, at, |byte| byte.wrapping_add(step).wrapping_sub(16));
}

/// Writes a number at the border of something, in 1 to 8 bytes of either order.
fn border(bytes: &mut [u8], at: usize, random: &mut Random) {
    let number = *random.choose(&BORDERS);
    let width = *random.choose(&[1, 2, 4, 8]);
    let Some(place) = bytes.get_mut(at..at + width) else { return };
    match random.below(2) {
        0 => place.copy_from_slice(&number.to_le_bytes()[..width]),
        _ => place.copy_from_slice(&number.to_be_bytes()[8 - width..]),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    bytes.splice(at..at, part.iter().copied());
}

fn remove(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = random.length(bytes.len() - at);
    bytes.drain(at..at + length);
}

fn repeat(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = random.length(bytes.len() - at);
    let part = bytes[at..at + length].repeat(1 + random.length(64));
    if part.len() < LONGEST {
        insert(bytes, at, &part);
    }
}

/// Takes a part of another input, over what is there or between.
fn borrow(bytes: &mut Vec<u8>, at: usize, other: &[u8], random: &mut Random) {
    let from = random.below(other.len());
    let part = &other[from..from + random.length(other.len() - from)];
    let end = if random.below(2) == 0 { at } else { bytes.len().min(at + part.len()) };
    bytes.splice(at..end, part.iter().copied());
}

fn swap(bytes: &mut [u8], at: usize, random: &mut Random) {
    let other = random.below(bytes.len());
    let length = random.length(at.abs_diff(other).min(bytes.len() - at.max(other)));
    for step in 0..length {
        bytes.swap(at + step, other + step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_what_is_made_and_nothing_is_too_long() {
        let make = || {
            let mut random = Random::new(7);
            let mut bytes = b"begin".to_vec();
            for _ in 0..20_000 {
                bytes = mutate(&bytes, b"another input", &mut random);
                assert!(bytes.len() <= LONGEST);
            }
            bytes
        };
        assert_eq!(make(), make());
    }

    #[test]
    fn most_changes_change_something() {
        let mut random = Random::new(1);
        let input = b"some input of some length, with 12345 in it".to_vec();
        let same = (0..1000).filter(|_| mutate(&input, b"other", &mut random) == input).count();
        assert!(same < 200, "{same} of 1000");
    }
}
