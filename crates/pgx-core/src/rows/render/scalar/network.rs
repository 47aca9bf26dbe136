//! Addresses.

use super::decimal::push;
use super::{Malformed, exactly};

/// The server's own numbers for address families, the same on every system.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

/// Appends an `inet`: the mask only where it does not cover the address.
pub(super) fn inet(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (bits, bits_max) = address(bytes, out)?;
    if bits != bits_max {
        push_mask(bits, out);
    }
    Ok(())
}

/// Appends a `cidr`, always with its mask.
pub(super) fn cidr(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (bits, _) = address(bytes, out)?;
    push_mask(bits, out);
    Ok(())
}

/// Appends a MAC address of some width.
pub(super) fn hardware<const N: usize>(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let bytes: [u8; N] = exactly(bytes, "macaddr")?;
    for (i, byte) in bytes.into_iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        out.extend_from_slice(&super::bits::hex(byte));
    }
    Ok(())
}

/// Appends an address; its bits under the mask and all its bits.
fn address(bytes: &[u8], out: &mut Vec<u8>) -> Result<(u8, u8), Malformed> {
    // Family, bits, whether it is a cidr, and how many bytes follow.
    let (&[family, bits, _, length], address) =
        bytes.split_first_chunk().ok_or(Malformed("inet"))?;
    let bits_max = match (family, length) {
        (IPV4, 4) => 32,
        (IPV6, 16) => 128,
        _ => return Err(Malformed("inet")),
    };
    if bits > bits_max {
        return Err(Malformed("inet"));
    }
    match family {
        IPV4 => push_ipv4(exactly(address, "inet")?, out),
        _ => push_ipv6(exactly(address, "inet")?, out),
    }
    Ok((bits, bits_max))
}

fn push_mask(bits: u8, out: &mut Vec<u8>) {
    out.push(b'/');
    push(bits, out);
}

fn push_ipv4(address: [u8; 4], out: &mut Vec<u8>) {
    for (i, byte) in address.into_iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        push(byte, out);
    }
}

fn push_ipv6(address: [u8; 16], out: &mut Vec<u8>) {
    let words: [u16; 8] =
        std::array::from_fn(|i| u16::from_be_bytes([address[2 * i], address[2 * i + 1]]));
    let gap = longest_gap(&words);
    let with_ipv4 = ends_in_ipv4(&words, &gap);
    let mut at = 0;
    while at < words.len() {
        if gap.contains(&at) {
            out.extend_from_slice(if gap.end == words.len() { b"::" } else { b":" });
            at = gap.end;
            continue;
        }
        if at > 0 {
            out.push(b':');
        }
        if at == 6 && with_ipv4 {
            let [.., a, b, c, d] = address;
            return push_ipv4([a, b, c, d], out);
        }
        push_word(words[at], out);
        at += 1;
    }
}

/// The first of the longest runs of zero words, if it has more than one.
fn longest_gap(words: &[u16; 8]) -> std::ops::Range<usize> {
    let mut longest = 0..0;
    let mut start = 0;
    for (at, &word) in words.iter().enumerate() {
        if word != 0 {
            start = at + 1;
        } else if at + 1 - start > longest.len().max(1) {
            longest = start..at + 1;
        }
    }
    longest
}

/// Whether the last two words are written as an IPv4 address: those
/// compatible with one, and mapped ones.
fn ends_in_ipv4(words: &[u16; 8], gap: &std::ops::Range<usize>) -> bool {
    match (gap.start, gap.end) {
        (0, 6) => true,
        (0, 5) => words[5] == 0xffff,
        _ => false,
    }
}

/// Appends up to four hexadecimal digits.
fn push_word(word: u16, out: &mut Vec<u8>) {
    let [high, low] = word.to_be_bytes();
    let [[a, b], [c, d]] = [super::bits::hex(high), super::bits::hex(low)];
    let digits = [a, b, c, d];
    let zeros = digits[..3].iter().take_while(|&&digit| digit == b'0').count();
    out.extend_from_slice(&digits[zeros..]);
}
