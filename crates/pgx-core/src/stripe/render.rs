//! Fields on their way back into rows.

use super::RowFormat;
use super::column::{NULL, ODD};
use super::decimal;
use super::error::{Result, StripeError, damaged};
use super::moment::Calendar;
use super::numbers::NumberReader;
use super::numeric;
use super::plan::MOST_ZONE;
use super::streams::{Plane, Streams};

/// Bytes that are always written at once; fields up to here need no loop.
const SHORT: usize = 24;

/// The raw bytes of a chunk while they are made; never longer than they are said to be.
pub(super) struct Output<'r> {
    /// Has [`SHORT`] bytes more than wanted.
    raw: &'r mut Vec<u8>,
    at: usize,
    format: RowFormat,
    /// What ends a field of COPY text.
    separator: u8,
}

impl<'r> Output<'r> {
    /// Rows that will take `length` bytes of `raw`, whatever it holds now.
    pub(super) fn new(raw: &'r mut Vec<u8>, length: usize, format: RowFormat) -> Output<'r> {
        raw.resize(length + SHORT, 0);
        Output { raw, at: 0, format, separator: b'\t' }
    }

    /// How many bytes are expected.
    pub(super) fn wanted(&self) -> usize {
        self.raw.len() - SHORT
    }

    pub(super) fn format(&self) -> RowFormat {
        self.format
    }

    /// Leaves the raw bytes, if there are as many as expected.
    pub(super) fn finish(self) -> Result<()> {
        if self.at != self.wanted() {
            return damaged("rows are missing");
        }
        self.raw.truncate(self.at);
        Ok(())
    }

    /// Begins a row of so many columns.
    #[inline]
    pub(super) fn begin_row(&mut self, columns: usize) -> Result<()> {
        match self.format {
            RowFormat::Text => Ok(()),
            RowFormat::Binary => self.word(u128::from((columns as u16).swap_bytes()), 2),
        }
    }

    /// Says whether the next field is the last of its row.
    #[inline]
    pub(super) fn begin_field(&mut self, is_last: bool) {
        self.separator = if is_last { b'\n' } else { b'\t' };
    }

    /// Appends a field.
    #[inline]
    fn value(&mut self, value: &[u8]) -> Result<()> {
        self.value_of(value.len(), |place| place.copy_from_slice(value))
    }

    /// Appends a field of `length` bytes that `fill` writes.
    #[inline]
    fn value_of(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        match self.format {
            RowFormat::Text => {
                let (separator, place) = (self.separator, self.place(length + 1)?);
                place[length] = separator;
                fill(&mut place[..length]);
            }
            RowFormat::Binary => {
                // A value that is longer than the length can say is longer than the place.
                let place = self.place(length + 4)?;
                place[..4].copy_from_slice(&(length as u32).to_be_bytes());
                fill(&mut place[4..]);
            }
        }
        Ok(())
    }

    /// Appends a field that fits a word beside what belongs to it: at most 15 bytes of text, 12 of
    /// binary, the first lowest. What is above them is ignored.
    #[inline]
    fn short_value(&mut self, value: u128, length: usize) -> Result<()> {
        let bits = 8 * length as u32;
        match self.format {
            RowFormat::Text => {
                let value = value & ((1 << bits) - 1);
                self.word(value | u128::from(self.separator) << bits, length + 1)
            }
            RowFormat::Binary => {
                self.word(u128::from((length as u32).swap_bytes()) | value << 32, length + 4)
            }
        }
    }

    #[inline]
    fn null(&mut self) -> Result<()> {
        match self.format {
            RowFormat::Text => self.value(b"\\N"),
            RowFormat::Binary => self.word(u128::from(u32::MAX), 4),
        }
    }

    /// Appends `length` bytes of a word, the lowest first.
    #[inline]
    fn word(&mut self, word: u128, length: usize) -> Result<()> {
        self.short_place()?[..16].copy_from_slice(&word.to_le_bytes());
        self.advance(length)
    }

    /// Appends the text of a short number; false if it is not short.
    #[inline]
    fn short_decimal(&mut self, scale: u8, number: i64) -> Result<bool> {
        let separator = self.separator;
        let place = self.short_place()?;
        let Some(length) = decimal::render_short(scale, number, place) else { return Ok(false) };
        place[length] = separator;
        self.advance(length + 1)?;
        Ok(true)
    }

    /// Room for a short field, perhaps behind the end of the rows.
    #[inline]
    fn short_place(&mut self) -> Result<&mut [u8; SHORT]> {
        match self.raw.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut()) {
            Some(place) => Ok(place),
            None => excess(),
        }
    }

