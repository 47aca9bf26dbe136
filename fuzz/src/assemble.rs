//! Archives with right checksums, whatever is in them: a second implementation of the container, from
//! `docs/archive-format.md`, that refuses nothing.
//!
//! A random change dies at a checksum. Here checksums, and on request the index and the ends of
//! streams, are made anew after the change, so that what lies behind them is reached.

use std::collections::BTreeMap;

use minicbor::Encoder;
use pgx_core::stripe::Decoder;

/// Bytes of the header and of the tail.
const BLOCK: usize = 64;
const FRAME_HEADER: usize = 56;
const DATA: u8 = 3;
const STREAM_END: u8 = 5;
const INDEX: u8 = 6;
const FOOTER: u8 = 7;
const UUID: [u8; 16] = *b"pgx fuzz archive";

/// What is made right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing.
    Nothing,
    /// Lengths, numbers and checksums of header, frames and tail.
    Seal,
    /// That, and index, footer and tail are made from the other frames.
    Link,
    /// That, and the ends of streams count their chunks.
    Settle,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    header: [u8; FRAME_HEADER],
    payload: Vec<u8>,
}

impl Frame {
    /// A frame whose payload is stored as it is.
    pub fn new(kind: u8, payload: &[u8]) -> Frame {
        let mut frame = Frame { header: [0; FRAME_HEADER], payload: payload.to_vec() };
        frame.header[4] = kind;
        frame.with(20, 1)
    }

    /// The frame with another number of four bytes in its header: 8 stream, 12 range, 16 sequence,
    /// 20 items, 28 raw length.
    #[must_use]
    pub fn with(mut self, at: usize, number: u32) -> Frame {
        self.header[at..at + 4].copy_from_slice(&number.to_le_bytes());
        self
    }

    /// The frame with another byte in its header: 5 codec, 6 encoding, 7 flags.
    #[must_use]
    pub fn with_byte(mut self, at: usize, byte: u8) -> Frame {
        self.header[at] = byte;
        self
    }

    fn number(&self, at: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.header[at..at + 4]);
        u32::from_le_bytes(bytes)
    }

    fn kind(&self) -> u8 {
        self.header[4]
    }

    fn length(&self) -> u64 {
        (FRAME_HEADER + self.payload.len()) as u64
    }

    fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.payload).as_bytes()
    }

    /// The raw bytes, where the payload can be read.
    fn raw(&self) -> Option<Vec<u8>> {
        let length = self.number(28) as usize;
        match self.header[5] {
            _ if self.kind() == DATA => Decoder::new().ok()?.decode(&self.payload, length).ok(),
            0 => Some(self.payload.clone()),
            1 if length <= 8 << 20 => zstd::bulk::decompress(&self.payload, length).ok(),
            _ => None,
        }
    }

    /// Makes lengths and checksums right.
    fn seal(&mut self, number: u64, uuid: &[u8]) {
        let stored = self.payload.len() as u32;
        self.header[..4].copy_from_slice(b"PGXf");
        self.header[24..28].copy_from_slice(&stored.to_le_bytes());
        if self.header[5] == 0 && self.kind() != DATA {
            self.header[28..32].copy_from_slice(&stored.to_le_bytes());
        }
        self.header[32..40].copy_from_slice(&number.to_le_bytes());
        let hash = self.raw().map_or(0, |raw| xxhash_rust::xxh3::xxh3_64(&raw));
        self.header[40..48].copy_from_slice(&hash.to_le_bytes());
        self.header[48..52].copy_from_slice(&crc32c::crc32c(&self.payload).to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(uuid), &self.header[..52]);
        self.header[52..].copy_from_slice(&crc.to_le_bytes());
    }
}

/// An archive of these frames, with index, footer and tail.
pub fn archive(frames: Vec<Frame>) -> Vec<u8> {
    let mut header = [0; BLOCK];
    header[..8].copy_from_slice(b"\x89PGX\r\n\x1a\n");
    header[8] = 1;
    header[12] = BLOCK as u8;
    header[16..32].copy_from_slice(&UUID);
    header[50] = 0x40;
    linked(&header, frames)
}

