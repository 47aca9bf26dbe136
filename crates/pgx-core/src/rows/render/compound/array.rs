//! Arrays of any shape, and the vectors of the catalogs.

use std::io::Write as _;

use super::super::{Malformed, Origin, value};
use super::input::Input;
use super::quote::{backslash, enclose, is_space};
use crate::toc::{Leaf, Shape};

/// As many as the server has.
const DIMENSIONS_MAX: usize = 6;

/// Bytes of an element's length.
const LENGTH_BYTES: usize = 4;

/// What stands before the elements.
struct Header {
    /// One per dimension, outermost first.
    dimensions: Vec<Dimension>,
    /// Of all dimensions.
    items: usize,
}

struct Dimension {
    lower: i32,
    upper: i64,
    /// Items of one element of the dimension around it, or of the array.
    stride: usize,
}

/// Appends the text of an array of `of`.
pub(in super::super) fn array(
    of: &Shape,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "array");
    let header = header(&mut input)?;
    if header.items == 0 {
        out.extend_from_slice(b"{}");
        return input.end();
    }
    push_bounds(&header.dimensions, out);
    let delimiter = delimiter(of);
    for item in 0..header.items {
        if item > 0 {
            out.push(delimiter);
        }
        push_braces(&header.dimensions, item, b'{', out);
        match input.field()? {
            Some(element) => push_element(of, element, origin, out)?,
            None => out.extend_from_slice(b"NULL"),
        }
        push_braces(&header.dimensions, item + 1, b'}', out);
    }
    input.end()
}

/// Appends the text of an `int2vector`.
pub(super) fn int2vector(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    vector(Input::new(bytes, "int2vector"), out, |element| {
        element.try_into().ok().map(|element| i16::from_be_bytes(element).into())
    })
}

/// Appends the text of an `oidvector`.
pub(super) fn oidvector(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    vector(Input::new(bytes, "oidvector"), out, |element| {
        element.try_into().ok().map(|element| u32::from_be_bytes(element).into())
    })
}

fn vector(
    mut input: Input<'_>,
    out: &mut Vec<u8>,
    number: impl Fn(&[u8]) -> Option<i64>,
) -> Result<(), Malformed> {
    let header = header(&mut input)?;
    if header.dimensions.len() > 1 {
        return Err(input.malformed());
    }
    for item in 0..header.items {
        if item > 0 {
            out.push(b' ');
        }
        let number = input.field()?.and_then(&number).ok_or(input.malformed())?;
        write!(out, "{number}").expect("a vector takes all bytes");
    }
    input.end()
}

fn header(input: &mut Input<'_>) -> Result<Header, Malformed> {
    let malformed = input.malformed();
    let count = usize::try_from(input.i32()?).map_err(|_| malformed)?;
    let has_nulls = input.u32()?;
    if count > DIMENSIONS_MAX || has_nulls > 1 {
        return Err(malformed);
    }
    // The element's OID; its shape is known.
    input.u32()?;
    let mut dimensions = Vec::with_capacity(count);
    let mut items: usize = usize::from(count > 0);
    for _ in 0..count {
        let length = u32::try_from(input.i32()?).map_err(|_| malformed)?;
        let lower = input.i32()?;
        let upper = i64::from(lower) + i64::from(length) - 1;
        items = items.checked_mul(length as usize).ok_or(malformed)?;
        dimensions.push(Dimension { lower, upper, stride: length as usize });
    }
    let fit = dimensions.iter().all(|dimension| dimension.upper <= i32::MAX.into());
    if !fit || items > input.len() / LENGTH_BYTES {
        return Err(malformed);
    }
    let mut stride = 1;
    for dimension in dimensions.iter_mut().rev().filter(|_| items > 0) {
        stride *= dimension.stride;
        dimension.stride = stride;
    }
    Ok(Header { dimensions, items })
}

/// `[2:3][0:1]=`, where a lower bound is not 1.
fn push_bounds(dimensions: &[Dimension], out: &mut Vec<u8>) {
    if dimensions.iter().all(|dimension| dimension.lower == 1) {
        return;
    }
    for Dimension { lower, upper, .. } in dimensions {
        write!(out, "[{lower}:{upper}]").expect("a vector takes all bytes");
    }
    out.push(b'=');
}

/// The braces before an item that begins dimensions, or after one that ends them.
fn push_braces(dimensions: &[Dimension], item: usize, brace: u8, out: &mut Vec<u8>) {
    let here = dimensions.iter().filter(|dimension| item.is_multiple_of(dimension.stride));
    out.extend(here.map(|_| brace));
}

fn push_element(
    of: &Shape,
    element: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let start = out.len();
    value(of, element, origin, out)?;
    if needs_quotes(&out[start..], delimiter(of)) {
        enclose(out, start, backslash);
    }
    Ok(())
}

fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let special = |byte| matches!(byte, b'"' | b'\\' | b'{' | b'}') || byte == delimiter;
    text.is_empty()
        || text.eq_ignore_ascii_case(b"NULL")
        || text.iter().any(|&byte| special(byte) || is_space(byte))
}

/// `typdelim` of the element's type.
fn delimiter(of: &Shape) -> u8 {
    match of {
        Shape::Leaf(Leaf::Box) => b';',
        Shape::Leaf(Leaf::Geometry | Leaf::Geography) => b':',
        _ => b',',
    }
}
