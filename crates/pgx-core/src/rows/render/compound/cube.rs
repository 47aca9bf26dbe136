//! The type of the extension `cube`: a point or a box in any number of dimensions.

use super::super::Malformed;
use super::input::Input;
use crate::rows::shortest;

/// Set where the second corner is left out, for it is the first.
const IS_POINT: u32 = 0x8000_0000;

const FLOAT_BYTES: usize = 8;

/// Appends the text of a `cube`.
pub(super) fn cube(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "cube");
    let header = input.u32()?;
    let dimensions = (header & !IS_POINT) as usize;
    let corner_bytes = dimensions.checked_mul(FLOAT_BYTES).ok_or(input.malformed())?;
    let first = input.take(corner_bytes)?;
    let second = match header & IS_POINT {
        0 => input.take(corner_bytes)?,
        _ => &[],
    };
    push_corner(first, out);
    if !second.is_empty() && coordinates(first).ne(coordinates(second)) {
        out.push(b',');
        push_corner(second, out);
    }
    input.end()
}

fn coordinates(corner: &[u8]) -> impl Iterator<Item = f64> {
    corner.as_chunks().0.iter().map(|&float| f64::from_be_bytes(float))
}

fn push_corner(corner: &[u8], out: &mut Vec<u8>) {
    out.push(b'(');
    for (i, coordinate) in coordinates(corner).enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        shortest::double(coordinate, out);
    }
    out.push(b')');
}