/// The header of an archive with its checksum right.
pub fn sealed_header(header: &[u8; BLOCK]) -> [u8; BLOCK] {
    let mut sealed = *header;
    sealed[60..].copy_from_slice(&crc32c::crc32c(&header[..60]).to_le_bytes());
    sealed
}

/// `bytes`, an archive that was changed, made right as far as `repair` says.
pub fn repair(bytes: &[u8], repair: Repair) -> Vec<u8> {
    let Some((header, rest)) = bytes.split_first_chunk::<BLOCK>() else { return bytes.to_vec() };
    if repair == Repair::Nothing {
        return bytes.to_vec();
    }
    let (mut frames, tail) = frames(rest);
    if repair == Repair::Seal {
        return sealed(header, &mut frames, tail);
    }
    let end = frames.iter().position(|frame| matches!(frame.kind(), INDEX | FOOTER));
    frames.truncate(end.unwrap_or(frames.len()));
    if repair == Repair::Settle {
        settle(&mut frames);
    }
    linked(header, frames)
}

/// Frames up to the footer, and what follows.
fn frames(mut rest: &[u8]) -> (Vec<Frame>, &[u8]) {
    let mut frames: Vec<Frame> = Vec::new();
    while frames.last().is_none_or(|frame| frame.kind() != FOOTER) {
        let Some((header, after)) = rest.split_first_chunk::<FRAME_HEADER>() else { break };
        let mut frame = Frame { header: *header, payload: Vec::new() };
        let (payload, after) = after.split_at((frame.number(24) as usize).min(after.len()));
        frame.payload = payload.to_vec();
        frames.push(frame);
        rest = after;
    }
    (frames, rest)
}

fn sealed(header: &[u8; BLOCK], frames: &mut [Frame], tail: &[u8]) -> Vec<u8> {
    let mut out = sealed_header(header).to_vec();
    for (number, frame) in frames.iter_mut().enumerate() {
        frame.seal(number as u64, &header[16..32]);
        out.extend(frame.header);
        out.extend(&frame.payload);
    }
    let mut tail = tail.to_vec();
    if let Some(block) = tail.first_chunk_mut::<BLOCK>() {
        let crc = crc32c::crc32c(&block[..52]);
        block[52..56].copy_from_slice(&crc.to_le_bytes());
    }
    out.extend(tail);
    out
}

/// What streams hold: rows, raw bytes, chunks.
fn settle(frames: &mut [Frame]) {
    let mut streams: BTreeMap<u32, [u64; 3]> = BTreeMap::new();
    for frame in frames {
        let counts = streams.entry(frame.number(8)).or_default();
        match frame.kind() {
            DATA => {
                counts[0] += u64::from(frame.number(20));
                counts[1] += u64::from(frame.number(28));
                counts[2] += 1;
            }
            STREAM_END => frame.payload = stream_end(*counts),
            _ => {}
        }
    }
}

/// The payload of a STREAM_END frame: rows, raw bytes, chunks.
pub fn stream_end([rows, raw_bytes, chunks]: [u64; 3]) -> Vec<u8> {
    cbor(|out| {
        out.map(4)?.u8(0)?.u64(rows)?.u8(1)?.u64(raw_bytes)?.u8(2)?.u64(chunks)?;
        out.u8(3)?.bytes(&[7; 16])
    })
}

type Out<'v> = Encoder<&'v mut Vec<u8>>;
type Written = minicbor::encode::Error<std::convert::Infallible>;

fn cbor(
    write: impl for<'e, 'v> FnOnce(&'e mut Out<'v>) -> Result<&'e mut Out<'v>, Written>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes)).expect("a vector takes every byte");
    bytes
}

