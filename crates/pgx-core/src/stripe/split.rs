//! Rows taken apart: where every field of a block of rows lies.

/// Raw bytes of a block: fields of a block are taken twice or more, so it should stay in the cache.
const BLOCK: usize = 48 << 10;

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
    let end = raw.iter().position(|&byte| byte == b'\n')?;
    Some(raw[..end].iter().filter(|&&byte| byte == b'\t').count() + 1)
}

/// Splits whole rows of COPY text from `from` on; the end of the block, `None` if a row does not fit.
pub(super) fn text_block(
    raw: &[u8],
    from: usize,
    columns: usize,
    spans: &mut Vec<Span>,
) -> Option<usize> {
    spans.clear();
    let (mut start, mut field, mut at) = (from, 0, from);
    while at < raw.len() {
        let mut mask = separators(word(raw, at));
        while mask != 0 {
            let end = at + mask.trailing_zeros() as usize / 8;
            mask &= mask - 1;
            spans.push(text_span(raw, start, end));
            start = end + 1;
            field += 1;
            if raw[end] == b'\t' {
                continue;
            }
            if field != columns {
                return None;
            }
            field = 0;
            if start - from >= BLOCK {
                return Some(start);
            }
        }
        if field >= columns {
            return None;
        }
        at += 8;
    }
    (field == 0 && start == raw.len()).then_some(start)
}

#[inline]
fn text_span(raw: &[u8], start: usize, end: usize) -> Span {
    if end - start == 2 && raw[start..end] == *b"\\N" {
        return Span::NULL;
    }
    Span::new(start, end)
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

/// The high bit of every byte of `word` that is a tab or a line feed.
#[inline]
fn separators(word: u64) -> u64 {
    zero_bytes(word ^ (ONES * b'\t' as u64)) | zero_bytes(word ^ (ONES * b'\n' as u64))
}

/// Every byte one.
pub(super) const ONES: u64 = 0x0101_0101_0101_0101;

/// The high bit of every byte that is zero.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    let low = (word & (ONES * 0x7f)) + ONES * 0x7f;
    !(low | word | (ONES * 0x7f))
}

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
    while at < raw.len() && at - from < BLOCK {
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
