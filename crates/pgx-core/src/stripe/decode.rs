//! Stripes to rows.

use super::cells::{self, Cell, Frame, Held, Output, SIZE, excess};
use super::codec::Unpacker;
use super::dictionary::MOST_ENTRIES;
use super::error::{Result, StripeError, damaged};
use super::moment::Calendar;
use super::numbers::NumberReader;
use super::plan::{MOST_PLANES, MOST_ZONE};
use super::render::{ByteReader, Code, Entries, Fields, Framing, GroupReader, OddReader};
use super::streams::{Plane, Streams};
use super::wire::Cursor;
use super::{RowFormat, layout, limits};

/// Cells of all columns that are held at a time: what the cache holds well.
const CELLS: usize = 1 << 11;
/// Rows that are made at a time, at least.
const LEAST_ROWS: usize = 32;

/// Turns payloads back into chunks. Keeps its buffers between payloads.
pub struct Decoder {
    unpacker: Unpacker,
    streams: Streams,
    head: Vec<u8>,
    numbers: Vec<i64>,
    kinds: Vec<u8>,
    cells: Vec<Cell>,
}

/// A column of the payload that is read.
struct ColumnReader {
    kinds: Option<Plane>,
    numbers: NumberReader,
    fields: Fields,
    frame: Frame,
    /// All rows have the same field, which is part of the rows' pieces.
    is_constant: bool,
}

/// What rows are made of, from left to right.
enum Piece {
    /// The field of a column.
    Column(usize),
    /// The fields of consecutive columns that are the same in all rows.
    Constant(Vec<u8>),
}

/// What is read of a payload, and how far.
struct Stripes {
    rows: usize,
    columns: Vec<ColumnReader>,
    pieces: Vec<Piece>,
    done: usize,
}

impl Decoder {
    /// A decoder of payloads of every codec.
    ///
    /// # Errors
    /// [`StripeError::Codec`] if a codec cannot be set up.
    pub fn new() -> Result<Decoder> {
        let (streams, head, numbers, kinds, cells) = Default::default();
        Ok(Decoder { unpacker: Unpacker::new()?, streams, head, numbers, kinds, cells })
    }

    /// The `raw_len` bytes that `payload` stands for, 8 MiB at most.
    ///
    /// # Errors
    /// As [`decode_into`](Decoder::decode_into).
    pub fn decode(&mut self, payload: &[u8], raw_len: usize) -> Result<Vec<u8>> {
        let mut raw = Vec::new();
        self.decode_into(payload, raw_len, &mut raw)?;
        Ok(raw)
    }

    /// Makes `raw` the `raw_len` bytes that `payload` stands for, 8 MiB at most. Its memory is used
    /// again: a fresh buffer for each chunk can cost as much as the decoding. Empty after an error.
    ///
    /// # Errors
    /// [`StripeError::Damaged`] for a payload that contradicts itself or has another raw length,
    /// [`StripeError::Unknown`] for one of a later version. A damaged payload can also give wrong
    /// bytes: the caller compares the checksums of payload and raw bytes.
    pub fn decode_into(&mut self, payload: &[u8], raw_len: usize, raw: &mut Vec<u8>) -> Result<()> {
        let result = self.fill(payload, raw_len, raw);
        if result.is_err() {
            raw.clear();
        }
        result
    }

    fn fill(&mut self, payload: &[u8], raw_len: usize, raw: &mut Vec<u8>) -> Result<()> {
        if raw_len > limits::RAW || payload.len() > raw_len + 2 {
            return damaged("a length is out of bounds");
        }
        match payload {
            [layout::PLAIN, form, stored @ ..] => {
                self.unpacker.unpack_into(*form, stored, (raw, raw_len))
            }
            [layout::TEXT, stripes @ ..] => {
                self.rows(stripes, Output::new(raw, raw_len, RowFormat::Text))
            }
            [layout::BINARY, stripes @ ..] => {
                self.rows(stripes, Output::new(raw, raw_len, RowFormat::Binary))
            }
            [other, ..] if *other > layout::BINARY => {
                Err(StripeError::Unknown { what: "stripe layout", number: u64::from(*other) })
            }
            _ => damaged("the payload is cut off"),
        }
    }

