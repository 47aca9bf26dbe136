//! COPY framing: where chunks end, and what rows sum up to, does not depend on how the network cut them.

use pgx_core::rows::{Cut, Cutter, FloatKind, Malformed, RowSum};
use pgx_core::toc::RowFormat;

use crate::input::Input;
use crate::outcome::Outcome;

/// The least bytes of a chunk.
const TARGET_MIN: usize = 16;

/// Two bytes of target, two sizes of pieces, how rows are written, and what the server sends.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let target = input.number(2) % 512;
    let pieces = [input.byte(), input.byte()].map(|piece| usize::from(piece).pow(2) + 1);
    let kind = Kind::read(input.byte());
    // A chunk far smaller than its piece is copied over and over: that is not what is looked for.
    let stream = kind.stream(Input::new(input.take(3 << 10)));
    let whole = cut(&kind, &stream, target, stream.len());
    for piece in pieces {
        let cut = cut(&kind, &stream, target, piece);
        match (&whole, &cut) {
            (Ok(whole), Ok(cut)) => assert!(whole == cut, "chunks depend on pieces of {piece}"),
            (Err(_), Err(_)) => {}
            _ => panic!("whole and in pieces of {piece}: {:?} {:?}", whole.err(), cut.err()),
        }
    }
    let outcome = Outcome::default().counted(stream.len());
    match whole {
        Ok(whole) => {
            check(&kind, &whole, &stream, target.max(TARGET_MIN));
            outcome.counted(whole.chunks.len()).counted(whole.rows as usize)
        }
        Err(malformed) => outcome.said(malformed),
    }
}

/// Signature, flags and an empty extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

enum Kind {
    /// Lines, whose columns may be floats of an old server.
    Text(Vec<Option<FloatKind>>),
    /// Whatever the input is, taken for COPY BINARY.
    Binary,
    /// The same behind a right header.
    AfterHeader,
    /// Tuples whose lengths are right (see [`tuples`]) between header and end mark.
    Tuples,
}

impl Kind {
    fn read(choice: u8) -> Kind {
        match choice {
            0..192 => Kind::Text(floats(choice)),
            192..200 => Kind::Binary,
            200..230 => Kind::AfterHeader,
            _ => Kind::Tuples,
        }
    }

    fn sum(&self) -> RowSum {
        match self {
            Kind::Text(floats) => RowSum::with_floats(floats.clone()),
            _ => RowSum::new(RowFormat::Binary),
        }
    }

    /// What the server sends.
    fn stream(&self, input: Input<'_>) -> Vec<u8> {
        match self {
            Kind::Tuples => [HEADER, &tuples(input)[..], &[255, 255]].concat(),
            Kind::AfterHeader => [HEADER, input.rest()].concat(),
            Kind::Text(_) | Kind::Binary => input.rest().to_vec(),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Whole {
    chunks: Vec<Cut>,
    rows: u64,
    sum: u128,
}

fn cut(kind: &Kind, stream: &[u8], target: usize, piece: usize) -> Result<Whole, Malformed> {
    let mut cutter = Cutter::new(target, kind.sum());
    let mut chunks = Vec::new();
    for piece in stream.chunks(piece.max(1)) {
        cutter.push::<Malformed>(piece, |mut cut, _| {
            cut.raw.shrink_to_fit();
            chunks.push(cut);
            Ok(())
        })?;
    }
    chunks.extend(cutter.finish()?);
    Ok(Whole { chunks, rows: cutter.sum().rows(), sum: cutter.sum().value() })
}

fn check(kind: &Kind, whole: &Whole, stream: &[u8], target: usize) {
    let joined: Vec<u8> = whole.chunks.iter().flat_map(|cut| cut.raw.clone()).collect();
    match kind {
        Kind::Text(_) => assert!(joined == stream, "the chunks are not the lines"),
        Kind::Tuples => {
            let tuples = &stream[HEADER.len()..stream.len() - 2];
            assert!(joined == tuples, "the chunks are not the tuples");
        }
        _ => assert!(joined.is_empty() || stream.windows(joined.len()).any(|part| part == joined)),
    }
    for cut in &whole.chunks {
        assert!((1..=target).contains(&cut.raw.len()), "a chunk of {} bytes", cut.raw.len());
        assert!(!cut.continued || (cut.raw.len() == target && cut.rows == 0));
    }
    let rows: u64 = whole.chunks.iter().map(|cut| u64::from(cut.rows)).sum();
    assert_eq!(rows, whole.rows, "the chunks hold other rows than were counted");
    sums(kind, whole, stream);
}

/// As an archive is verified, over the chunks without header and end mark; and in another order.
fn sums(kind: &Kind, whole: &Whole, stream: &[u8]) {
    let mut again = kind.sum();
    assert_eq!(whole.chunks.iter().try_for_each(|cut| again.update(&cut.raw)), Ok(()));
    assert_eq!((again.rows(), again.value()), (whole.rows, whole.sum), "chunks sum up otherwise");
    if let Kind::Text(floats) = kind {
        let mut reversed = RowSum::with_floats(floats.clone());
        let lines: Vec<&[u8]> = stream.split_inclusive(|&byte| byte == b'\n').collect();
        assert!(lines.iter().rev().all(|line| reversed.update(line).is_ok()));
        assert_eq!(reversed.value(), whole.sum, "the sum depends on the order of rows");
    }
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

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let rows: [&[u8]; 4] = [
        b"1\t0.10000000000000001\tx\n\\N\t-Infinity\t0.100000001\n\n",
        b"{0.10000000000000001,NaN}\t(1e-05,3.1415926535897931)\t28286.5625\n",
        b"a long row without an end",
        b"59557277848944064\t9007199254740993\t1.54742505e+26\n2.98023223876953125e-08\t-0\t1e400\n",
    ];
    let choices = [[9, 0, 0, 3, 4], [1, 0, 2, 1, 5], [255, 255, 7, 9, 26], [0, 0, 1, 1, 13]];
    let text = rows.iter().zip(choices).map(|(rows, choices)| [&choices[..], rows].concat());
    let mut seeds: Vec<Vec<u8>> = text.collect();
    let binary = [tuple(&[Some(b"ab"), None]), tuple(&[]), tuple(&[Some(&b""[..]); 3])].concat();
    let after_header = [&binary[..], &[255, 255]].concat();
    seeds.push([&[20, 0, 0, 1, 192], HEADER, &after_header].concat());
    seeds.push([&[20, 0, 0, 1, 200], &after_header[..]].concat());
    seeds.push([&[40, 0, 1, 2, 230], &short_tuples()[..]].concat());
    seeds
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
