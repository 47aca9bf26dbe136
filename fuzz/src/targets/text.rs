//! Binary rows as COPY text: the lines do not depend on how tuples were cut, and are lines.

use pgx_core::rows::render::Origin;
use pgx_core::rows::{Malformed, TextRows};
use pgx_core::toc::{Column, Leaf, Shape};

use super::rows::{short_tuples, tuples};
use crate::input::{Input, counted};
use crate::outcome::Outcome;

/// The leaves of the columns, the size of a piece, whether lengths are right, and the tuples.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let leaves: Vec<Leaf> = input.counted().iter().map(|&leaf| leaf_of(leaf)).collect();
    let (piece, whole) = (1 + usize::from(input.byte()), input.byte().is_multiple_of(2));
    let mut input = Input::new(input.take(4 << 10));
    let rows = if whole { tuples(input) } else { input.take(usize::MAX).to_vec() };
    let at_once = text(&leaves, &rows, rows.len());
    let in_pieces = text(&leaves, &rows, piece);
    match (at_once, in_pieces) {
        (Ok(at_once), Ok(in_pieces)) => {
            assert!(at_once == in_pieces, "the lines depend on pieces of {piece}");
            check(&at_once, leaves.len());
            Outcome::default().counted(at_once.0.len()).counted(usize::from(at_once.1))
        }
        (Err(malformed), Err(_)) => Outcome::default().said(malformed),
        (at_once, in_pieces) => {
            panic!("pieces of {piece}: {:?} {:?}", at_once.err(), in_pieces.err())
        }
    }
}

fn leaf_of(number: u8) -> Leaf {
    Leaf::ALL[usize::from(number) % Leaf::ALL.len()]
}

/// The lines, and whether the last one is whole.
fn text(leaves: &[Leaf], rows: &[u8], piece: usize) -> Result<(Vec<u8>, bool), Malformed> {
    let column = |&leaf: &Leaf| Column {
        name: String::new(),
        type_name: String::new(),
        type_oid: 0,
        shape: Some(Shape::Leaf(leaf)),
    };
    let columns: Vec<Column> = leaves.iter().map(column).collect();
    let mut text =
        TextRows::new(&columns, Origin::new(180_004, "UTF8")).expect("every shape is known");
    let mut out = Vec::new();
    for piece in rows.chunks(piece.max(1)) {
        text.push(piece, &mut out)?;
    }
    Ok((out, text.is_between_rows()))
}

/// Whole lines have as many fields as there are columns, whatever is in them.
fn check((lines, whole): &(Vec<u8>, bool), columns: usize) {
    if *whole && columns > 0 {
        assert!(lines.is_empty() || lines.ends_with(b"\n"));
        let fields = |line: &[u8]| line.split(|&byte| byte == b'\t').count();
        let mut rows = lines.split_inclusive(|&byte| byte == b'\n');
        assert!(rows.all(|line| fields(line) == columns), "a value is not escaped");
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let number = |leaf: Leaf| Leaf::ALL.iter().position(|&known| known == leaf).unwrap_or(0) as u8;
    let mut seeds = Vec::new();
    for leaf in 0..Leaf::ALL.len() as u8 {
        let value = b"\x02\x00\x08\x01\t\\\x00\x01\nx1\x04\x00\x00\x00\x07\xff";
        seeds.push([&counted(&[leaf])[..], &[3, 0], &value[1..]].concat());
    }
    let leaves = [Leaf::Int8, Leaf::Text, Leaf::Bytea, Leaf::Jsonb].map(number);
    seeds.push([&counted(&leaves)[..], &[2, 0], &short_tuples()].concat());
    seeds
}
