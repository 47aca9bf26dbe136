//! Fields on their way back into rows.

use super::RowFormat;
use super::column::{NULL, ODD};
use super::decimal;
use super::error::{Result, StripeError, damaged};
use super::moment::Calendar;
use super::numbers::NumberReader;
use super::numeric;
use super::streams::{Plane, Streams};

/// The raw bytes of a chunk while they are made; never longer than they are said to be.
pub(super) struct Output {
    raw: Vec<u8>,
    at: usize,
    format: RowFormat,
}

impl Output {
    pub(super) fn new(length: usize, format: RowFormat) -> Output {
        Output { raw: vec![0; length], at: 0, format }
    }

    /// The raw bytes, if there are as many as expected.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        if self.at == self.raw.len() { Ok(self.raw) } else { damaged("rows are missing") }
    }

    #[inline]
    pub(super) fn is_binary(&self) -> bool {
        self.format == RowFormat::Binary
    }

    /// Appends bytes that are no field.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.place(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Appends a field.
    #[inline]
    fn value(&mut self, value: &[u8]) -> Result<()> {
        self.prefix(value.len())?;
        self.put(value)
    }

    #[inline]
    fn null(&mut self) -> Result<()> {
        match self.format {
            RowFormat::Text => self.put(b"\\N"),
            RowFormat::Binary => self.put(&[0xff; 4]),
        }
    }

    /// What stands before a field of `length` bytes.
    #[inline]
    fn prefix(&mut self, length: usize) -> Result<()> {
        match self.format {
            RowFormat::Text => Ok(()),
            // Longer values than the output holds fail when they are put.
            RowFormat::Binary => self.put(&(length as u32).to_be_bytes()),
        }
    }

    /// Room for the next bytes.
    #[inline]
    fn place(&mut self, length: usize) -> Result<&mut [u8]> {
        let rest = self.raw.get_mut(self.at..).and_then(|rest| rest.get_mut(..length));
        let Some(place) = rest else { return damaged("there are more rows than expected") };
        self.at += length;
        Ok(place)
    }
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
    fn value(&mut self, length: usize, streams: &Streams, out: &mut Output) -> Result<()> {
        let at = self.advance(length)?;
        match streams.part(self.stream, at, length) {
            Ok(value) => out.value(value),
            Err(byte) => {
                out.prefix(length)?;
                out.place(length)?.fill(byte);
                Ok(())
            }
        }
    }

    fn is_at_end(&self) -> bool {
        self.at == self.length
    }
}

/// Values that do not fit their column's code.
pub(super) struct OddReader {
    pub(super) left: usize,
    pub(super) lengths: NumberReader,
    pub(super) bytes: ByteReader,
}

impl OddReader {
    fn next(&mut self, streams: &Streams, out: &mut Output) -> Result<()> {
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
    Shuffled(Vec<ByteReader>),
    Coded(Code, Option<OddReader>),
}

impl Fields {
    /// Appends the field of the next row.
    #[inline]
    pub(super) fn next(
        &mut self,
        kind: u8,
        number: i64,
        streams: &Streams,
        out: &mut Output,
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
            Fields::Shuffled(planes) => join(planes, value_length(number)?, streams, out),
        }
    }

    /// Fails if values are left.
    pub(super) fn finish(&self) -> Result<()> {
        let all_taken = match self {
            Fields::Bytes(bytes) => bytes.is_at_end(),
            Fields::Shuffled(planes) => planes.iter().all(ByteReader::is_at_end),
            Fields::Coded(_, Some(odd)) => odd.left == 0 && odd.bytes.is_at_end(),
            Fields::Dictionary(..) | Fields::Coded(_, None) => true,
        };
        if all_taken { Ok(()) } else { damaged("values are left over") }
    }
}

impl Code {
    #[inline]
    fn value(&mut self, kind: u8, number: i64, out: &mut Output) -> Result<()> {
        const UNFIT: StripeError = StripeError::Damaged("a number does not fit its column");
        match self {
            Code::Integer(_) | Code::Timestamp { .. } | Code::Date(_) if kind != 0 => Err(UNFIT),
            Code::Integer(4) => out.value(&(number as i32).to_be_bytes()),
            Code::Integer(8) => out.value(&number.to_be_bytes()),
            Code::Integer(2) => out.value(&(number as i16).to_be_bytes()),
            Code::Integer(_) => out.value(&[number as u8]),
            Code::Numeric => {
                out.value(numeric::render(kind, number, &mut [0; 24]).ok_or(UNFIT)?)
            }
            Code::Decimal => {
                out.value(decimal::render(kind, number, &mut [0; 40]).ok_or(UNFIT)?)
            }
            Code::Timestamp { zone, calendar } => {
                out.put(calendar.timestamp(number, &mut [0; 26]).ok_or(UNFIT)?)?;
                out.put(zone)
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

/// Appends a value whose bytes are dealt out to planes.
fn join(
    planes: &mut [ByteReader],
    length: usize,
    streams: &Streams,
    out: &mut Output,
) -> Result<()> {
    out.prefix(length)?;
    let stride = planes.len();
    let value = out.place(length)?;
    for (number, plane) in planes.iter_mut().enumerate() {
        let count = (length + stride - 1).saturating_sub(number) / stride;
        let at = plane.advance(count)?;
        let places = value.iter_mut().skip(number).step_by(stride);
        match streams.part(plane.stream, at, count) {
            Ok(bytes) => places.zip(bytes).for_each(|(place, &byte)| *place = byte),
            Err(byte) => places.for_each(|place| *place = byte),
        }
    }
    Ok(())
}
