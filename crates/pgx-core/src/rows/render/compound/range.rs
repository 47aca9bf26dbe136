//! Ranges and multiranges.

use super::super::{Malformed, Origin, value};
use super::input::Input;
use super::quote::{double, enclose, is_space};
use crate::toc::Shape;

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;
/// Not used by the server, which knows them.
const LOWER_NULL: u8 = 0x20;
const UPPER_NULL: u8 = 0x40;

/// A range's length, and its flags.
const RANGE_BYTES_MIN: usize = 5;

/// Appends the text of a range of `of`.
pub(in super::super) fn range(
    of: &Shape,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "range");
    let flags = input.u8()?;
    if flags & EMPTY != 0 {
        out.extend_from_slice(b"empty");
        return input.end();
    }
    out.push(if flags & LOWER_INCLUSIVE != 0 { b'[' } else { b'(' });
    if flags & (LOWER_INFINITE | LOWER_NULL) == 0 {
        push_bound(of, &mut input, origin, out)?;
    }
    out.push(b',');
    if flags & (UPPER_INFINITE | UPPER_NULL) == 0 {
        push_bound(of, &mut input, origin, out)?;
    }
    out.push(if flags & UPPER_INCLUSIVE != 0 { b']' } else { b')' });
    input.end()
}

/// Appends the text of a multirange of `of`.
pub(in super::super) fn multirange(
    of: &Shape,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "multirange");
    let count = input.count(RANGE_BYTES_MIN)?;
    out.push(b'{');
    for i in 0..count {
        if i > 0 {
            out.push(b',');
        }
        let bytes = input.field()?.ok_or(input.malformed())?;
        range(of, bytes, origin, out)?;
    }
    out.push(b'}');
    input.end()
}

fn push_bound(
    of: &Shape,
    input: &mut Input<'_>,
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let bytes = input.field()?.ok_or(input.malformed())?;
    let start = out.len();
    value(of, bytes, origin, out)?;
    if needs_quotes(&out[start..]) {
        enclose(out, start, double);
    }
    Ok(())
}

fn needs_quotes(text: &[u8]) -> bool {
    let special = |byte| matches!(byte, b'"' | b'\\' | b'(' | b')' | b'[' | b']' | b',');
    text.is_empty() || text.iter().any(|&byte| special(byte) || is_space(byte))
}
