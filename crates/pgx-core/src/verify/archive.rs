//! An archive against itself.

use std::collections::BTreeMap;

use super::contents::Contents;
use crate::archive::{ChunkHead, FileReader, Input, Item, PipeReader, StoredChunk, StreamEnd};
use crate::chunk::Unpacker;
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::rows::RowSum;
use crate::toc::{DataSpec, Entry, EntryId, Kind, Meta};

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
        Input::Part(part) => check_file(&part.open()?, depth, interrupt)?,
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
            let mut recounts = Recounts::new(reader.meta(), reader.toc())?;
            for item in reader.items() {
                interrupt.check()?;
                recounts.item(&item?)?;
            }
        }
    }
    Ok(Contents::of_file(reader))
}

/// Of a pipe's chunks the stored bytes are checked in any case; `Deep` turns them into rows.
fn check_pipe<R: std::io::Read>(
    reader: PipeReader<R>,
    depth: Depth,
    interrupt: &Interrupt,
) -> Result<Contents> {
    let mut recounts = match depth {
        Depth::Fast => None,
        Depth::Deep => Some(Recounts::new(reader.meta(), reader.toc())?),
    };
    Contents::of_pipe(reader, interrupt, |item| match &mut recounts {
        Some(recounts) => recounts.item(item),
        None => Ok(()),
    })
}

/// The streams that have not ended.
struct Recounts {
    unpacker: Unpacker,
    streams: BTreeMap<EntryId, Recount>,
}

impl Recounts {
    fn new(meta: &Meta, entries: &[Entry]) -> Result<Recounts> {
        let with_rows = entries.iter().filter_map(|entry| Some((entry, entry.data.as_ref()?)));
        let streams = with_rows.map(|(entry, data)| (entry.id, Recount::new(meta, entry, data)));
        Ok(Recounts { unpacker: Unpacker::new()?, streams: streams.collect() })
    }

    fn item(&mut self, item: &Item) -> Result<()> {
        match item {
            Item::Chunk(stored) => {
                let chunk = self.unpacker.unpack(stored)?;
                match self.streams.get_mut(&chunk.head.key.stream) {
                    Some(recount) => recount.chunk(stored, &chunk.raw),
                    None => Ok(()),
                }
            }
            Item::StreamEnd(id, end) => match self.streams.remove(id) {
                Some(recount) => recount.finish(*end),
                None => Ok(()),
            },
        }
    }
}

/// Counts and sums the rows of a stream again. Chunks of one range come in order, ranges in any.
struct Recount {
    label: String,
    data: DataSpec,
    server_version: u32,
    ranges: BTreeMap<u32, RowSum>,
    rows: u64,
    raw_bytes: u64,
    chunks: u64,
}

impl Recount {
    fn new(meta: &Meta, entry: &Entry, data: &DataSpec) -> Recount {
        Recount {
            label: entry.label(),
            data: data.clone(),
            server_version: meta.server_version,
            ranges: BTreeMap::new(),
            rows: 0,
            raw_bytes: 0,
            chunks: 0,
        }
    }

    fn chunk(&mut self, stored: &StoredChunk, raw: &[u8]) -> Result<()> {
        let ChunkHead { key, rows: said, continued, format } = stored.head;
        if format != self.data.format {
            return Err(stored.damaged("the rows are not in the format of their table"));
        }
        let new = || RowSum::for_rows(self.server_version, &self.data);
        let sum = self.ranges.entry(key.range).or_insert_with(new);
        let rows_before = sum.rows();
        sum.update(raw).map_err(|malformed| stored.damaged(malformed.to_string()))?;
        let rows = sum.rows() - rows_before;
        if rows != u64::from(said) {
            return Err(stored.damaged(format!("it has {rows} rows and says {said}")));
        }
        if continued == sum.finish().is_ok() {
            return Err(stored.damaged("it does not end where it says"));
        }
        self.rows += rows;
        self.raw_bytes += raw.len() as u64;
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
    use crate::archive::{ChunkKey, Writer};
    use crate::chunk::{Chunk, Packer, StreamCodec};
    use crate::toc::{CatalogId, Ref, RowFormat};

    fn chunk(range: u32, sequence: u32, rows: u32, raw: &[u8]) -> Chunk {
        let key = ChunkKey { stream: EntryId(1), range, sequence };
        let continued = !raw.ends_with(b"\n");
        Chunk {
            head: ChunkHead { key, rows, continued, ..ChunkHead::default() },
            raw: raw.to_vec(),
        }
    }

    /// An archive of one table.
    fn archive(format: RowFormat, chunks: &[Chunk], end: StreamEnd) -> Vec<u8> {
        let meta = Meta { has_data: true, ..Meta::default() };
        let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
        entry.id = EntryId(1);
        entry.data = Some(DataSpec { format, ..DataSpec::default() });
        let mut writer = Writer::new(Vec::new(), &meta).unwrap();
        writer.toc(&[entry]).unwrap();
        let mut packer = Packer::new(StreamCodec::default()).unwrap();
        for chunk in chunks {
            writer.append(packer.pack(chunk.head, &chunk.raw).unwrap()).unwrap();
        }
        writer.end_stream(EntryId(1), end).unwrap();
        writer.finish().unwrap().0
    }

    fn deep(bytes: Vec<u8>) -> Result<()> {
        let input = Input::Pipe(Box::new(std::io::Cursor::new(bytes)));
        check(input, Depth::Deep, &Interrupt::new()).map(drop)
    }

    fn end_of(rows: u64, raw: &[u8], chunks: u64) -> StreamEnd {
        let mut sum = RowSum::new(RowFormat::Text);
        sum.update(raw).unwrap();
        StreamEnd { rows, raw_bytes: raw.len() as u64, chunks, row_sum: sum.value() }
    }

    #[test]
    fn rows_that_cross_chunks_and_ranges_that_interleave_are_summed() {
        let end = end_of(3, b"a\nbcd\ne\n", 3);
        let chunks = [chunk(1, 0, 1, b"e\n"), chunk(0, 0, 1, b"a\nb"), chunk(0, 1, 1, b"cd\n")];
        deep(archive(RowFormat::Text, &chunks, end)).unwrap();
        let lying = StreamEnd { row_sum: 1, ..end };
        let error = deep(archive(RowFormat::Text, &chunks, lying)).unwrap_err();
        assert_eq!(error.code(), Code::ArchiveDamaged);
        assert!(error.what().contains("hash"), "{error}");
    }

    #[test]
    fn a_chunk_that_lies_of_its_rows_is_damage_and_says_where() {
        let refused = |format, chunk: Chunk| {
            let end = StreamEnd { rows: u64::from(chunk.head.rows), ..end_of(0, &chunk.raw, 1) };
            let error = deep(archive(format, &[chunk], end)).unwrap_err();
            assert_eq!(error.code(), Code::ArchiveDamaged);
            assert!(error.what().contains("frame 2 at byte"), "{error}");
            assert_eq!(error.object_name(), Some("TABLE DATA s.t"));
        };
        refused(RowFormat::Text, chunk(0, 0, 2, b"a\n"));
        refused(RowFormat::Binary, chunk(0, 0, 1, b"a\n"));
        let whole = chunk(0, 0, 1, b"a\nb");
        let head = ChunkHead { continued: false, ..whole.head };
        refused(RowFormat::Text, Chunk { head, ..whole });
    }
}
