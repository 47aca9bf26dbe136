//! An archive against itself.

use std::collections::BTreeMap;

use super::contents::Contents;
use crate::archive::{Chunk, FileReader, Input, Item, PipeReader, StreamEnd};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::rows::RowSum;
use crate::toc::{Column, Entry, EntryId, Kind, Meta};

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every checksum of stored bytes, the structure, every count.
    Fast,
    /// Also what the chunks decode to: rows are counted and summed again.
    Deep,
}

/// What was checked and found whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// How closely.
    pub depth: Depth,
    /// Entries of the table of contents.
    pub entries: u64,
    /// Tables with rows.
    pub tables: u64,
    /// Rows of tables.
    pub rows: u64,
    /// Large objects.
    pub large_objects: u64,
    /// Raw bytes of rows and large objects.
    pub raw_bytes: u64,
}

/// Checks an archive and returns what it holds. Holds one chunk at a time.
pub(super) fn check(
    input: Input,
    depth: Depth,
    interrupt: &Interrupt,
) -> Result<(Contents, VerifyReport)> {
    let contents = match input {
        Input::File(path) => check_file(&FileReader::open(&path)?, depth, interrupt)?,
        Input::Pipe(pipe) => check_pipe(PipeReader::new(pipe)?, depth, interrupt)?,
    };
    let streams = contents.tables()?;
    let tables = || streams.iter().filter(|(entry, _)| entry.kind == Kind::TableData);
    let report = VerifyReport {
        depth,
        entries: contents.entries.len() as u64,
        tables: tables().count() as u64,
        rows: tables().map(|(_, stream)| stream.end.rows).sum(),
        large_objects: contents.entries.iter().map(Entry::large_objects).sum(),
        raw_bytes: streams.iter().map(|(_, stream)| stream.end.raw_bytes).sum(),
    };
    Ok((contents, report))
}

/// Opening a file reads and checks all but the rows.
fn check_file(reader: &FileReader, depth: Depth, interrupt: &Interrupt) -> Result<Contents> {
    match depth {
        Depth::Fast => {
            for frame in reader.check_stored() {
                interrupt.check()?;
                frame?;
            }
        }
        Depth::Deep => {
            let mut recounts = Recounts::new(reader.meta(), reader.toc());
            for item in reader.items() {
                interrupt.check()?;
                recounts.item(&item?)?;
            }
        }
    }
    Ok(Contents::of_file(reader))
}

/// A pipe's chunks are decoded in any case; summing their rows again is what `Deep` adds.
fn check_pipe<R: std::io::Read>(
    reader: PipeReader<R>,
    depth: Depth,
    interrupt: &Interrupt,
) -> Result<Contents> {
    let mut recounts = match depth {
        Depth::Fast => Recounts::default(),
        Depth::Deep => Recounts::new(reader.meta(), reader.toc()),
    };
    Contents::of_pipe(reader, interrupt, |item| recounts.item(item))
}

/// The streams that have not ended.
#[derive(Default)]
struct Recounts(BTreeMap<EntryId, Recount>);

impl Recounts {
    fn new(meta: &Meta, entries: &[Entry]) -> Recounts {
        let entries = entries.iter().filter(|entry| entry.data.is_some());
        Recounts(entries.map(|entry| (entry.id, Recount::new(meta, entry))).collect())
    }

    fn item(&mut self, item: &Item) -> Result<()> {
        match item {
            Item::Chunk(chunk) => match self.0.get_mut(&chunk.key.stream) {
                Some(recount) => recount.chunk(chunk),
                None => Ok(()),
            },
            Item::StreamEnd(id, end) => match self.0.remove(id) {
                Some(recount) => recount.finish(*end),
                None => Ok(()),
            },
        }
    }
}

/// Counts and sums the rows of a stream again. Chunks of one range come in order, ranges in any.
struct Recount {
    label: String,
    columns: Vec<Column>,
    server_version: u32,
    ranges: BTreeMap<u32, RowSum>,
    rows: u64,
    raw_bytes: u64,
    chunks: u64,
}

