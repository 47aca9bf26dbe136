//! What an archive holds, its rows aside.

use std::collections::HashMap;
use std::io::Read;

use crate::archive::{FileReader, Input, Item, PipeReader, StreamEnd, StreamInfo, Totals};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, EntryId, Meta};

/// An archive without its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// What it says of itself.
    pub meta: Meta,
    /// Its table of contents, in restore order.
    pub entries: Vec<Entry>,
    /// Its streams of rows.
    pub streams: Vec<Stream>,
    /// What it amounts to.
    pub totals: Totals,
}

/// The rows of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The entry.
    pub id: EntryId,
    /// What its rows amount to.
    pub end: StreamEnd,
    /// Bytes they take in the archive; unknown when it came through a pipe.
    pub stored_bytes: Option<u64>,
}

impl Contents {
    /// Reads all but the rows; from a pipe, the rows are read and left aside.
    ///
    /// # Errors
    /// Codes 7xx: what is wrong with the archive.
    pub fn read(input: Input, interrupt: &Interrupt) -> Result<Contents> {
        match input {
            Input::File(path) => Ok(Contents::of_file(&FileReader::open(&path)?)),
            Input::Part(part) => Ok(Contents::of_file(&part.open()?)),
            Input::Pipe(pipe) => Contents::of_pipe(PipeReader::new(pipe)?, interrupt, |_| Ok(())),
        }
    }

    pub(super) fn of_file(reader: &FileReader) -> Contents {
        Contents {
            meta: reader.meta().clone(),
            entries: reader.toc().to_vec(),
            streams: reader.streams().iter().map(Stream::from).collect(),
            totals: *reader.totals(),
        }
    }

    /// Reads a pipe to its end and shows every item to `look`.
    pub(super) fn of_pipe<R: Read>(
        mut reader: PipeReader<R>,
        interrupt: &Interrupt,
        mut look: impl FnMut(&Item) -> Result<()>,
    ) -> Result<Contents> {
        let mut streams = Vec::new();
        while let Some(item) = reader.next()? {
            interrupt.check()?;
            streams.extend(Stream::of_end(&item));
            look(&item)?;
        }
        let totals = reader.totals().copied();
        Ok(Contents {
            meta: reader.meta().clone(),
            entries: reader.toc().to_vec(),
            streams,
            totals: totals.ok_or_else(|| Error::internal("an archive without totals"))?,
        })
    }

    /// Every entry with rows, in the order of the table of contents, and its rows.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`]: an entry with rows has no stream.
    pub fn tables(&self) -> Result<Vec<(&Entry, Stream)>> {
        let streams: HashMap<EntryId, Stream> =
            self.streams.iter().map(|stream| (stream.id, *stream)).collect();
        let with_rows = self.entries.iter().filter(|entry| entry.data.is_some());
        with_rows
            .map(|entry| match streams.get(&entry.id) {
                Some(stream) => Ok((entry, *stream)),
                None => Err(Error::new(Code::ArchiveDamaged, "the archive lacks rows it lists")
                    .object(entry.label())),
            })
            .collect()
    }
}

impl Stream {
    /// The stream that ended with `item`, if one did.
    fn of_end(item: &Item) -> Option<Stream> {
        match item {
            Item::StreamEnd(id, end) => Some(Stream { id: *id, end: *end, stored_bytes: None }),
            Item::Chunk(_) => None,
        }
    }
}

impl From<&StreamInfo> for Stream {
    fn from(info: &StreamInfo) -> Stream {
        let StreamInfo { id, rows, raw_bytes, stored_bytes, chunks, row_sum } = *info;
        let end = StreamEnd { rows, raw_bytes, chunks, row_sum };
        Stream { id, end, stored_bytes: Some(stored_bytes) }
    }
}
