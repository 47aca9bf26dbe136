//! The types of pgvector.

use std::io::Write as _;

use super::super::Malformed;
use super::input::Input;
use crate::rows::shortest;

/// A field that pgvector keeps for later, and whose other values mean something unknown.
const RESERVED: u32 = 0;

/// Appends the text of a `vector`.
pub(super) fn vector(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    dense(Input::new(bytes, "vector"), out, |input| input.f32())
}

/// Appends the text of a `halfvec`.
pub(super) fn halfvec(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    dense(Input::new(bytes, "halfvec"), out, |input| Ok(half(input.u16()?)))
}

/// Appends the text of a `sparsevec`.
pub(super) fn sparsevec(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    const NUMBER_BYTES: usize = 4;
    let mut input = Input::new(bytes, "sparsevec");
    let dimensions = input.i32()?;
    let count = input.count(2 * NUMBER_BYTES)?;
    if input.u32()? != RESERVED {
        return Err(input.malformed());
    }
    let mut indices = Input::new(input.take(count * NUMBER_BYTES)?, "sparsevec");
    out.push(b'{');
    for i in 0..count {
        if i > 0 {
            out.push(b',');
        }
        let index = i64::from(indices.i32()?) + 1;
        write!(out, "{index}:").expect("a vector takes all bytes");
        shortest::single(input.f32()?, out);
    }
    write!(out, "}}/{dimensions}").expect("a vector takes all bytes");
    input.end()
}

fn dense(
    mut input: Input<'_>,
    out: &mut Vec<u8>,
    element: impl Fn(&mut Input<'_>) -> Result<f32, Malformed>,
) -> Result<(), Malformed> {
    let dimensions = input.u16()?;
    if u32::from(input.u16()?) != RESERVED {
        return Err(input.malformed());
    }
    out.push(b'[');
    for i in 0..dimensions {
        if i > 0 {
            out.push(b',');
        }
        shortest::single(element(&mut input)?, out);
    }
    out.push(b']');
    input.end()
}

/// A float of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        exponent => (1024.0 + fraction) * 2f32.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}
