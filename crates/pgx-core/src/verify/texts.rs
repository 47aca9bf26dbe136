//! The sums of binary rows as text, for a database whose columns have other types.

use crate::archive::FileReader;
use crate::chunk::Unpacker;
use crate::error::{Error, Result};
use crate::rows::{Origin, RowSum, TextRows};
use crate::toc::{Entry, EntryId, RowFormat};

/// An archive whose rows can be read once more.
pub(crate) struct Texts {
    reader: FileReader,
    unpacker: Unpacker,
}

impl Texts {
    pub(crate) fn new(reader: FileReader) -> Result<Texts> {
        Ok(Texts { reader, unpacker: Unpacker::new()? })
    }

    /// The sum of the rows of a stream as COPY text.
    ///
    /// # Errors
    /// Codes 7xx.
    pub(crate) fn sum(&mut self, stream: EntryId) -> Result<u128> {
        let entry = self.reader.toc().iter().find(|entry| entry.id == stream);
        let origin = Origin::of(self.reader.meta());
        let mut printer = match entry.and_then(|entry| entry.data.as_ref()) {
            Some(data) if data.format == RowFormat::Binary => {
                TextRows::new(&data.columns, origin).ok_or_else(|| unprintable(entry))?
            }
            _ => return Err(unprintable(entry)),
        };
        let mut sum = RowSum::new(RowFormat::Text);
        let mut text = Vec::new();
        for stored in self.reader.chunks(stream) {
            let stored = stored?;
            let chunk = self.unpacker.unpack(&stored)?;
            text.clear();
            printer
                .push(&chunk.raw, &mut text)
                .and_then(|()| sum.update(&text))
                .map_err(|malformed| stored.damaged(malformed.to_string()))?;
        }
        Ok(sum.value())
    }
}

fn unprintable(entry: Option<&Entry>) -> Error {
    let label = entry.map(Entry::label).unwrap_or_default();
    Error::internal("rows that cannot be printed").object(label)
}
