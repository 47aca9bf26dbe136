//! Whatever happens to an archive: what is called whole is what was written, and what was not
//! touched is found.

mod damage;
mod keys;
mod lies;

use std::collections::BTreeMap;

use super::*;
use crate::archive::{ChunkHead, ChunkKey, Item, PipeReader};
use crate::chunk::{Packer, Unpacker};
use crate::event::Silent;
use crate::rows::RowSum;
use crate::stripe::StreamCodec;
use crate::toc::{CatalogId, Column, DataSpec, Kind, RowFormat};

/// An entry that needs others.
fn entry(id: u32, kind: Kind, name: &str, deps: &[u32]) -> Entry {
    let mut entry = Entry::new(kind, CatalogId::default(), Ref::new("public", name));
    entry.id = EntryId(id);
    entry.deps = deps.iter().copied().map(EntryId).collect();
    entry
}

/// An entry that sits on a table.
fn entry_on(id: u32, kind: Kind, name: &str, on: &str, deps: &[u32]) -> Entry {
    Entry { on: Some(Ref::new("public", on)), ..entry(id, kind, name, deps) }
}

/// The rows of a table of one text column.
fn rows_of(id: u32, name: &str, deps: &[u32]) -> Entry {
    let column = Column { name: "a".into(), type_name: "text".into(), type_oid: 25, shape: None };
    let data = DataSpec {
        columns: vec![column],
        filter: None,
        via_root: None,
        bytes_estimate: 8192,
        extension_config: false,
        format: RowFormat::Text,
        foreign: false,
    };
    Entry { data: Some(data), ..entry_on(id, Kind::TableData, name, name, deps) }
}

fn meta() -> Meta {
    Meta {
        encoding: "UTF8".into(),
        server_version: 180_000,
        has_schema: true,
        has_data: true,
        request: "-t x".into(),
        ..Meta::default()
    }
}

/// A chunk as a test writes it: stream, range, sequence, rows.
type Written = (u32, u32, u32, &'static str);

/// What an archive is made of: entries, one slice for each frame of the table of contents, and chunks
/// in the order of the file.
struct Made<'a> {
    toc: &'a [&'a [Entry]],
    chunks: &'a [Written],
}

impl Made<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &meta()).unwrap();
        for entries in self.toc {
            writer.toc(entries).unwrap();
        }
        for &chunk in self.chunks {
            append(&mut writer, chunk);
        }
        for entry in self.toc.concat().iter().filter(|entry| entry.data.is_some()) {
            writer.end_stream(entry.id, self.end(entry.id.0)).unwrap();
        }
        writer.finish().unwrap().0
    }

    /// The rows of a stream, in row order.
    fn text(&self, stream: u32) -> String {
        let mut chunks: Vec<&Written> = self.chunks.iter().filter(|c| c.0 == stream).collect();
        chunks.sort();
        chunks.into_iter().map(|chunk| chunk.3).collect()
    }

    fn end(&self, stream: u32) -> StreamEnd {
        let text = self.text(stream);
        let mut sum = RowSum::new(RowFormat::Text);
        sum.update(text.as_bytes()).unwrap();
        let chunks = self.chunks.iter().filter(|chunk| chunk.0 == stream).count() as u64;
        let raw_bytes = text.len() as u64;
        StreamEnd { rows: sum.rows(), raw_bytes, chunks, row_sum: sum.value() }
    }
}

fn append(writer: &mut Writer<Vec<u8>>, (stream, range, sequence, rows): Written) {
    let key = ChunkKey { stream: EntryId(stream), range, sequence };
    let n_rows = rows.matches('\n').count() as u32;
    let continued = !rows.ends_with('\n');
    let head = ChunkHead { key, rows: n_rows, continued, format: RowFormat::Text };
    let mut packer = Packer::new(StreamCodec::default()).unwrap();
    writer.append(packer.pack(head, rows.as_bytes()).unwrap()).unwrap();
}

fn survey(bytes: &[u8]) -> Result<Survey> {
    Survey::of(Remains::of_bytes(bytes.to_vec())?, &Interrupt::new(), &Silent)
}

/// The entries and the rows of an archive, which must be valid; rows by the name of their table.
fn read(bytes: &[u8]) -> (Vec<Entry>, BTreeMap<String, String>) {
    let mut reader = PipeReader::new(bytes).unwrap();
    let toc = reader.toc().to_vec();
    let name = |id: EntryId| toc.iter().find(|entry| entry.id == id).unwrap().name.name.clone();
    let mut chunks: Vec<(ChunkKey, Vec<u8>)> = Vec::new();
    let mut ends = Vec::new();
    let mut unpacker = Unpacker::new().unwrap();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Chunk(stored) => {
                chunks.push((stored.head.key, unpacker.unpack(&stored).unwrap().raw));
            }
            Item::StreamEnd(id, end) => ends.push((id, end)),
        }
    }
    chunks.sort();
    let mut rows = BTreeMap::new();
    for (id, end) in ends {
        let own = chunks.iter().filter(|(key, _)| key.stream == id);
        let text: Vec<u8> = own.flat_map(|(_, raw)| raw.clone()).collect();
        let mut sum = RowSum::new(RowFormat::Text);
        sum.update(&text).unwrap();
        assert_eq!((sum.rows(), sum.value()), (end.rows, end.row_sum));
        rows.insert(name(id), String::from_utf8(text).unwrap());
    }
    (toc, rows)
}

/// What is written of a survey.
fn repaired(survey: &Survey, partial: bool) -> (Vec<Entry>, BTreeMap<String, String>) {
    let plan = survey.plan(partial);
    let written = survey.write(&plan, Vec::new(), &Interrupt::new(), &Silent);
    read(&written.unwrap().0)
}
