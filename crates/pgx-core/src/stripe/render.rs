//! Columns on their way back into rows.

use super::cells::{self, Cell, Frame, Output, Place, SIZE};
use super::column::{NULL, ODD};
use super::decimal;
use super::error::{Result, StripeError, damaged};
use super::moment::Calendar;
use super::numbers::NumberReader;
use super::numeric;
use super::streams::{Plane, Streams};

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

    /// Makes `cell` hold the next `length` bytes.
    #[inline]
    fn fill(&mut self, length: usize, column: &Framing<'_>, cell: &mut Cell) -> Result<()> {
        let at = self.advance(length)?;
        if !column.frame.fits(length) {
            cells::put_long(cell, Place { length, at, rest: 0 });
            return Ok(());
        }
        match self.stream {
            Plane::Constant(byte) => {
                column.frame.copy(cell, &[byte; SIZE], 0, length);
            }
            Plane::Stream(_) => {
                let (bytes, start) = column.streams.behind(self.stream);
                column.frame.copy(cell, bytes, start + at, length);
            }
        }
        Ok(())
    }

    /// Appends a long value.
    fn long(&self, place: Place, column: &Framing<'_>, out: &mut Output<'_>) -> Result<()> {
        let value = column.streams.part(self.stream, place.at, place.length);
        out.value_of(column.frame, place.length, |room| put(value, room))
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

    /// Makes `cell` say where the next `length` bytes are; short ones are copied like long ones.
    #[inline]
    fn fill(&mut self, length: usize, cell: &mut Cell) -> Result<()> {
        let whole = length - length % self.planes.len();
        let rest = self.rest.advance(length - whole)?;
        let at = self.at;
        if whole > self.groups.len() - at {
            return damaged("a stream is too short");
        }
        self.at += whole;
        cells::put_long(cell, Place { length, at, rest });
        Ok(())
    }

    fn long(&self, place: Place, column: &Framing<'_>, out: &mut Output<'_>) -> Result<()> {
        let Place { length, at, rest } = place;
        let whole = length - length % self.planes.len();
        let rest = column.streams.part(self.rest.stream, rest, length - whole);
        out.value_of(column.frame, length, |room| {
            let (front, back) = room.split_at_mut(whole);
            front.copy_from_slice(&self.groups[at..at + whole]);
            put(rest, back);
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
    fn fill(&mut self, column: &Framing<'_>, cell: &mut Cell) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or(StripeError::Damaged("a value is missing"))?;
        let mut length = [0];
        self.lengths.fill(column.streams, &mut length);
        self.bytes.fill(value_length(length[0])?, column, cell)
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
    Dictionary(Entries),
    Shuffled(GroupReader),
    Coded(Code, Option<OddReader>),
}

/// What all fields of a column share.
#[derive(Clone, Copy)]
pub(super) struct Framing<'s> {
    pub(super) frame: Frame,
    pub(super) streams: &'s Streams,
}

impl Fields {
    /// Prepares for the first row, when the streams are there.
    pub(super) fn load(&mut self, streams: &Streams) {
        if let Fields::Shuffled(groups) = self {
            groups.load(streams);
        }
    }

    /// Makes cells of the next rows; `kinds` is used by coded fields only.
    pub(super) fn fill(
        &mut self,
        kinds: &[u8],
        numbers: &[i64],
        column: &Framing<'_>,
        cells: &mut [Cell],
    ) -> Result<()> {
        let frame = column.frame;
        match self {
            Fields::Bytes(bytes) => {
                fill_each(numbers, frame, cells, |length, cell| bytes.fill(length, column, cell))
            }
            Fields::Dictionary(entries) => {
                fill_each(numbers, frame, cells, |number, cell| entries.fill(number, frame, cell))
            }
            Fields::Shuffled(groups) => {
                fill_each(numbers, frame, cells, |length, cell| groups.fill(length, cell))
            }
            Fields::Coded(code, odd) => {
                let cells = kinds.iter().zip(numbers).zip(cells);
                fill_coded(
                    code,
                    odd,
                    column,
                    cells.map(|((kind, number), cell)| (*kind, *number, cell)),
                )
            }
        }
    }

    /// Appends a field that did not fit its cell.
    pub(super) fn long(
        &self,
        place: Place,
        column: &Framing<'_>,
        out: &mut Output<'_>,
    ) -> Result<()> {
        match self {
            Fields::Bytes(bytes) | Fields::Coded(_, Some(OddReader { bytes, .. })) => {
                bytes.long(place, column, out)
            }
            Fields::Shuffled(groups) => groups.long(place, column, out),
            Fields::Dictionary(entries) => {
                let value = &entries.bytes[place.at..place.at + place.length];
                out.value_of(column.frame, place.length, |room| room.copy_from_slice(value))
            }
            Fields::Coded(_, None) => damaged("a value is missing"),
        }
    }

    /// Whether a column of this number and kind alone has one and the same field in all rows.
    pub(super) fn is_constant(&self, kind: Option<u8>, number: i64) -> bool {
        match self {
            Fields::Coded(..) => kind.is_some_and(|kind| kind != ODD),
            Fields::Dictionary(_) => true,
            Fields::Bytes(_) => number <= 0,
            Fields::Shuffled(_) => false,
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

/// Fills a cell for each number but -1, which is NULL.
#[inline]
fn fill_each(
    numbers: &[i64],
    frame: Frame,
    cells: &mut [Cell],
    mut fill: impl FnMut(usize, &mut Cell) -> Result<()>,
) -> Result<()> {
    for (&number, cell) in numbers.iter().zip(cells) {
        match number {
            -1 => frame.null(cell),
            _ => fill(value_length(number)?, cell)?,
        }
    }
    Ok(())
}

fn fill_coded<'c>(
    code: &mut Code,
    odd: &mut Option<OddReader>,
    column: &Framing<'_>,
    rows: impl Iterator<Item = (u8, i64, &'c mut Cell)>,
) -> Result<()> {
    let front = column.frame.front();
    match code {
        Code::Integer(1) => fill_coded_by(odd, column, rows, integer::<1>(front)),
        Code::Integer(2) => fill_coded_by(odd, column, rows, integer::<2>(front)),
        Code::Integer(4) => fill_coded_by(odd, column, rows, integer::<4>(front)),
        Code::Integer(_) => fill_coded_by(odd, column, rows, integer::<8>(front)),
        Code::Numeric => fill_coded_by(odd, column, rows, |kind, number, cell| {
            let mut buffer = [0; 24];
            let length = numeric::render(kind, number, &mut buffer)?.len();
            cell[front..front + 24].copy_from_slice(&buffer);
            Some(length)
        }),
        Code::Decimal => fill_coded_by(odd, column, rows, |kind, number, cell| {
            decimal::render_short(kind, number, cell).or_else(|| {
                let mut buffer = [0; 40];
                let text = decimal::render(kind, number, &mut buffer)?;
                cell[..text.len()].copy_from_slice(text);
                Some(text.len())
            })
        }),
        Code::Timestamp { zone, calendar } => {
            fill_coded_by(odd, column, rows, |kind, number, cell| {
                let length = calendar.timestamp(number, cell).filter(|_| kind == 0)?;
                let end = length + zone.len();
                cell[length..end].copy_from_slice(zone);
                Some(end)
            })
        }
        Code::Date(calendar) => fill_coded_by(odd, column, rows, |kind, number, cell| {
            cell[..10].copy_from_slice(&calendar.date(number).filter(|_| kind == 0)?);
            Some(10)
        }),
    }
}

/// Writes big-endian integers behind the front of cells.
fn integer<const WIDTH: usize>(front: usize) -> impl FnMut(u8, i64, &mut Cell) -> Option<usize> {
    move |kind, number, cell| {
        let value = number.swap_bytes() as u64 >> (64 - 8 * WIDTH);
        cell[front..front + 8].copy_from_slice(&value.to_le_bytes());
        (kind == 0).then_some(WIDTH)
    }
}

/// Fills cells by `render`, which writes a value behind the front of its cell and says its length.
#[inline]
fn fill_coded_by<'c>(
    odd: &mut Option<OddReader>,
    column: &Framing<'_>,
    rows: impl Iterator<Item = (u8, i64, &'c mut Cell)>,
    mut render: impl FnMut(u8, i64, &mut Cell) -> Option<usize>,
) -> Result<()> {
    for (kind, number, cell) in rows {
        match (kind, &mut *odd) {
            (NULL, _) => column.frame.null(cell),
            (ODD, Some(odd)) => odd.fill(column, cell)?,
            (ODD, None) => return damaged("a value is missing"),
            _ => match render(kind, number, cell) {
                Some(length) => column.frame.seal(cell, length),
                None => return damaged("a number does not fit its column"),
            },
        }
    }
    Ok(())
}

/// The entries of a dictionary.
pub(super) struct Entries {
    ends: Vec<usize>,
    /// The entries, one after the other, and [`SIZE`] bytes more.
    bytes: Vec<u8>,
}

impl Entries {
    /// The entries that end there in `bytes`.
    pub(super) fn new(ends: Vec<usize>, mut bytes: Vec<u8>) -> Entries {
        bytes.resize(bytes.len() + SIZE, 0);
        Entries { ends, bytes }
    }

    #[inline]
    fn fill(&self, number: usize, frame: Frame, cell: &mut Cell) -> Result<()> {
        let Some(&end) = self.ends.get(number) else { return damaged("an entry is missing") };
        let at = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        let length = end - at;
        if frame.fits(length) {
            frame.copy(cell, &self.bytes, at, length);
        } else {
            cells::put_long(cell, Place { length, at, rest: 0 });
        }
        Ok(())
    }
}

/// Bytes of a stream, or the byte that all of them are.
fn put(value: std::result::Result<&[u8], u8>, room: &mut [u8]) {
    match value {
        Ok(value) => room.copy_from_slice(value),
        Err(byte) => room.fill(byte),
    }
}

#[inline]
fn value_length(number: i64) -> Result<usize> {
    usize::try_from(number).or(damaged("a length is negative"))
}
