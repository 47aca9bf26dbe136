//! Rows to stripes.

use std::ops::Range;

use super::assembly::Assembly;
use super::codec::StreamCodec;
use super::column::Column;
use super::error::Result;
use super::numbers::NumberWriter;
use super::plan::Chooser;
use super::split::{self, Block, Field, Span};
use super::wire::put_unsigned;
use super::{RowFormat, layout, limits};

/// Turns chunks into payloads. Keeps its buffers between chunks; they do not change what it makes.
pub struct Encoder {
    assembly: Assembly,
    chooser: Chooser,
    numbers: NumberWriter,
    columns: Vec<Column>,
    spans: Vec<Span>,
    /// Rows are not even tried in columns.
    plain: bool,
}

impl Encoder {
    /// An encoder whose streams are compressed by `codec`.
    ///
    /// # Errors
    /// [`StripeError::Codec`](super::StripeError::Codec) if the codec cannot be set up.
    pub fn new(codec: StreamCodec) -> Result<Encoder> {
        Ok(Encoder {
            assembly: Assembly::new(codec)?,
            chooser: Chooser::new()?,
            numbers: NumberWriter::default(),
            columns: Vec::new(),
            spans: Vec::new(),
            plain: codec == StreamCodec::Plain,
        })
    }

    /// The payload of a chunk: a pure function of format, rows and codec, at most two bytes longer
    /// than `raw`.
    ///
    /// Bytes that are not whole rows of `format`, all of them with the same number of fields, are
    /// kept as they are, in one stream; so are chunks that are smaller that way.
    pub fn encode(&mut self, format: RowFormat, raw: &[u8]) -> Vec<u8> {
        self.assembly.clear();
        if self.plain {
            return self.assembly.plain(raw);
        }
        let stripes = self.stripes(format, raw).filter(|stripes| stripes.len() < raw.len() + 2);
        match stripes {
            Some(stripes) if raw.len() > limits::SMALL => stripes,
            Some(stripes) => {
                let plain = self.assembly.plain(raw);
                if plain.len() <= stripes.len() { plain } else { stripes }
            }
            None => self.assembly.plain(raw),
        }
    }

    fn stripes(&mut self, format: RowFormat, raw: &[u8]) -> Option<Vec<u8>> {
        if raw.len() > limits::RAW {
            return None;
        }
        let columns = match format {
            RowFormat::Text => split::text_columns(raw)?,
            RowFormat::Binary => split::binary_columns(raw)?,
        };
        if columns > limits::COLUMNS {
            return None;
        }
        let rows = self.collect(format, raw, columns)?;
        put_unsigned(&mut self.assembly.directory, rows as u64);
        put_unsigned(&mut self.assembly.directory, columns as u64);
        for column in &mut self.columns[..columns] {
            column.write(&mut self.numbers, &mut self.assembly);
        }
        let held = self.assembly.held();
        let layout = match format {
            RowFormat::Text => layout::TEXT,
            RowFormat::Binary => layout::BINARY,
        };
        (held <= limits::held(raw.len())).then(|| self.assembly.payload(layout))
    }

    /// Sorts the fields of all rows into columns; the number of rows. None if some do not fit, or if
    /// columns would gain nothing.
    fn collect(&mut self, format: RowFormat, raw: &[u8], columns: usize) -> Option<usize> {
        if self.columns.len() < columns {
            self.columns.resize_with(columns, Column::new);
        }
        let chosen = &mut self.columns[..columns];
        chosen.iter_mut().for_each(Column::clear);
        let split = match format {
            RowFormat::Text => split::text_block,
            RowFormat::Binary => split::binary_block,
        };
        let (mut at, mut rows) = (0, 0);
        while at < raw.len() {
            let end = split(raw, at, columns, &mut self.spans)?;
            let block = Block { raw, spans: &self.spans, columns };
            if rows == 0 {
                for (number, column) in chosen.iter_mut().enumerate() {
                    column.choose(format, block.column(number), &mut self.chooser);
                }
                if is_better_whole(&block, at..end, chosen, &mut self.chooser) {
                    return None;
                }
            }
            rows += block.rows();
            for (number, column) in chosen.iter_mut().enumerate() {
                column.take(format, block.rows(), block.column(number), &mut self.chooser);
            }
            at = end;
        }
        Some(rows)
    }
}

/// Fields from here on, in bytes on average, may be better off as they are.
const LONG: usize = 1 << 10;
/// Fields from here on are compressed for themselves anyway: zstd's blocks are not much larger.
const VERY_LONG: usize = 1 << 16;

/// Whether to compress rows whole, judged by the first block: where nearly everything is long text or
/// bytes without a form, columns cost a copy of all bytes, and what repeats within a row is lost.
fn is_better_whole(
    block: &Block<'_>,
    bytes: Range<usize>,
    columns: &[Column],
    chooser: &mut Chooser,
) -> bool {
    let mean = bytes.len() / block.spans.len();
    if mean < LONG {
        return false;
    }
    let unformed = || (0..columns.len()).filter(|&number| columns[number].is_unformed());
    let values = |number: usize| block.column(number).flatten().map(Field::value);
    let length: usize = unformed().flat_map(values).map(<[u8]>::len).sum();
    if length < bytes.len() - bytes.len() / 16 {
        return false;
    }
    // Twice the block is compressed to compare, which should not be felt.
    mean >= VERY_LONG
        || bytes.len() < block.raw.len() / 16 && {
            let apart: usize = unformed().map(|number| chooser.packed(values(number))).sum();
            chooser.packed(std::iter::once(&block.raw[bytes])) <= apart + length / 256
        }
}
