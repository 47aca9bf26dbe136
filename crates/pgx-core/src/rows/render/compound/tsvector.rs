//! `tsvector`: lexemes with positions, which have weights.

use std::io::Write as _;

use super::super::Malformed;
use super::input::Input;
use super::quote::push_lexeme;

/// A lexeme's zero, and its count of positions.
const LEXEME_BYTES_MIN: usize = 3;

/// Bits of a position; its weight is above.
const POSITION_BITS: u32 = 14;

/// Appends the text of a `tsvector`.
pub(super) fn tsvector(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "tsvector");
    let count = input.count(LEXEME_BYTES_MIN)?;
    for i in 0..count {
        if i > 0 {
            out.push(b' ');
        }
        push_lexeme(out, input.until_zero()?);
        push_positions(&mut input, out)?;
    }
    input.end()
}

/// `:1A,5`
fn push_positions(input: &mut Input<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = input.u16()?;
    for i in 0..count {
        out.push(if i > 0 { b',' } else { b':' });
        let position = input.u16()?;
        let number = position & ((1 << POSITION_BITS) - 1);
        write!(out, "{number}").expect("a vector takes all bytes");
        let weight: &[u8] = match position >> POSITION_BITS {
            3 => b"A",
            2 => b"B",
            1 => b"C",
            _ => b"",
        };
        out.extend_from_slice(weight);
    }
    Ok(())
}
