//! Stripes to rows.

use super::codec::Unpacker;
use super::dictionary::MOST_ENTRIES;
use super::error::{Result, StripeError, damaged};
use super::moment::Calendar;
use super::numbers::NumberReader;
use super::plan::{MOST_PLANES, MOST_ZONE};
use super::render::{ByteReader, Code, Fields, GroupReader, OddReader, Output};
use super::streams::{Plane, Streams};
use super::wire::Cursor;
use super::{RowFormat, layout, limits};

/// Numbers of all columns that are held at a time: what the cache holds well.
const BLOCK_NUMBERS: usize = 1 << 14;

/// Turns payloads back into chunks. Keeps its buffers between payloads.
pub struct Decoder {
    unpacker: Unpacker,
    streams: Streams,
    head: Vec<u8>,
    numbers: Vec<i64>,
    kinds: Vec<u8>,
}

/// A column of the payload that is read.
struct ColumnReader {
    kinds: Option<Plane>,
    numbers: NumberReader,
    fields: Fields,
}

/// What is read of a payload, and how far.
struct Stripes {
    rows: usize,
    columns: Vec<ColumnReader>,
    done: usize,
}

impl Decoder {
    /// A decoder of payloads of every codec.
    ///
    /// # Errors
    /// [`StripeError::Codec`] if a codec cannot be set up.
    pub fn new() -> Result<Decoder> {
        let (streams, head, numbers, kinds) = Default::default();
        Ok(Decoder { unpacker: Unpacker::new()?, streams, head, numbers, kinds })
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
                raw.resize(raw_len, 0);
                self.unpacker.unpack(*form, stored, raw)
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
        let block = (BLOCK_NUMBERS / stripes.columns.len()).max(16);
        while stripes.done < stripes.rows {
            let rows = block.min(stripes.rows - stripes.done);
            self.load_block(&mut stripes, rows);
            self.render_block(&mut stripes, rows, &mut out)?;
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

    /// Reads numbers and kinds of the next rows, column by column.
    fn load_block(&mut self, stripes: &mut Stripes, rows: usize) {
        let cells = rows * stripes.columns.len();
        self.numbers.resize(cells, 0);
        self.kinds.resize(cells, 0);
        let numbers = self.numbers.chunks_exact_mut(rows);
        let kinds = self.kinds.chunks_exact_mut(rows);
        for ((column, numbers), kinds) in stripes.columns.iter_mut().zip(numbers).zip(kinds) {
            column.numbers.fill(&self.streams, numbers);
            let Some(plane) = column.kinds else { continue };
            match self.streams.part(plane, stripes.done, rows) {
                Ok(bytes) => kinds.copy_from_slice(bytes),
                Err(byte) => kinds.fill(byte),
            }
        }
        stripes.done += rows;
    }

    fn render_block(&self, stripes: &mut Stripes, rows: usize, out: &mut Output<'_>) -> Result<()> {
        let last = stripes.columns.len() - 1;
        for row in 0..rows {
            out.begin_row(last + 1)?;
            for (number, column) in stripes.columns.iter_mut().enumerate() {
                let cell = number * rows + row;
                let (kind, value) = (self.kinds[cell], self.numbers[cell]);
                out.begin_field(number == last);
                column.fields.next(kind, value, &self.streams, out)?;
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
        let read = |_| ColumnReader::read(head, format, rows, streams);
        let columns = (0..columns).map(read).collect::<Result<_>>()?;
        Ok(Stripes { rows, columns, done: 0 })
    }
}

impl ColumnReader {
    fn read(
        head: &mut Cursor<'_>,
        format: RowFormat,
        rows: usize,
        streams: &mut Streams,
    ) -> Result<ColumnReader> {
        let number = head.byte()?;
        if number > 2 {
            let code = read_code(number, format, head)?;
            return ColumnReader::coded(code, head, rows, streams);
        }
        let stride = if number == 2 { head.byte()? } else { 0 };
        let numbers = NumberReader::new(head, rows, streams)?;
        let fields = match number {
            0 => Fields::Bytes(read_bytes(head, streams)?),
            1 => read_dictionary(head)?,
            _ => Fields::Shuffled(read_groups(stride, head, streams)?),
        };
        Ok(ColumnReader { kinds: None, numbers, fields })
    }

    fn coded(
        code: Code,
        head: &mut Cursor<'_>,
        rows: usize,
        streams: &mut Streams,
    ) -> Result<ColumnReader> {
        let kinds = Some(streams.plane(head, rows)?);
        let numbers = NumberReader::new(head, rows, streams)?;
        let odd = match head.length(rows)? {
            0 => None,
            left => {
                let lengths = NumberReader::new(head, left, streams)?;
                Some(OddReader { left, lengths, bytes: read_bytes(head, streams)? })
            }
        };
        Ok(ColumnReader { kinds, numbers, fields: Fields::Coded(code, odd) })
    }
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
    Ok(Fields::Dictionary(ends, bytes))
}
