//! Rows to stripes.

use super::assembly::Assembly;
use super::codec::StreamCodec;
use super::column::Column;
use super::error::Result;
use super::numbers::NumberWriter;
use super::plan::Chooser;
use super::split::{self, Block, Span};
use super::wire::put_unsigned;
use super::{RowFormat, layout, limits};

/// Turns chunks into payloads. Keeps its buffers between chunks; they do not change what it makes.
pub struct Encoder {
    assembly: Assembly,
    chooser: Chooser,
    numbers: NumberWriter,
    columns: Vec<Column>,
    spans: Vec<Span>,
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
        })
    }

    /// The payload of a chunk: a pure function of format, rows and codec, at most two bytes longer
    /// than `raw`.
    ///
    /// Bytes that are not whole rows of `format`, all of them with the same number of fields, are
    /// kept as they are, in one stream; so are chunks that are smaller that way.
    pub fn encode(&mut self, format: RowFormat, raw: &[u8]) -> Vec<u8> {
        self.assembly.clear();
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

    /// Sorts the fields of all rows into columns; the number of rows.
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
            at = split(raw, at, columns, &mut self.spans)?;
            let block = Block { raw, spans: &self.spans, columns };
            rows += block.rows();
            for (number, column) in chosen.iter_mut().enumerate() {
                column.take(format, block.rows(), block.column(number), &mut self.chooser);
            }
        }
        Some(rows)
    }
}
