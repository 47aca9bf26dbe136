//! COPY framing: where chunks end, and what rows sum up to, does not depend on how the network cut them.

use pgx_core::rows::{Cut, Cutter, FloatKind, RowSum};

use crate::input::Input;
use crate::outcome::Outcome;

/// Two bytes of target, three choices, and the rows.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let target = input.number(2) % 512;
    let (first, second) = (input.byte(), input.byte());
    let floats = floats(input.byte());
    // A chunk far smaller than its piece is copied over and over: that is not what is looked for.
    let rows = input.take(3 << 10);
    let whole = cuts(rows, target, rows.len());
    check(&whole, rows, target.max(1));
    let sum = sum(&floats, rows, rows.len());
    for piece in [first, second].map(|piece| usize::from(piece).pow(2) + 1) {
        assert!(cuts(rows, target, piece) == whole, "chunks depend on pieces of {piece}");
        assert!(self::sum(&floats, rows, piece) == sum, "the sum depends on pieces of {piece}");
    }
    assert!(reversed(&floats, rows) == sum, "the sum depends on the order of rows");
    Outcome::default().counted(whole.len()).counted(rows.len()).counted(sum.0 as usize)
}

fn cuts(rows: &[u8], target: usize, piece: usize) -> Vec<Cut> {
    let mut cutter = Cutter::new(target);
    let mut cuts = Vec::new();
    for piece in rows.chunks(piece.max(1)) {
        let pushed: Result<(), ()> = cutter.push(piece, |mut cut| {
            cut.raw.shrink_to_fit();
            cuts.push(cut);
            Ok(())
        });
        assert_eq!(pushed, Ok(()));
    }
    cuts.extend(cutter.finish());
    cuts
}

fn check(cuts: &[Cut], rows: &[u8], target: usize) {
    assert!(cuts.iter().flat_map(|cut| &cut.raw).eq(rows), "the chunks are not the rows");
    let ends = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
    for cut in cuts {
        assert!((1..=target).contains(&cut.raw.len()), "a chunk of {} bytes", cut.raw.len());
        assert_eq!(cut.rows as usize, ends(&cut.raw));
        assert!(!cut.continued || (cut.raw.len() == target && cut.rows == 0));
    }
    assert!(cuts.last().is_none_or(|cut| !cut.continued || !rows.ends_with(b"\n")));
}

/// The floats of three columns.
fn floats(choice: u8) -> Vec<Option<FloatKind>> {
    let kind = |choice| match choice % 3 {
        0 => None,
        1 => Some(FloatKind::Double),
        _ => Some(FloatKind::Single),
    };
    vec![kind(choice), kind(choice / 3), kind(choice / 9)]
}

fn sum(floats: &[Option<FloatKind>], rows: &[u8], piece: usize) -> (u64, u128) {
    let mut sum = RowSum::with_floats(floats.to_vec());
    rows.chunks(piece.max(1)).for_each(|piece| sum.update(piece));
    (sum.rows(), sum.value())
}

fn reversed(floats: &[Option<FloatKind>], rows: &[u8]) -> (u64, u128) {
    let end = rows.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut sum = RowSum::with_floats(floats.to_vec());
    let lines: Vec<&[u8]> = rows[..end].split_inclusive(|&byte| byte == b'\n').collect();
    lines.iter().rev().for_each(|line| sum.update(line));
    (sum.rows(), sum.value())
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let rows: [&[u8]; 4] = [
        b"1\t0.10000000000000001\tx\n\\N\t-Infinity\t0.100000001\n\n",
        b"{0.10000000000000001,NaN}\t(1e-05,3.1415926535897931)\t28286.5625\n",
        b"a long row without an end",
        b"59557277848944064\t9007199254740993\t1.54742505e+26\n2.98023223876953125e-08\t-0\t1e400\n",
    ];
    let choices = [[9, 0, 0, 3, 4], [1, 0, 2, 1, 5], [255, 255, 7, 9, 26], [0, 0, 1, 1, 13]];
    rows.iter().zip(choices).map(|(rows, choices)| [&choices[..], rows].concat()).collect()
}

/// A tuple of COPY BINARY.
pub(super) fn tuple(fields: &[Option<&[u8]>]) -> Vec<u8> {
    let mut raw = (fields.len() as i16).to_be_bytes().to_vec();
    for field in fields {
        match field {
            None => raw.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                raw.extend((value.len() as i32).to_be_bytes());
                raw.extend_from_slice(value);
            }
        }
    }
    raw
}

/// Tuples from a shorter form: how many fields, how often all rows are there, and per field a byte of
/// length (255 is NULL) and its bytes. So lengths are right whatever changed.
pub(super) fn tuples(mut input: Input<'_>) -> Vec<u8> {
    let (fields, times) = (1 + usize::from(input.byte() % 12), 1 + input.byte() % 16);
    let mut raw = Vec::new();
    while !input.is_empty() {
        let read = |_| match input.byte() {
            255 => None,
            length => Some(input.take(usize::from(length))),
        };
        raw.extend(tuple(&(0..fields).map(read).collect::<Vec<_>>()));
    }
    let most = (32 << 10) / raw.len().max(1);
    raw.repeat(usize::from(times).min(most.max(1)))
}

/// Rows as [`tuples`] reads them.
pub(super) fn short_tuples() -> Vec<u8> {
    let mut short = vec![3, 20];
    for i in 0..6_u8 {
        short.extend([8, 0, 0, 0, 0, 0, 0, 3, i]);
        short.extend([10, 0, 1, 0, 0, 0, 0, 0, 0, 0, i]);
        short.extend([255, 16, 63, 240, 0, 0, 0, 0, 0, i, 64, 0, 0, 0, 0, 0, 0, 0]);
    }
    short
}
