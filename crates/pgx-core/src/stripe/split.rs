//! Rows taken apart: where every field of a block of rows lies.

use memchr::{memchr, memchr_iter, memchr2};

/// Raw bytes of a block: fields of a block are taken twice or more, so it should stay in the cache.
const BLOCK: usize = 48 << 10;
/// Rows of a block of many columns, and its bytes at most: each column costs something once a block.
const LEAST_ROWS: usize = 64;
const MOST_BLOCK: usize = 8 * BLOCK;

/// Whether a block of so many bytes and fields should go on.
#[inline]
fn goes_on(bytes: usize, fields: usize, columns: usize) -> bool {
    bytes < BLOCK || (columns > 64 && fields < LEAST_ROWS * columns && bytes < MOST_BLOCK)
}

/// A field: where it begins in the raw bytes, and its length; [`Span::NULL`] for none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

impl Span {
    const NULL: Span = Span { start: 0, length: u32::MAX };

    fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, length: (end - start) as u32 }
    }

    /// The field, none for NULL.
    #[inline]
    fn of(self, raw: &[u8]) -> Option<Field<'_>> {
        if self.length == u32::MAX {
            return None;
        }
        Some(Field { rest: &raw[self.start as usize..], length: self.length as usize })
    }
}

/// The bytes of a field, and those behind it, so that words can be read without regard to its end.
#[derive(Clone, Copy)]
pub(super) struct Field<'r> {
    rest: &'r [u8],
    length: usize,
}

impl<'r> Field<'r> {
    #[cfg(test)]
    pub(super) fn new(rest: &'r [u8], length: usize) -> Field<'r> {
        Field { rest, length }
    }

    /// The bytes of the field.
    #[inline]
    pub(super) fn value(self) -> &'r [u8] {
        &self.rest[..self.length]
    }

    /// What is behind the first byte of a field that is not empty.
    #[inline]
    pub(super) fn skip_one(self) -> Field<'r> {
        Field { rest: &self.rest[1..], length: self.length - 1 }
    }

    #[inline]
    pub(super) fn length(self) -> usize {
        self.length
    }

    /// Eight bytes from `at`, also behind the field, zeros behind the rows; the first is lowest.
    #[inline]
    pub(super) fn word(self, at: usize) -> u64 {
        word(self.rest, at)
    }
}

/// Fields of consecutive rows, row by row.
pub(super) struct Block<'r> {
    pub(super) raw: &'r [u8],
    pub(super) spans: &'r [Span],
    pub(super) columns: usize,
}

impl<'r> Block<'r> {
    pub(super) fn rows(&self) -> usize {
        self.spans.len() / self.columns
    }

    /// The fields of one column.
    #[inline]
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = Option<Field<'r>>> + Clone {
        let raw = self.raw;
        self.spans.chunks_exact(self.columns).map(move |row| row[column].of(raw))
    }
}

/// Fields of the first row; `None` where the raw bytes do not begin with a row.
pub(super) fn text_columns(raw: &[u8]) -> Option<usize> {
    let end = memchr(b'\n', raw)?;
    Some(memchr_iter(b'\t', &raw[..end]).count() + 1)
}

/// Splits whole rows of COPY text from `from` on; the end of the block, `None` if a row does not fit.
pub(super) fn text_block(
    raw: &[u8],
    from: usize,
    columns: usize,
    spans: &mut Vec<Span>,
) -> Option<usize> {
    let (mut at, mut line) = (from, Line { start: from, row: from, field: 0, uneven: false });
    let mut count = 0;
    while at < raw.len() && (goes_on(at - from, count, columns) || count < columns) {
        let mask = separators(&words(raw, at));
        if spans.len() < count + WIDTH {
            spans.resize(2 * (count + WIDTH), Span::NULL);
        }
        count += line.cut(raw, at, mask, columns, &mut spans[count..count + WIDTH]);
        if line.uneven {
            return None;
        }
        at += WIDTH;
        if mask == 0 && at < raw.len() {
            at += memchr2(b'\t', b'\n', &raw[at..]).unwrap_or(raw.len() - at);
        }
    }
    // A row that is cut off here is whole in the next block, or not at all.
    let whole = count - count % columns;
    let end = line.row;
    spans.truncate(whole);
    (whole > 0).then_some(end)
}

