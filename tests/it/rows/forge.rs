//! Archives made by hand (docs/archive-format.md), with every checksum right.

use minicbor::Encoder;
use pgx_core::toc::{CatalogId, Column, DataSpec, Entry, EntryId, Kind, Meta, Ref, RowFormat};
use xxhash_rust::xxh3::xxh3_64;

const UUID: [u8; 16] = *b"forged by a test";

pub(super) const META: u8 = 1;
pub(super) const TOC: u8 = 2;
pub(super) const DATA: u8 = 3;
pub(super) const STREAM_END: u8 = 5;
pub(super) const INDEX: u8 = 6;
pub(super) const FOOTER: u8 = 7;

/// A frame that the test chooses.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) codec: u8,
    pub(super) encoding: u8,
    pub(super) continued: bool,
    /// Stream, range, sequence.
    pub(super) key: [u32; 3],
    pub(super) items: u32,
    pub(super) payload: Vec<u8>,
    pub(super) raw: u32,
    pub(super) raw_hash: u64,
}

impl Frame {
    /// A stored control frame.
    pub(super) fn control(kind: u8, items: u32, raw: &[u8]) -> Frame {
        Frame {
            kind,
            codec: 0,
            encoding: 0,
            continued: false,
            key: [0; 3],
            items,
            payload: raw.to_vec(),
            raw: raw.len() as u32,
            raw_hash: xxh3_64(raw),
        }
    }

    /// The same, compressed, with whatever length it claims.
    pub(super) fn packed(self, claimed: u32) -> Frame {
        let payload = zstd::bulk::compress(&self.payload, 3).unwrap();
        Frame { codec: 1, payload, raw: claimed, ..self }
    }

    /// Rows of stream 1.
    pub(super) fn rows(sequence: u32, rows: u32, payload: Vec<u8>, claimed: u32) -> Frame {
        Frame {
            kind: DATA,
            encoding: 3,
            key: [1, 0, sequence],
            payload,
            raw: claimed,
            ..Frame::control(DATA, rows, b"")
        }
    }

    fn header(&self, number: u64) -> Vec<u8> {
        let mut bytes = b"PGXf".to_vec();
        bytes.extend([self.kind, self.codec, self.encoding, u8::from(self.continued)]);
        self.key.iter().for_each(|part| bytes.extend(part.to_le_bytes()));
        bytes.extend(self.items.to_le_bytes());
        bytes.extend((self.payload.len() as u32).to_le_bytes());
        bytes.extend(self.raw.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(self.raw_hash.to_le_bytes());
        bytes.extend(crc32c::crc32c(&self.payload).to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&UUID), &bytes);
        bytes.extend(crc.to_le_bytes());
        bytes
    }
}

/// An archive in the making.
pub(super) struct Forge {
    bytes: Vec<u8>,
    frames: u64,
    controls: Vec<(u8, u64, u64, u64, [u8; 32])>,
    records: Vec<u8>,
    n_records: u32,
    chunks: u64,
    stored: u64,
}

