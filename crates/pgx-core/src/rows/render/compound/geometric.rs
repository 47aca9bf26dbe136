//! Points, and figures made of them.

use super::super::Malformed;
use super::input::Input;
use crate::rows::shortest;

/// Two floats.
const POINT_BYTES: usize = 16;

/// Appends the text of a `point`.
pub(super) fn point(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "point");
    push_points(&mut input, 1, out)?;
    input.end()
}

/// Appends the text of an `lseg`.
pub(super) fn lseg(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "lseg");
    out.push(b'[');
    push_points(&mut input, 2, out)?;
    out.push(b']');
    input.end()
}

/// Appends the text of a `box`.
pub(super) fn rectangle(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "box");
    push_points(&mut input, 2, out)?;
    input.end()
}

/// Appends the text of a `path`.
pub(super) fn path(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "path");
    let (open, close) = match input.u8()? {
        0 => (b'[', b']'),
        1 => (b'(', b')'),
        _ => return Err(input.malformed()),
    };
    let count = input.count(POINT_BYTES)?;
    out.push(open);
    push_points(&mut input, count, out)?;
    out.push(close);
    input.end()
}

/// Appends the text of a `polygon`.
pub(super) fn polygon(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "polygon");
    let count = input.count(POINT_BYTES)?;
    out.push(b'(');
    push_points(&mut input, count, out)?;
    out.push(b')');
    input.end()
}

/// Appends the text of a `line`.
pub(super) fn line(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "line");
    for before in [b'{', b',', b','] {
        out.push(before);
        shortest::double(input.f64()?, out);
    }
    out.push(b'}');
    input.end()
}

/// Appends the text of a `circle`.
pub(super) fn circle(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "circle");
    out.push(b'<');
    push_points(&mut input, 1, out)?;
    out.push(b',');
    shortest::double(input.f64()?, out);
    out.push(b'>');
    input.end()
}

fn push_points(input: &mut Input<'_>, count: usize, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for i in 0..count {
        out.extend_from_slice(if i > 0 { b",(" } else { b"(" });
        shortest::double(input.f64()?, out);
        out.push(b',');
        shortest::double(input.f64()?, out);
        out.push(b')');
    }
    Ok(())
}