impl Recount {
    fn new(meta: &Meta, entry: &Entry) -> Recount {
        Recount {
            label: entry.label(),
            columns: entry.data.as_ref().map(|data| data.columns.clone()).unwrap_or_default(),
            server_version: meta.server_version,
            ranges: BTreeMap::new(),
            rows: 0,
            raw_bytes: 0,
            chunks: 0,
        }
    }

    fn chunk(&mut self, chunk: &Chunk) -> Result<()> {
        let new = || RowSum::for_rows(self.server_version, &self.columns);
        let sum = self.ranges.entry(chunk.key.range).or_insert_with(new);
        let rows_before = sum.rows();
        sum.update(&chunk.raw);
        let rows = sum.rows() - rows_before;
        if rows != u64::from(chunk.rows) {
            return Err(self.wrong(&format!(
                "chunk {} of range {} has {rows} rows and says {}",
                chunk.key.sequence, chunk.key.range, chunk.rows
            )));
        }
        if chunk.continued == chunk.raw.ends_with(b"\n") {
            return Err(self.wrong(&format!(
                "chunk {} of range {} does not end where it says",
                chunk.key.sequence, chunk.key.range
            )));
        }
        self.rows += rows;
        self.raw_bytes += chunk.raw.len() as u64;
        self.chunks += 1;
        Ok(())
    }

    fn finish(self, end: StreamEnd) -> Result<()> {
        let row_sum = self.ranges.values().fold(0u128, |sum, one| sum.wrapping_add(one.value()));
        let found =
            StreamEnd { rows: self.rows, raw_bytes: self.raw_bytes, chunks: self.chunks, row_sum };
        if found == end {
            return Ok(());
        }
        let what = if (found.rows, found.raw_bytes, found.chunks)
            == (end.rows, end.raw_bytes, end.chunks)
        {
            "the rows do not have the hash it says".to_owned()
        } else {
            format!("it holds {} rows and says {}", found.rows, end.rows)
        };
        Err(self.wrong(&what))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::new(Code::ArchiveDamaged, format!("the archive contradicts itself: {what}"))
            .object(self.label.clone())
            .hint("use another copy of the archive, or take a new dump")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::ChunkKey;
    use crate::toc::{CatalogId, Ref};

    fn chunk(range: u32, sequence: u32, rows: u32, raw: &[u8]) -> Chunk {
        let key = ChunkKey { stream: EntryId(1), range, sequence };
        Chunk { key, rows, continued: !raw.ends_with(b"\n"), raw: raw.to_vec() }
    }

    fn recounted(chunks: &[Chunk], end: StreamEnd) -> Result<()> {
        let entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
        let mut recount = Recount::new(&Meta::default(), &entry);
        chunks.iter().try_for_each(|chunk| recount.chunk(chunk))?;
        recount.finish(end)
    }

    #[test]
    fn rows_that_cross_chunks_and_ranges_that_interleave_are_summed() {
        let mut sum = RowSum::new();
        sum.update(b"a\nbcd\ne\n");
        let end = StreamEnd { rows: 3, raw_bytes: 8, chunks: 3, row_sum: sum.value() };
        let chunks = [chunk(0, 0, 1, b"a\nb"), chunk(1, 0, 1, b"e\n"), chunk(0, 1, 1, b"cd\n")];
        recounted(&chunks, end).unwrap();
        for wrong in [
            StreamEnd { rows: 4, ..end },
            StreamEnd { raw_bytes: 9, ..end },
            StreamEnd { chunks: 2, ..end },
            StreamEnd { row_sum: 1, ..end },
        ] {
            assert_eq!(recounted(&chunks, wrong).unwrap_err().code(), Code::ArchiveDamaged);
        }
        let lying = [chunk(0, 0, 2, b"a\n")];
        assert_eq!(recounted(&lying, end).unwrap_err().code(), Code::ArchiveDamaged);
        let unfinished = [Chunk { continued: false, ..chunk(0, 0, 1, b"a\nb") }];
        assert_eq!(recounted(&unfinished, end).unwrap_err().code(), Code::ArchiveDamaged);
    }
}