impl Forge {
    pub(super) fn new() -> Forge {
        let mut bytes = b"\x89PGX\r\n\x1a\n".to_vec();
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(0u16.to_le_bytes());
        bytes.extend(64u32.to_le_bytes());
        bytes.extend(UUID);
        bytes.extend([0; 16]);
        bytes.extend((4u32 << 20).to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        let (controls, records) = (Vec::new(), Vec::new());
        Forge { bytes, frames: 0, controls, records, n_records: 0, chunks: 0, stored: 0 }
    }

    /// With META, and one table `public.t` of `columns`.
    pub(super) fn of_table(columns: usize) -> Forge {
        Forge::new().frame(meta()).frame(Frame::control(TOC, 1, &entry(1, columns)))
    }

    pub(super) fn frame(mut self, frame: Frame) -> Forge {
        let (offset, digest) = (self.bytes.len() as u64, *blake3::hash(&frame.payload).as_bytes());
        let length = frame.payload.len() as u64 + 56;
        match frame.kind {
            META | TOC | INDEX => {
                self.controls.push((frame.kind, self.frames, offset, length, digest));
            }
            DATA | STREAM_END => self.record(&frame, offset, &digest),
            _ => {}
        }
        self.bytes.extend(frame.header(self.frames));
        self.bytes.extend(frame.payload);
        self.frames += 1;
        self
    }

    fn record(&mut self, frame: &Frame, offset: u64, digest: &[u8]) {
        self.records.extend(record(self.frames, offset, frame, digest));
        self.n_records += 1;
        if frame.kind == DATA {
            self.chunks += 1;
            self.stored += frame.payload.len() as u64;
        }
    }

    /// What stands behind rows: the end of stream 1, the index, the footer, the tail.
    pub(super) fn ended(self, rows: u64, raw_bytes: u64, sum: u128) -> Vec<u8> {
        let chunks = self.chunks;
        let mut frame = Frame::control(STREAM_END, 1, &stream_end(rows, raw_bytes, chunks, sum));
        frame.key[0] = 1;
        let forge = self.frame(frame);
        let index = Frame::control(INDEX, forge.n_records, &forge.records.clone());
        forge.frame(index).finished(rows, raw_bytes)
    }

    /// The footer and the tail.
    pub(super) fn finished(self, rows: u64, raw_bytes: u64) -> Vec<u8> {
        let footer = Frame::control(FOOTER, 1, &self.footer(rows, raw_bytes));
        let (offset, length) = (self.bytes.len() as u64, footer.payload.len() as u64 + 56);
        let mut bytes = self.frame(footer).into_bytes();
        let frames = u64::from_le_bytes(bytes[offset as usize + 32..][..8].try_into().unwrap()) + 1;
        let mut tail = Vec::new();
        tail.extend(offset.to_le_bytes());
        tail.extend(length.to_le_bytes());
        tail.extend(UUID);
        tail.extend((bytes.len() as u64 + 64).to_le_bytes());
        tail.extend(frames.to_le_bytes());
        tail.extend([0; 4]);
        tail.extend(crc32c::crc32c(&tail).to_le_bytes());
        tail.extend(b"\x89PGXEND\n");
        bytes.extend(tail);
        bytes
    }

    /// Its length so far.
    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// As far as it is.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn footer(&self, rows: u64, raw_bytes: u64) -> Vec<u8> {
        let mut cbor = Encoder::new(Vec::new());
        cbor.map(9).unwrap().u8(0).unwrap().bytes(&self.bytes[..64]).unwrap();
        cbor.u8(1).unwrap().array(self.controls.len() as u64).unwrap();
        for (kind, frame, offset, length, digest) in &self.controls {
            cbor.array(5).unwrap().u8(*kind).unwrap().u64(*frame).unwrap();
            cbor.u64(*offset).unwrap().u64(*length).unwrap().bytes(digest).unwrap();
        }
        let streams = u64::from(self.n_records > 0);
        let values = [self.frames, streams, self.chunks, rows, raw_bytes, self.stored, 1];
        for (key, value) in (2u8..).zip(values) {
            cbor.u8(key).unwrap().u64(value).unwrap();
        }
        cbor.into_writer()
    }
}

/// A record of the index.
pub(super) fn record(number: u64, offset: u64, frame: &Frame, digest: &[u8]) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::new());
    let end = frame.kind == STREAM_END;
    cbor.array(11 + u64::from(end)).unwrap().u64(number).unwrap().u64(offset).unwrap();
    cbor.u8(frame.kind).unwrap();
    let [stream, range, sequence] = frame.key;
    cbor.u32(stream).unwrap().u32(range).unwrap().u32(sequence).unwrap();
    cbor.u32(frame.items).unwrap().bool(frame.continued).unwrap();
    cbor.u32(frame.payload.len() as u32).unwrap().u32(frame.raw).unwrap();
    cbor.bytes(digest).unwrap();
    let mut bytes = cbor.into_writer();
    if end {
        bytes.extend(&frame.payload);
    }
    bytes
}

fn stream_end(rows: u64, raw_bytes: u64, chunks: u64, sum: u128) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::new());
    cbor.map(4).unwrap().u8(0).unwrap().u64(rows).unwrap().u8(1).unwrap().u64(raw_bytes).unwrap();
    cbor.u8(2).unwrap().u64(chunks).unwrap().u8(3).unwrap().bytes(&sum.to_le_bytes()).unwrap();
    cbor.into_writer()
}

pub(super) fn meta() -> Frame {
    let meta = Meta {
        encoding: "UTF8".into(),
        server_version: 180_000,
        has_schema: true,
        has_data: true,
        ..Meta::default()
    };
    Frame::control(META, 1, &minicbor::to_vec(meta).unwrap())
}

/// An entry: the rows of `public.t`.
pub(super) fn entry(id: u32, columns: usize) -> Vec<u8> {
    let mut entry =
        Entry::new(Kind::TableData, CatalogId::default(), Ref::new("public", &format!("t{id}")));
    let column = |n| Column {
        name: format!("c{n}"),
        type_name: "integer".into(),
        type_oid: 23,
        shape: Some("int4".parse().unwrap()),
    };
    let columns = (0..columns).map(column).collect();
    entry.id = EntryId(id);
    entry.data = Some(DataSpec { columns, format: RowFormat::Binary, ..DataSpec::default() });
    minicbor::to_vec(entry).unwrap()
}
