//! Rendering: any bytes are a value of any shape, or malformed.

use pgx_core::rows::render::{self, Origin};
use pgx_core::toc::{Leaf, Shape};

use crate::input::Input;
use crate::outcome::Outcome;

/// A leaf, how it is wrapped, the server's encoding and its version; then the value.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let shape = shape(input.choice(Leaf::ALL), input.byte());
    let encoding = input.choice(&["UTF8", "LATIN1"]);
    let origin = Origin::new(input.choice(&[180_004, 100_023, 140_011]), encoding);
    let bytes = input.rest();
    let mut out = b"before".to_vec();
    let result = render::value(&shape, bytes, origin, &mut out);
    assert!(out.starts_with(b"before"), "what was there is gone");
    let mut again = Vec::new();
    assert_eq!(render::value(&shape, bytes, origin, &mut again), result);
    assert!(result.is_err() || out[6..] == again, "the text depends on what was there");
    Outcome::default().said(&shape).said(result).counted(out.len())
}

fn shape(leaf: Leaf, wrapped: u8) -> Shape {
    let leaf = Shape::Leaf(leaf);
    match wrapped % 8 {
        0..4 => leaf,
        4 => Shape::Array(leaf.into()),
        5 => Shape::Range(leaf.into()),
        6 => Shape::Multirange(leaf.into()),
        _ => Shape::Array(Shape::Range(leaf.into()).into()),
    }
}

/// Every leaf by itself, in an array, in a range and in a multirange.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for leaf in 0..Leaf::ALL.len() as u8 {
        for value in VALUES {
            seeds.push([&[leaf, 0, 0, 0], *value].concat());
        }
        let value = VALUES[usize::from(leaf) % VALUES.len()];
        seeds.push([&[leaf, 4, 0, 0], &array(value)[..]].concat());
        seeds.push([&[leaf, 5, 0, 0], &range(value)[..]].concat());
        let one = range(value);
        let many = [&1_i32.to_be_bytes(), &(one.len() as i32).to_be_bytes(), &one[..]].concat();
        seeds.push([&[leaf, 6, 0, 0], &many[..]].concat());
    }
    seeds
}

/// Values of the commonest lengths, and some with a structure of their own.
const VALUES: &[&[u8]] = &[
    b"\x01",
    b"\x00\x07",
    b"\x3f\x80\x00\x00",
    b"\x00\x00\x00\x01\x00\x02",
    b"\x40\x09\x21\xfb\x54\x44\x2d\x18",
    b"\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03",
    b"\x40\x09\x21\xfb\x54\x44\x2d\x18\x3f\xf0\x00\x00\x00\x00\x00\x00",
    b"\x00\x02\x00\x01\x40\x00\x00\x02\x00\x7b\x11\xd7",
    b"\x02\x20\x00\x04\x0a\x00\x00\x01",
    b"\x01{\"a\": [1, null]}",
    b"\x00\x00\x00\x01\x00\x00\x00\x01a\xff\xff\xff\xff",
    b"\x01\x01\x00\x00\x20\xe6\x10\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40",
];

fn array(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [1_i32, 1, 23, 3, -2] {
        bytes.extend(number.to_be_bytes());
    }
    for _ in 0..2 {
        bytes.extend((value.len() as i32).to_be_bytes());
        bytes.extend_from_slice(value);
    }
    bytes.extend((-1_i32).to_be_bytes());
    bytes
}

fn range(value: &[u8]) -> Vec<u8> {
    let bound = [&(value.len() as i32).to_be_bytes(), value].concat();
    [&[2], &bound[..], &bound].concat()
}