/// An archive as it grows.
struct Growing {
    out: Vec<u8>,
    frames: u64,
    controls: Vec<u8>,
    listed: u64,
    index: Vec<u8>,
    records: u32,
    /// Streams, chunks, rows, raw bytes, stored bytes.
    totals: [u64; 5],
}

fn linked(header: &[u8; BLOCK], frames: Vec<Frame>) -> Vec<u8> {
    let header = sealed_header(header);
    let mut growing = Growing {
        out: header.to_vec(),
        frames: 0,
        controls: Vec::new(),
        listed: 0,
        index: Vec::new(),
        records: 0,
        totals: [0; 5],
    };
    frames.into_iter().for_each(|frame| growing.push(frame));
    if growing.records > 0 {
        let index = Frame::new(INDEX, &growing.index).with(20, growing.records);
        growing.push(index);
    }
    growing.finish(&header)
}

impl Growing {
    fn push(&mut self, mut frame: Frame) {
        frame.seal(self.frames, &self.out[16..32]);
        match frame.kind() {
            1 | 2 | INDEX => self.control(&frame),
            FOOTER => {}
            _ => self.record(&frame),
        }
        self.frames += 1;
        self.out.extend(frame.header);
        self.out.extend(frame.payload);
    }

    fn control(&mut self, frame: &Frame) {
        let (number, offset) = (self.frames, self.out.len() as u64);
        self.listed += 1;
        self.controls.extend(cbor(|out| {
            out.array(5)?.u8(frame.kind())?.u64(number)?.u64(offset)?;
            out.u64(frame.length())?.bytes(&frame.digest())
        }));
    }

    fn record(&mut self, frame: &Frame) {
        let end = (frame.kind() == STREAM_END).then(|| frame.raw()).flatten();
        let (number, offset) = (self.frames, self.out.len() as u64);
        self.index.extend(cbor(|out| {
            out.array(11 + u64::from(end.is_some()))?.u64(number)?.u64(offset)?;
            out.u8(frame.kind())?;
            for at in [8, 12, 16, 20] {
                out.u32(frame.number(at))?;
            }
            out.bool(frame.header[7] & 1 != 0)?;
            out.u32(frame.number(24))?.u32(frame.number(28))?.bytes(&frame.digest())
        }));
        self.index.extend(end.iter().flatten());
        self.records += 1;
        match frame.kind() {
            DATA => {
                let (rows, raw, stored) = (frame.number(20), frame.number(28), frame.number(24));
                let more = [0, 1, rows, raw, stored].map(u64::from);
                self.totals.iter_mut().zip(more).for_each(|(total, more)| *total += more);
            }
            STREAM_END => self.totals[0] += 1,
            _ => {}
        }
    }

    fn finish(mut self, header: &[u8; BLOCK]) -> Vec<u8> {
        let (frames, totals) = (self.frames, self.totals);
        let mut payload = cbor(|out| out.map(9)?.u8(0)?.bytes(header)?.u8(1)?.array(self.listed));
        payload.append(&mut self.controls);
        payload.extend(cbor(|out| {
            out.u8(2)?.u64(frames)?;
            for (key, total) in (3..).zip(totals) {
                out.u8(key)?.u64(total)?;
            }
            out.u8(8)?.u64(1_800_000_000)
        }));
        let offset = self.out.len() as u64;
        self.push(Frame::new(FOOTER, &payload));
        let length = self.out.len() as u64;
        let mut tail = Vec::new();
        tail.extend(offset.to_le_bytes());
        tail.extend((length - offset).to_le_bytes());
        tail.extend(&header[16..32]);
        tail.extend((length + BLOCK as u64).to_le_bytes());
        tail.extend(self.frames.to_le_bytes());
        tail.extend([0; 4]);
        tail.extend(crc32c::crc32c(&tail).to_le_bytes());
        tail.extend(b"\x89PGXEND\n");
        self.out.extend(tail);
        self.out
    }
}