    #[inline]
    fn advance(&mut self, length: usize) -> Result<()> {
        self.at += length;
        if self.at + SHORT > self.raw.len() { excess() } else { Ok(()) }
    }

    /// Room for the next bytes.
    #[inline]
    fn place(&mut self, length: usize) -> Result<&mut [u8]> {
        let start = self.at;
        if length > self.raw.len() - SHORT - start {
            return excess();
        }
        self.at += length;
        Ok(&mut self.raw[start..start + length])
    }
}

#[cold]
fn excess<T>() -> Result<T> {
    damaged("there are more rows than expected")
}

/// A byte stream, read from its beginning.
pub(super) struct ByteReader {
    stream: Plane,
    length: usize,
    at: usize,
}

impl ByteReader {
    pub(super) fn new(stream: Plane, length: usize) -> ByteReader {
        ByteReader { stream, length, at: 0 }
    }

    /// Advances by `length` bytes; where they begin.
    #[inline]
    fn advance(&mut self, length: usize) -> Result<usize> {
        let at = self.at;
        if length > self.length - at {
            return damaged("a stream is too short");
        }
        self.at += length;
        Ok(at)
    }

    /// Appends the next `length` bytes as a field.
    #[inline]
    fn value(&mut self, length: usize, streams: &Streams, out: &mut Output<'_>) -> Result<()> {
        let at = self.advance(length)?;
        if let Some(word) = streams.word(self.stream, at).filter(|_| length <= 12) {
            return out.short_value(word, length);
        }
        match streams.part(self.stream, at, length) {
            Ok(value) => out.value(value),
            Err(byte) => out.value_of(length, |place| place.fill(byte)),
        }
    }

    fn is_at_end(&self) -> bool {
        self.at == self.length
    }
}

/// Values whose whole groups of bytes are kept in planes.
pub(super) struct GroupReader {
    planes: Vec<Plane>,
    count: usize,
    /// The groups, once the streams are there.
    groups: Vec<u8>,
    at: usize,
    rest: ByteReader,
}

impl GroupReader {
    /// A reader of `count` groups of as many bytes as there are planes.
    pub(super) fn new(planes: Vec<Plane>, count: usize, rest: ByteReader) -> GroupReader {
        GroupReader { planes, count, groups: Vec::new(), at: 0, rest }
    }

    /// Puts the groups together, some at a time, so that they stay in the cache.
    fn load(&mut self, streams: &Streams) {
        const TOGETHER: usize = 512;
        let stride = self.planes.len();
        self.groups = vec![0; self.count * stride];
        for (block, groups) in self.groups.chunks_mut(TOGETHER * stride).enumerate() {
            for (number, plane) in self.planes.iter().enumerate() {
                let places = groups.chunks_exact_mut(stride).map(|group| &mut group[number]);
                let count = places.len();
                match streams.part(*plane, block * TOGETHER, count) {
                    Ok(bytes) => places.zip(bytes).for_each(|(place, &byte)| *place = byte),
                    Err(byte) => places.for_each(|place| *place = byte),
                }
            }
        }
    }

    #[inline]
    fn value(&mut self, length: usize, streams: &Streams, out: &mut Output<'_>) -> Result<()> {
        let whole = length - length % self.planes.len();
        let rest = self.rest.advance(length - whole)?;
        let Some(groups) = self.groups.get(self.at..).and_then(|groups| groups.get(..whole)) else {
            return damaged("a stream is too short");
        };
        self.at += whole;
        let rest = streams.part(self.rest.stream, rest, length - whole);
        out.value_of(length, |place| {
            let (front, back) = place.split_at_mut(whole);
            front.copy_from_slice(groups);
            match rest {
                Ok(rest) => back.copy_from_slice(rest),
                Err(byte) => back.fill(byte),
            }
        })
    }

    fn is_at_end(&self) -> bool {
        self.at == self.groups.len() && self.rest.is_at_end()
    }
}