    fn rows(&mut self, stripes: &[u8], mut out: Output<'_>) -> Result<()> {
        let raw_len = out.wanted();
        let tail = self.unpack_head(stripes, raw_len)?;
        let mut head = Cursor::new(&self.head);
        self.streams.begin(limits::held(raw_len) - self.head.len());
        let mut stripes = Stripes::read(&mut head, &out, &mut self.streams)?;
        let inline = &self.head[head.position()..];
        self.streams.load(inline, tail, &mut self.unpacker)?;
        stripes.columns.iter_mut().for_each(|column| column.fields.load(&self.streams));
        stripes.plan_rows(&out, &self.streams)?;
        let block = (CELLS / stripes.columns.len()).max(LEAST_ROWS);
        while stripes.done < stripes.rows {
            let rows = block.min(stripes.rows - stripes.done);
            self.fill_cells(&mut stripes, rows)?;
            self.put_rows(&stripes, rows, &mut out)?;
        }
        stripes.columns.iter().try_for_each(|column| column.fields.finish())?;
        out.finish()
    }

    /// Decompresses the head; what follows it.
    fn unpack_head<'p>(&mut self, stripes: &'p [u8], raw_len: usize) -> Result<&'p [u8]> {
        let mut cursor = Cursor::new(stripes);
        let length = cursor.length(limits::held(raw_len))?;
        let tag = cursor.unsigned()?;
        let stored = usize::try_from(tag >> 3).or(damaged("a length is out of bounds"))?;
        let stored = cursor.slice(stored)?;
        self.head.resize(length, 0);
        self.unpacker.unpack((tag & 7) as u8, stored, &mut self.head)?;
        Ok(&stripes[cursor.position()..])
    }

    /// Makes the cells of the next rows, column by column.
    fn fill_cells(&mut self, stripes: &mut Stripes, rows: usize) -> Result<()> {
        self.numbers.resize(rows, 0);
        self.kinds.resize(rows, 0);
        self.cells.resize(rows * stripes.columns.len(), [0; SIZE]);
        for (column, cells) in stripes.columns.iter_mut().zip(self.cells.chunks_exact_mut(rows)) {
            if column.is_constant {
                continue;
            }
            column.numbers.fill(&self.streams, &mut self.numbers);
            match column.kinds.map(|plane| self.streams.part(plane, stripes.done, rows)) {
                Some(Ok(bytes)) => self.kinds.copy_from_slice(bytes),
                Some(Err(byte)) => self.kinds.fill(byte),
                None => {}
            }
            let framing = Framing { frame: column.frame, streams: &self.streams };
            column.fields.fill(&self.kinds, &self.numbers, &framing, cells)?;
        }
        stripes.done += rows;
        Ok(())
    }

    fn put_rows(&self, stripes: &Stripes, rows: usize, out: &mut Output<'_>) -> Result<()> {
        for row in 0..rows {
            for piece in &stripes.pieces {
                let number = match piece {
                    Piece::Constant(bytes) => {
                        out.bytes(bytes)?;
                        continue;
                    }
                    Piece::Column(number) => *number,
                };
                let cell = &self.cells[number * rows + row];
                match cells::held(cell) {
                    Held::Short(length) => out.cell(cell, length)?,
                    Held::Long(place) => {
                        let column = &stripes.columns[number];
                        let framing = Framing { frame: column.frame, streams: &self.streams };
                        column.fields.long(place, &framing, out)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Stripes {
    fn read(head: &mut Cursor<'_>, out: &Output<'_>, streams: &mut Streams) -> Result<Stripes> {
        let (format, raw_len) = (out.format(), out.wanted());
        let rows = head.length(raw_len)?;
        let columns = head.length(limits::COLUMNS)?;
        // A field is a separator at least, or four bytes of length.
        if rows == 0 || columns == 0 || rows * columns > raw_len {
            return damaged("there are more fields than bytes");
        }
        let read = |number| {
            let frame = Frame::new(format, number, columns);
            ColumnReader::read(head, format, frame, rows, streams)
        };
        let columns = (0..columns).map(read).collect::<Result<_>>()?;
        Ok(Stripes { rows, columns, pieces: Vec::new(), done: 0 })
    }

    /// Puts together what is the same in all rows.
    fn plan_rows(&mut self, out: &Output<'_>, streams: &Streams) -> Result<()> {
        let mut left = out.wanted() / self.rows;
        for (number, column) in self.columns.iter_mut().enumerate() {
            let Some(bytes) = column.constant(left, streams)? else {
                self.pieces.push(Piece::Column(number));
                continue;
            };
            left -= bytes.len();
            match self.pieces.last_mut() {
                Some(Piece::Constant(before)) => before.extend_from_slice(&bytes),
                _ => self.pieces.push(Piece::Constant(bytes)),
            }
        }
        Ok(())
    }
}

impl ColumnReader {
    fn read(
        head: &mut Cursor<'_>,
        format: RowFormat,
        frame: Frame,
        rows: usize,
        streams: &mut Streams,
    ) -> Result<ColumnReader> {
        let number = head.byte()?;
        let (kinds, numbers, fields) = match number {
            0..=2 => {
                let stride = if number == 2 { head.byte()? } else { 0 };
                let numbers = NumberReader::new(head, rows, streams)?;
                let fields = match number {
                    0 => Fields::Bytes(read_bytes(head, streams)?),
                    1 => read_dictionary(head)?,
                    _ => Fields::Shuffled(read_groups(stride, head, streams)?),
                };
                (None, numbers, fields)
            }
            _ => {
                let code = read_code(number, format, head)?;
                let kinds = streams.plane(head, rows)?;
                let numbers = NumberReader::new(head, rows, streams)?;
                let odd = read_odd(head, rows, streams)?;
                (Some(kinds), numbers, Fields::Coded(code, odd))
            }
        };
        Ok(ColumnReader { kinds, numbers, fields, frame, is_constant: false })
    }

    /// The field with its frame, at most `left` bytes, if it is the same in all rows.
    fn constant(&mut self, left: usize, streams: &Streams) -> Result<Option<Vec<u8>>> {
        let kind = match self.kinds {
            Some(Plane::Constant(kind)) => Some(kind),
            _ => None,
        };
        let Some(number) = self.numbers.constant() else { return Ok(None) };
        if !self.fields.is_constant(kind, number) {
            return Ok(None);
        }
        let mut cell = [[0; SIZE]];
        let framing = Framing { frame: self.frame, streams };
        self.fields.fill(&[kind.unwrap_or(0)], &[number], &framing, &mut cell)?;
        self.is_constant = true;
        match cells::held(&cell[0]) {
            Held::Short(length) if length <= left => Ok(Some(cell[0][..length].to_vec())),
            Held::Long(place) if self.frame.framed(place.length) <= left => {
                let mut bytes = Vec::new();
                let length = self.frame.framed(place.length);
                let mut out = Output::new(&mut bytes, length, self.frame.format());
                self.fields.long(place, &framing, &mut out)?;
                out.finish()?;
                Ok(Some(bytes))
            }
            _ => excess(),
        }
    }
}

fn read_odd(
    head: &mut Cursor<'_>,
    rows: usize,
    streams: &mut Streams,
) -> Result<Option<OddReader>> {
    Ok(match head.length(rows)? {
        0 => None,
        left => {
            let lengths = NumberReader::new(head, left, streams)?;
            Some(OddReader { left, lengths, bytes: read_bytes(head, streams)? })
        }
    })
}

fn read_code(number: u8, format: RowFormat, head: &mut Cursor<'_>) -> Result<Code> {
    Ok(match (number, format) {
        (3, RowFormat::Binary) => match head.byte()? {
            width @ (1 | 2 | 4 | 8) => Code::Integer(width),
            _ => return damaged("integers have no such width"),
        },
        (4, RowFormat::Binary) => Code::Numeric,
        (5, RowFormat::Text) => Code::Decimal,
        (6, RowFormat::Text) => {
            let length = usize::from(head.byte()?);
            if length > MOST_ZONE {
                return damaged("a zone is too long");
            }
            Code::Timestamp { zone: head.slice(length)?.to_vec(), calendar: Calendar::default() }
        }
        (7, RowFormat::Text) => Code::Date(Calendar::default()),
        (3..=7, _) => return damaged("a plan does not fit the row format"),
        _ => return Err(StripeError::Unknown { what: "stripe plan", number: number.into() }),
    })
}

fn read_bytes(head: &mut Cursor<'_>, streams: &mut Streams) -> Result<ByteReader> {
    let length = head.length(limits::held(limits::RAW))?;
    Ok(ByteReader::new(streams.plane(head, length)?, length))
}

fn read_groups(stride: u8, head: &mut Cursor<'_>, streams: &mut Streams) -> Result<GroupReader> {
    if !(1..=MOST_PLANES).contains(&stride) {
        return damaged("a group has no such number of bytes");
    }
    // Groups are put together before they are rendered, so they count as a stream, too.
    let count = head.length(limits::RAW / usize::from(stride))?;
    streams.reserve(count * usize::from(stride))?;
    let planes = (0..stride).map(|_| streams.plane(head, count)).collect::<Result<_>>()?;
    Ok(GroupReader::new(planes, count, read_bytes(head, streams)?))
}

fn read_dictionary(head: &mut Cursor<'_>) -> Result<Fields> {
    let count = head.length(MOST_ENTRIES)?;
    let (mut ends, mut bytes) = (Vec::with_capacity(count), Vec::new());
    for _ in 0..count {
        let length = head.length(limits::RAW)?;
        bytes.extend_from_slice(head.slice(length)?);
        ends.push(bytes.len());
    }
    Ok(Fields::Dictionary(Entries::new(ends, bytes)))
}
