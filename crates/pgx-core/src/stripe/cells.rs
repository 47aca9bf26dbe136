//! Fields ready to be put into rows.
//!
//! Columns are rendered one after the other, a few hundred rows at a time: every short field becomes
//! a [`Cell`] of fixed size, with what frames it, and rows are made by copying cells whole. So the
//! choice of what to do with a column is made once for many rows.

use super::RowFormat;
use super::error::{Result, damaged};

/// Bytes of a cell, with its length.
pub(super) const SIZE: usize = 40;
/// The length of a field that does not fit: the cell says where it is.
const LONG: u8 = u8::MAX;

/// A field with its frame, and its length in the last byte; or the place of a long field.
pub(super) type Cell = [u8; SIZE];

/// What a cell holds.
pub(super) enum Held {
    /// The first bytes, so many.
    Short(usize),
    Long(Place),
}

/// Where a long field is: its length, where it begins in its column's bytes, and, of fields in
/// groups, where its rest begins.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) length: usize,
    pub(super) at: usize,
    pub(super) rest: usize,
}

/// What is in a cell.
#[inline]
pub(super) fn held(cell: &Cell) -> Held {
    let length = cell[SIZE - 1];
    if length != LONG {
        return Held::Short(usize::from(length));
    }
    let number =
        |at: usize| cell[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes) as usize);
    Held::Long(Place { length: number(0), at: number(8), rest: number(16) })
}

/// What stands before and behind the fields of one column.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    format: RowFormat,
    /// What ends a field of COPY text.
    separator: u8,
    /// The count of fields, before the first field of a tuple.
    count: Option<u16>,
}

impl Frame {
    /// The frame of column `number` of `columns`.
    pub(super) fn new(format: RowFormat, number: usize, columns: usize) -> Frame {
        let separator = if number + 1 == columns { b'\n' } else { b'\t' };
        let is_first_of_tuple = number == 0 && format == RowFormat::Binary;
        Frame { format, separator, count: is_first_of_tuple.then_some(columns as u16) }
    }

    pub(super) fn format(&self) -> RowFormat {
        self.format
    }

    /// Bytes before the value.
    #[inline]
    pub(super) fn front(&self) -> usize {
        match (self.format, self.count) {
            (RowFormat::Text, _) => 0,
            (RowFormat::Binary, None) => 4,
            (RowFormat::Binary, Some(_)) => 6,
        }
    }

    /// Bytes of a value of `length` bytes with its frame.
    #[inline]
    pub(super) fn framed(&self, length: usize) -> usize {
        match self.format {
            RowFormat::Text => length + 1,
            RowFormat::Binary => length + self.front(),
        }
    }

    /// Whether a value of `length` bytes fits a cell.
    #[inline]
    pub(super) fn fits(&self, length: usize) -> bool {
        length < SIZE - 6
    }

    /// Frames the value of `length` bytes that stands in `cell` behind the front.
    #[inline]
    pub(super) fn seal(&self, cell: &mut Cell, length: usize) {
        match self.format {
            RowFormat::Text => cell[length] = self.separator,
            RowFormat::Binary => self.put_front(cell, length as u32),
        }
        cell[SIZE - 1] = self.framed(length) as u8;
    }

    /// Makes `cell` hold a NULL.
    #[inline]
    pub(super) fn null(&self, cell: &mut Cell) {
        match self.format {
            RowFormat::Text => {
                cell[..2].copy_from_slice(b"\\N");
                self.seal(cell, 2);
            }
            RowFormat::Binary => {
                self.put_front(cell, u32::MAX);
                cell[SIZE - 1] = self.front() as u8;
            }
        }
    }

    #[inline]
    fn put_front(&self, cell: &mut Cell, length: u32) {
        let length = length.to_be_bytes();
        match self.count {
            None => cell[..4].copy_from_slice(&length),
            Some(count) => {
                cell[..2].copy_from_slice(&count.to_be_bytes());
                cell[2..6].copy_from_slice(&length);
            }
        }
    }

    /// Makes `cell` hold the value of `length` bytes at `at`. Bytes behind it are read, too.
    ///
    /// `bytes` has at least [`SIZE`] bytes behind the value, otherwise nothing changes.
    #[inline]
    pub(super) fn copy(&self, cell: &mut Cell, bytes: &[u8], at: usize, length: usize) {
        let Some(source) = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<{ SIZE - 6 }>())
        else {
            return;
        };
        let front = self.front();
        cell[front..front + SIZE - 6].copy_from_slice(source);
        self.seal(cell, length);
    }
}

/// Makes `cell` say where a long field is.
pub(super) fn put_long(cell: &mut Cell, place: Place) {
    let numbers = [place.length, place.at, place.rest];
    for (bytes, number) in cell.chunks_exact_mut(8).zip(numbers) {
        bytes.copy_from_slice(&(number as u64).to_le_bytes());
    }
    cell[SIZE - 1] = LONG;
}

/// The raw bytes of a chunk while they are made; never longer than they are said to be.
pub(super) struct Output<'r> {
    /// Has [`SIZE`] bytes more than wanted, so that cells can be copied whole.
    raw: &'r mut Vec<u8>,
    at: usize,
    format: RowFormat,
}

impl<'r> Output<'r> {
    /// Rows that will take `length` bytes of `raw`, whatever it holds now.
    pub(super) fn new(raw: &'r mut Vec<u8>, length: usize, format: RowFormat) -> Output<'r> {
        raw.resize(length + SIZE, 0);
        Output { raw, at: 0, format }
    }

    /// How many bytes are expected.
    pub(super) fn wanted(&self) -> usize {
        self.raw.len() - SIZE
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

    /// Appends the first `length` bytes of a cell.
    #[inline]
    pub(super) fn cell(&mut self, cell: &Cell, length: usize) -> Result<()> {
        match self.raw.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut::<SIZE>()) {
            Some(place) => *place = *cell,
            None => return excess(),
        }
        self.at += length;
        Ok(())
    }

    /// Appends bytes with their frame.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.place(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Appends a value of `length` bytes that `fill` writes.
    pub(super) fn value_of(
        &mut self,
        frame: Frame,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        // A value that is longer than a frame can say is longer than the place.
        let (place, front) = (self.place(frame.framed(length))?, frame.front());
        fill(&mut place[front..front + length]);
        match frame.format {
            RowFormat::Text => place[length] = frame.separator,
            RowFormat::Binary => {
                let mut cell = [0; SIZE];
                frame.put_front(&mut cell, length as u32);
                place[..front].copy_from_slice(&cell[..front]);
            }
        }
        Ok(())
    }

    /// Room for the next bytes.
    #[inline]
    fn place(&mut self, length: usize) -> Result<&mut [u8]> {
        let start = self.at;
        if self.wanted().checked_sub(start).is_none_or(|left| length > left) {
            return excess();
        }
        self.at += length;
        Ok(&mut self.raw[start..start + length])
    }
}

#[cold]
pub(super) fn excess<T>() -> Result<T> {
    damaged("there are more rows than expected")
}
