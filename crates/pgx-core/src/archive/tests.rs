//! The container as a whole: what is written reads back, and nothing else does.

mod cluster;
mod damage;
mod golden;
mod hostile;
mod round_trip;
mod vector;

use std::io::Write;

use super::codec::Codec;
use super::*;
use crate::error::Result;
use crate::toc::{CatalogId, Column, DataSpec, Entry, EntryId, Kind, Meta, Ref, RowFormat};

/// The entry of a table's rows.
fn table_data(id: u32, name: &str) -> Entry {
    let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("public", name));
    entry.id = EntryId(id);
    entry.data = Some(DataSpec {
        columns: vec![Column {
            name: "id".into(),
            type_name: "integer".into(),
            type_oid: 23,
            shape: None,
        }],
        filter: None,
        via_root: None,
        bytes_estimate: 8192,
        extension_config: false,
        format: RowFormat::Text,
        foreign: false,
    });
    entry
}

fn schema(id: u32) -> Entry {
    let mut entry = Entry::new(Kind::Schema, CatalogId::default(), Ref::default());
    entry.id = EntryId(id);
    entry.create = vec!["CREATE SCHEMA \"public\"".into()];
    entry
}

fn meta() -> Meta {
    Meta {
        pgx_version: "0.1.0".into(),
        encoding: "UTF8".into(),
        has_schema: true,
        has_data: true,
        chunk_bytes: 4 << 20,
        ..Meta::default()
    }
}

fn key(stream: u32, range: u32, sequence: u32) -> ChunkKey {
    ChunkKey { stream: EntryId(stream), range, sequence }
}

/// Rows of one table. Here a payload is two zero bytes and the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk {
    key: ChunkKey,
    rows: u32,
    continued: bool,
    raw: Vec<u8>,
}

impl Chunk {
    fn encode(&self) -> Result<EncodedFrame> {
        let Chunk { key, rows, continued, .. } = *self;
        let head = ChunkHead { key, rows, continued, format: RowFormat::Text };
        encode_chunk(head, &self.raw, [&[0, 0], &self.raw[..]].concat())
    }

    fn of(stored: &StoredChunk) -> Result<Chunk> {
        let ChunkHead { key, rows, continued, .. } = stored.head;
        let raw = stored.payload[2..].to_vec();
        stored.check(&raw)?;
        Ok(Chunk { key, rows, continued, raw })
    }
}

/// What `chunks` amount to.
fn end_of(chunks: &[&Chunk]) -> StreamEnd {
    StreamEnd {
        rows: chunks.iter().map(|chunk| u64::from(chunk.rows)).sum(),
        raw_bytes: chunks.iter().map(|chunk| chunk.raw.len() as u64).sum(),
        chunks: chunks.len() as u64,
        row_sum: chunks.iter().map(|chunk| u128::from(chunk.rows) << 100).sum(),
    }
}

fn chunk(key: ChunkKey, rows: u32, raw: &str) -> Chunk {
    Chunk { key, rows, continued: !raw.ends_with('\n'), raw: raw.as_bytes().to_vec() }
}

/// Chunks of two streams as they might arrive: ranges interleave, a row goes over three chunks.
fn arrivals() -> Vec<Chunk> {
    vec![
        chunk(key(2, 1, 0), 2, "3\n4\n"),
        chunk(key(2, 0, 0), 1, "1\n"),
        chunk(key(3, 0, 0), 0, "a long ro"),
        chunk(key(3, 0, 1), 0, "w over thr"),
        chunk(key(3, 0, 2), 2, "ee chunks\nand a short one\n"),
        chunk(key(2, 0, 1), 1, "2\n"),
        chunk(key(2, 1, 1), 100, &"the same row again and again\n".repeat(100)),
    ]
}

/// Writes an archive of four entries and the given streams' chunks, in this order of arrival.
fn write_archive<W: Write>(output: W, chunks: &[Chunk], uuid: u8) -> Result<W> {
    let mut writer = Writer::with_identity(output, &meta(), [uuid; 16], Codec::Zstd(3))?;
    writer.toc(&[schema(1), table_data(2, "t"), table_data(3, "wide"), table_data(4, "none")])?;
    for chunk in chunks {
        writer.append(chunk.encode()?)?;
    }
    for stream in [2, 3, 4].map(EntryId) {
        let own: Vec<&Chunk> = chunks.iter().filter(|chunk| chunk.key.stream == stream).collect();
        writer.end_stream(stream, end_of(&own))?;
    }
    Ok(writer.finish_at(1_800_000_000)?.0)
}

fn archive_of(chunks: &[Chunk]) -> Result<Vec<u8>> {
    write_archive(Vec::new(), chunks, 1)
}

fn small_archive() -> Vec<u8> {
    archive_of(&arrivals()).unwrap()
}

/// The same rows, dumped again.
fn sister_archive() -> Vec<u8> {
    write_archive(Vec::new(), &arrivals(), 2).unwrap()
}

fn open(bytes: &[u8]) -> Result<FileReader> {
    FileReader::of_bytes(bytes.to_vec())
}

/// Every chunk of an archive in a file, stream by stream.
fn read_file(bytes: &[u8]) -> Result<Vec<Chunk>> {
    let reader = open(bytes)?;
    let chunks = reader.streams().iter().flat_map(|stream| reader.chunks(stream.id));
    chunks.map(|chunk| Chunk::of(&chunk?)).collect()
}

/// Every item of an archive in a pipe.
fn read_pipe(bytes: &[u8]) -> Result<Vec<Item>> {
    let mut reader = PipeReader::new(bytes)?;
    let mut items = Vec::new();
    while let Some(item) = reader.next()? {
        if let Item::Chunk(chunk) = &item {
            Chunk::of(chunk)?;
        }
        items.push(item);
    }
    Ok(items)
}

/// Where the frames of an archive begin, and where the tail begins.
fn frame_borders(bytes: &[u8]) -> Vec<usize> {
    let mut borders = vec![64];
    let mut at = 64;
    while at < bytes.len() - 64 {
        let stored = u32::from_le_bytes(bytes[at + 24..at + 28].try_into().unwrap());
        at += 56 + stored as usize;
        borders.push(at);
    }
    borders
}
