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

    /// The bytes of the field, none for NULL.
    #[inline]
    pub(super) fn of(self, raw: &[u8]) -> Option<&[u8]> {
        if self.length == u32::MAX {
            return None;
        }
        let start = self.start as usize;
        Some(&raw[start..start + self.length as usize])
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
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = Option<&'r [u8]>> + Clone {
        let raw = self.raw;
        self.spans[column..].iter().step_by(self.columns).map(move |span| span.of(raw))
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
        None => raw[at..].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// The high bit of every byte of `word` that is a tab or a line feed.
#[inline]
fn separators(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| {
        let low = (word & (ONES * 0x7f)) + ONES * 0x7f;
        !(low | word | (ONES * 0x7f))
    };
    zeros(word ^ (ONES * b'\t' as u64)) | zeros(word ^ (ONES * b'\n' as u64))
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