/// Values that do not fit their column's code.
pub(super) struct OddReader {
    pub(super) left: usize,
    pub(super) lengths: NumberReader,
    pub(super) bytes: ByteReader,
}

impl OddReader {
    fn next(&mut self, streams: &Streams, out: &mut Output<'_>) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or(StripeError::Damaged("a value is missing"))?;
        let mut length = [0];
        self.lengths.fill(streams, &mut length);
        self.bytes.value(value_length(length[0])?, streams, out)
    }
}

/// How numbers become fields.
pub(super) enum Code {
    Integer(u8),
    Numeric,
    Decimal,
    Timestamp { zone: Vec<u8>, calendar: Calendar },
    Date(Calendar),
}

/// How the numbers of a column become its fields.
pub(super) enum Fields {
    Bytes(ByteReader),
    /// The ends of the entries, and their bytes.
    Dictionary(Vec<usize>, Vec<u8>),
    Shuffled(GroupReader),
    Coded(Code, Option<OddReader>),
}

impl Fields {
    /// Prepares for the first row, when the streams are there.
    pub(super) fn load(&mut self, streams: &Streams) {
        if let Fields::Shuffled(groups) = self {
            groups.load(streams);
        }
    }

    /// Appends the field of the next row.
    #[inline]
    pub(super) fn next(
        &mut self,
        kind: u8,
        number: i64,
        streams: &Streams,
        out: &mut Output<'_>,
    ) -> Result<()> {
        match self {
            Fields::Coded(_, odd) if kind == ODD => match odd {
                Some(odd) => odd.next(streams, out),
                None => damaged("a value is missing"),
            },
            Fields::Coded(_, _) if kind == NULL => out.null(),
            Fields::Coded(code, _) => code.value(kind, number, out),
            _ if number == -1 => out.null(),
            Fields::Bytes(bytes) => bytes.value(value_length(number)?, streams, out),
            Fields::Dictionary(ends, bytes) => out.value(entry(ends, bytes, number)?),
            Fields::Shuffled(groups) => groups.value(value_length(number)?, streams, out),
        }
    }

    /// Fails if values are left.
    pub(super) fn finish(&self) -> Result<()> {
        let all_taken = match self {
            Fields::Bytes(bytes) => bytes.is_at_end(),
            Fields::Shuffled(groups) => groups.is_at_end(),
            Fields::Coded(_, Some(odd)) => odd.left == 0 && odd.bytes.is_at_end(),
            Fields::Dictionary(..) | Fields::Coded(_, None) => true,
        };
        if all_taken { Ok(()) } else { damaged("values are left over") }
    }
}

impl Code {
    #[inline]
    fn value(&mut self, kind: u8, number: i64, out: &mut Output<'_>) -> Result<()> {
        const UNFIT: StripeError = StripeError::Damaged("a number does not fit its column");
        match self {
            Code::Integer(_) | Code::Timestamp { .. } | Code::Date(_) if kind != 0 => Err(UNFIT),
            Code::Integer(width) => {
                let value = number.swap_bytes() as u64 >> (64 - 8 * u32::from(*width));
                out.short_value(u128::from(value), usize::from(*width))
            }
            Code::Numeric => out.value(numeric::render(kind, number, &mut [0; 24]).ok_or(UNFIT)?),
            Code::Decimal => match out.short_decimal(kind, number)? {
                true => Ok(()),
                false => out.value(decimal::render(kind, number, &mut [0; 40]).ok_or(UNFIT)?),
            },
            Code::Timestamp { zone, calendar } => {
                let mut text = [0; 26 + MOST_ZONE];
                let length = calendar.timestamp(number, &mut text).ok_or(UNFIT)?;
                let end = length + zone.len();
                text[length..end].copy_from_slice(zone);
                out.value(&text[..end])
            }
            Code::Date(calendar) => out.value(&calendar.date(number).ok_or(UNFIT)?),
        }
    }
}

#[inline]
fn value_length(number: i64) -> Result<usize> {
    usize::try_from(number).or(damaged("a length is negative"))
}

#[inline]
fn entry<'b>(ends: &[usize], bytes: &'b [u8], number: i64) -> Result<&'b [u8]> {
    let number = value_length(number)?;
    let Some(&end) = ends.get(number) else { return damaged("an entry is missing") };
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    Ok(&bytes[start..end])
}