/// How far a line is cut.
struct Line {
    /// Where the next field begins.
    start: usize,
    /// Where the line begins.
    row: usize,
    field: usize,
    /// A line has more or fewer fields than the first.
    uneven: bool,
}

impl Line {
    /// Cuts at the bits of `mask`, which stand for the bytes from `at` on; how many fields end there.
    #[inline]
    fn cut(
        &mut self,
        raw: &[u8],
        at: usize,
        mut mask: u64,
        columns: usize,
        spans: &mut [Span],
    ) -> usize {
        let count = mask.count_ones() as usize;
        for span in &mut spans[..count] {
            let end = at + mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let is_null = end - self.start == 2 && raw[self.start..end] == *b"\\N";
            *span = if is_null { Span::NULL } else { Span::new(self.start, end) };
            self.start = end + 1;
            self.field += 1;
            let is_last = self.field == columns;
            self.uneven |= is_last != (raw[end] == b'\n');
            self.field = if is_last { 0 } else { self.field };
            self.row = if is_last { self.start } else { self.row };
        }
        count
    }
}

/// Bytes that are searched for separators at once.
const WIDTH: usize = 64;

/// The next bytes from `at`, zeros behind the end.
#[inline]
fn words(raw: &[u8], at: usize) -> [u8; WIDTH] {
    match raw[at..].first_chunk() {
        Some(chunk) => *chunk,
        None => {
            let mut last = [0; WIDTH];
            last[..raw.len() - at].copy_from_slice(&raw[at..]);
            last
        }
    }
}

/// A bit for every byte that is a tab or a line feed, the lowest for the first.
#[inline]
fn separators(bytes: &[u8; WIDTH]) -> u64 {
    let found = bytes.map(|byte| if byte.wrapping_sub(b'\t') < 2 { u8::MAX } else { 0 });
    let mut mask = 0;
    for (number, bytes) in found.as_chunks::<8>().0.iter().enumerate() {
        // Bit i of byte i, moved to the highest byte.
        let bits = u64::from_le_bytes(*bytes) & 0x8040_2010_0804_0201;
        mask |= (bits.wrapping_mul(ONES) >> 56) << (8 * number);
    }
    mask
}

/// Eight bytes from `at`, zeros behind the end.
#[inline]
fn word(raw: &[u8], at: usize) -> u64 {
    match raw[at..].first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => short_word(&raw[at..]),
    }
}

#[cold]
fn short_word(raw: &[u8]) -> u64 {
    raw.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// Every byte one.
pub(super) const ONES: u64 = 0x0101_0101_0101_0101;

/// Fields of the first tuple; `None` where the raw bytes do not begin with one that has fields.
pub(super) fn binary_columns(raw: &[u8]) -> Option<usize> {
    let count = i16::from_be_bytes(*raw.first_chunk()?);
    usize::try_from(count).ok().filter(|&count| count > 0)
}

/// Splits whole tuples of COPY BINARY from `from` on, as [`text_block`] does.
pub(super) fn binary_block(
    raw: &[u8],
    from: usize,
    columns: usize,
    spans: &mut Vec<Span>,
) -> Option<usize> {
    spans.clear();
    let mut at = from;
    while at < raw.len() && goes_on(at - from, spans.len(), columns) {
        if binary_columns(&raw[at..]) != Some(columns) {
            return None;
        }
        at += 2;
        for _ in 0..columns {
            let length = i32::from_be_bytes(*raw.get(at..)?.first_chunk()?);
            at += 4;
            let Ok(length) = usize::try_from(length) else {
                if length != -1 {
                    return None;
                }
                spans.push(Span::NULL);
                continue;
            };
            if length > raw.len() - at {
                return None;
            }
            spans.push(Span::new(at, at + length));
            at += length;
        }
    }
    Some(at)
}
