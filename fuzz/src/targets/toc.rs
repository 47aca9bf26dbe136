//! META and the table of contents: what is read is written as it was read, alone and in an archive.

use std::fmt::Debug;

use minicbor::{Decode, Encode};
use pgx_core::toc::{
    CatalogId, Column, DataSpec, Entry, EntryId, Kind, Leaf, Meta, Ref, RowFormat, Shape,
};

use super::archive::read;
use crate::assemble::{Frame, archive, stream_end};
use crate::input::{Input, counted};
use crate::outcome::Outcome;

const META: u8 = 1;
const TOC: u8 = 2;

/// How many bytes a TOC frame takes, META, and entries.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let piece = 1 + input.number(2);
    let meta = input.counted();
    let toc = input.rest();
    let said = same::<Meta>(meta);
    let mut entries = Vec::new();
    let mut outcome = Outcome::default().said(said.err());
    let mut rest = toc;
    while !rest.is_empty() {
        match same::<Entry>(rest) {
            Ok((entry, length)) => {
                outcome = outcome.said(entry.kind).counted(entry.label().len());
                entries.push((entry, length));
                rest = &rest[length..];
            }
            Err(error) => {
                outcome = outcome.said(error);
                break;
            }
        }
    }
    let mut frames = vec![Frame::new(META, meta)];
    frames.extend(toc_frames(toc, &entries, piece));
    frames.extend(ends(&entries));
    outcome.said(read(&archive(frames)))
}

/// The first item of `bytes` and its length; it is encoded as it was read.
fn same<T>(bytes: &[u8]) -> Result<(T, usize), String>
where
    T: for<'b> Decode<'b, ()> + Encode<()> + PartialEq + Debug,
{
    let mut decoder = minicbor::Decoder::new(bytes);
    let item: T = decoder.decode().map_err(|error| error.to_string())?;
    let again = minicbor::to_vec(&item).expect("a vector takes every byte");
    let back: T = minicbor::decode(&again).expect("what was written is read");
    assert!(back == item, "{item:?} became {back:?}");
    Ok((item, decoder.position()))
}

/// Entries laid into frames: whole ones while they fit, a longer one in pieces.
fn toc_frames(toc: &[u8], entries: &[(Entry, usize)], piece: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut rest = toc;
    let lengths = entries.iter().map(|(_, length)| *length).chain([usize::MAX]);
    for length in lengths {
        let (item, after) = rest.split_at(length.min(rest.len()));
        let pieces = item.chunks(piece);
        let last = pieces.len().wrapping_sub(1);
        for (number, bytes) in pieces.enumerate() {
            let frame = Frame::new(TOC, bytes).with(16, frames.len() as u32);
            frames.push(match number == last {
                true => frame,
                false => frame.with(20, 0).with_byte(7, 1),
            });
        }
        rest = after;
    }
    frames
}

/// An empty stream for each entry with rows.
fn ends(entries: &[(Entry, usize)]) -> impl Iterator<Item = Frame> {
    let with_rows = entries.iter().filter(|(entry, _)| entry.data.is_some());
    with_rows.map(|(entry, _)| Frame::new(5, &stream_end([0; 3])).with(8, entry.id.0))
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let meta = counted(&encoded(&meta()));
    let mut seeds = Vec::new();
    for piece in [0xffff_u16, 60] {
        let toc: Vec<u8> = entries().iter().flat_map(encoded).collect();
        seeds.push([&piece.to_le_bytes()[..], &meta, &toc].concat());
    }
    for entry in entries() {
        seeds.push([&[0xff, 0xff][..], &meta, &encoded(&entry)].concat());
    }
    seeds
}

/// META and TOC of an archive with streams 2 and 3.
pub(super) fn frames() -> Vec<Frame> {
    let toc: Vec<u8> = entries().iter().flat_map(encoded).collect();
    let mut frames = vec![
        Frame::new(META, &encoded(&meta())),
        Frame::new(TOC, &toc).with(20, entries().len() as u32),
    ];
    frames.extend([2, 3].map(|id| Frame::new(5, &stream_end([0; 3])).with(8, id)));
    frames
}

fn encoded<T: Encode<()>>(item: &T) -> Vec<u8> {
    minicbor::to_vec(item).expect("a vector takes every byte")
}

fn meta() -> Meta {
    Meta {
        pgx_version: "0.1.0".into(),
        server_version: 180_001,
        encoding: "UTF8".into(),
        has_schema: true,
        has_data: true,
        chunk_bytes: 4 << 20,
        ..Meta::default()
    }
}

fn entries() -> Vec<Entry> {
    let mut schema = Entry::new(Kind::Schema, CatalogId::default(), Ref::default());
    schema.id = EntryId(1);
    schema.create = vec!["CREATE SCHEMA \"s\"".into()];
    schema.owner = Some("me".into());
    schema.comments = vec![];
    let leaf = |leaf| Some(Shape::Leaf(leaf));
    let array = Some(Shape::Array(Shape::Leaf(Leaf::Text).into()));
    vec![
        schema,
        rows(2, "t", RowFormat::Text, &[("id", "integer", 23, None)]),
        rows(
            3,
            "wide",
            RowFormat::Text,
            &[
                ("at", "timestamptz", 1184, leaf(Leaf::Timestamptz)),
                ("words", "text[]", 1009, array),
            ],
        ),
    ]
}

fn rows(
    id: u32,
    name: &str,
    format: RowFormat,
    columns: &[(&str, &str, u32, Option<Shape>)],
) -> Entry {
    let catalog = CatalogId { class: 1259, oid: id };
    let mut entry = Entry::new(Kind::TableData, catalog, Ref::new("public", name));
    entry.id = EntryId(id);
    entry.deps = vec![EntryId(1)];
    let column = |(name, type_name, type_oid, shape): &(&str, &str, u32, Option<Shape>)| Column {
        name: (*name).into(),
        type_name: (*type_name).into(),
        type_oid: *type_oid,
        shape: shape.clone(),
    };
    entry.data = Some(DataSpec {
        columns: columns.iter().map(column).collect(),
        filter: Some("id > 5".into()),
        via_root: None,
        bytes_estimate: 8192,
        extension_config: false,
        format,
        foreign: false,
    });
    entry
}
