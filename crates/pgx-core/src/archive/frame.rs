//! Frames: the self-delimiting records everything between header and tail consists of.

use super::codec::{self, Codec};
use super::defect::Defect;
use super::fields::Fields;
use super::limits;
use super::stream::ChunkKey;
use crate::error::{Error, Result};
use crate::toc::EntryId;

/// Bytes of a frame header.
pub(super) const HEADER_LEN: usize = 56;
pub(super) const SYNC: [u8; 4] = *b"PGXf";
/// The payload's last item goes on in the next frame of the same kind (DATA: of the same range).
const CONTINUED: u8 = 1;

/// Payload encoding of every frame but DATA.
const CBOR: u8 = 0;
/// Payload encoding of a DATA frame that holds COPY text lines.
const COPY_TEXT: u8 = 1;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Meta,
    Toc,
    Data,
    StreamEnd,
    Index,
    Footer,
    /// A type of a later version that a reader may pass over: 128 and above.
    Optional(u8),
}

impl FrameKind {
    pub(super) fn number(self) -> u8 {
        match self {
            FrameKind::Meta => 1,
            FrameKind::Toc => 2,
            FrameKind::Data => 3,
            FrameKind::StreamEnd => 5,
            FrameKind::Index => 6,
            FrameKind::Footer => 7,
            FrameKind::Optional(number) => number,
        }
    }

    pub(super) fn from_number(number: u8) -> Result<FrameKind, Defect> {
        Ok(match number {
            1 => FrameKind::Meta,
            2 => FrameKind::Toc,
            3 => FrameKind::Data,
            5 => FrameKind::StreamEnd,
            6 => FrameKind::Index,
            7 => FrameKind::Footer,
            128.. => FrameKind::Optional(number),
            _ => {
                let what = format!("the archive has a frame of type {number}, unknown to this pgx");
                return Err(Defect::newer(what));
            }
        })
    }

    fn encoding(self) -> u8 {
        if self == FrameKind::Data { COPY_TEXT } else { CBOR }
    }

    /// Whether a frame of this kind is one item, whole.
    fn is_single(self) -> bool {
        matches!(self, FrameKind::Meta | FrameKind::StreamEnd | FrameKind::Footer)
    }

    /// Raw bytes a frame of this kind holds at most.
    pub(super) fn raw_limit(self) -> u32 {
        if self == FrameKind::Data { limits::DATA_RAW } else { limits::CONTROL_RAW }
    }
}

/// A frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) kind: FrameKind,
    pub(super) codec: u8,
    pub(super) encoding: u8,
    pub(super) continued: bool,
    /// Stream, range, sequence; only the sequence counts outside streams.
    pub(super) key: ChunkKey,
    /// Rows or items that end in this frame.
    pub(super) items: u32,
    pub(super) stored: u32,
    pub(super) raw: u32,
    /// Frames before this one.
    pub(super) number: u64,
    pub(super) raw_hash: u64,
    pub(super) stored_crc: u32,
}

impl FrameHeader {
    /// The header's bytes. The archive's number goes into the checksum, so that a frame of one
    /// archive is no frame in another.
    pub(super) fn encode(&self, uuid: &[u8; 16]) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend(SYNC);
        bytes.extend([self.kind.number(), self.codec, self.encoding, u8::from(self.continued)]);
        bytes.extend(self.key.stream.0.to_le_bytes());
        bytes.extend(self.key.range.to_le_bytes());
        bytes.extend(self.key.sequence.to_le_bytes());
        bytes.extend(self.items.to_le_bytes());
        bytes.extend(self.stored.to_le_bytes());
        bytes.extend(self.raw.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.raw_hash.to_le_bytes());
        bytes.extend(self.stored_crc.to_le_bytes());
        bytes.extend(header_crc(uuid, &bytes).to_le_bytes());
        bytes.try_into().expect("the fields fill the frame header")
    }

    pub(super) fn decode(bytes: &[u8; HEADER_LEN], uuid: &[u8; 16]) -> Result<Self, Defect> {
        let mut fields = Fields::new(bytes);
        if fields.bytes() != SYNC {
            return Err(Defect::damaged("no frame begins here"));
        }
        let [kind, codec, encoding, flags] = fields.bytes();
        let stream = EntryId(fields.u32());
        let key = ChunkKey { stream, range: fields.u32(), sequence: fields.u32() };
        let (items, stored, raw) = (fields.u32(), fields.u32(), fields.u32());
        let (number, raw_hash, stored_crc) = (fields.u64(), fields.u64(), fields.u32());
        if fields.u32() != header_crc(uuid, &bytes[..HEADER_LEN - 4]) {
            return Err(Defect::damaged("the frame header does not match its checksum"));
        }
        let kind = FrameKind::from_number(kind)?;
        let continued = flags & CONTINUED != 0;
        let header = FrameHeader {
            kind,
            codec,
            encoding,
            continued,
            key,
            items,
            stored,
            raw,
            number,
            raw_hash,
            stored_crc,
        };
        header.check(flags)?;
        Ok(header)
    }

    /// [`FrameHeader::decode`] of a buffer that has the length of a frame header.
    pub(super) fn from_slice(bytes: &[u8], uuid: &[u8; 16]) -> Result<Self, Defect> {
        FrameHeader::decode(bytes.try_into().expect("the buffer holds one frame header"), uuid)
    }

    /// Refuses values that would not be understood, or that ask for more memory than allowed.
    fn check(&self, flags: u8) -> Result<(), Defect> {
        if let FrameKind::Optional(_) = self.kind {
            return match self.stored {
                0..=limits::OPTIONAL_STORED => Ok(()),
                _ => Err(Defect::damaged("the frame is longer than allowed")),
            };
        }
        let unknown =
            |what, number| Defect::newer(format!("{what} {number} is not known to this pgx"));
        if flags & !CONTINUED != 0 {
            return Err(unknown("the set of frame flags", flags));
        }
        if self.encoding != self.kind.encoding() {
            return Err(unknown("payload encoding", self.encoding));
        }
        if !matches!(self.codec, codec::STORED | codec::ZSTD) {
            return Err(unknown("compression", self.codec));
        }
        let lengths_fit = match self.codec {
            codec::STORED => self.stored == self.raw,
            _ => self.stored < self.raw,
        };
        if self.stored < 1 || self.raw > self.kind.raw_limit() || !lengths_fit {
            return Err(Defect::damaged("the frame has impossible lengths"));
        }
        if self.kind.is_single() && (self.items, self.continued) != (1, false) {
            return Err(Defect::damaged("the frame does not hold exactly one item"));
        }
        Ok(())
    }

    /// Checks the bytes as they are stored.
    pub(super) fn check_stored(&self, stored: &[u8]) -> Result<(), Defect> {
        if stored.len() == self.stored as usize && crc32c::crc32c(stored) == self.stored_crc {
            return Ok(());
        }
        Err(Defect::damaged("the stored bytes do not match their checksum"))
    }

    /// The raw bytes of stored bytes that were found right.
    pub(super) fn unpack(&self, stored: &[u8]) -> Result<Vec<u8>, Defect> {
        let raw = codec::decompress(self.codec, stored, self.raw as usize)?;
        if xxhash_rust::xxh3::xxh3_64(&raw) != self.raw_hash {
            return Err(Defect::damaged("the decompressed bytes do not match their checksum"));
        }
        Ok(raw)
    }

    /// Bytes of header and payload.
    pub(super) fn length(&self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.stored)
    }
}

fn header_crc(uuid: &[u8; 16], fields: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(uuid), fields)
}

/// A frame ready to be written: its payload as stored, and its checksums. Made by any thread.
#[derive(Debug)]
pub struct EncodedFrame {
    /// The number is given when the frame is written.
    pub(super) header: FrameHeader,
    pub(super) payload: Vec<u8>,
    /// BLAKE3 of the payload.
    pub(super) digest: [u8; 32],
}

impl EncodedFrame {
    pub(super) fn new(identity: FrameIdentity, raw: &[u8], codec: Codec) -> Result<EncodedFrame> {
        let FrameIdentity { kind, key, items, continued } = identity;
        let length = u32::try_from(raw.len()).ok().filter(|&n| n >= 1 && n <= kind.raw_limit());
        let Some(raw_length) = length else {
            let what = format!("a {kind:?} frame of {} raw bytes is out of bounds", raw.len());
            return Err(Error::internal(what));
        };
        let (codec, payload) = codec::compress(codec, raw)?;
        let header = FrameHeader {
            kind,
            codec,
            encoding: kind.encoding(),
            continued,
            key,
            items,
            stored: u32::try_from(payload.len()).expect("stored bytes are at most the raw bytes"),
            raw: raw_length,
            number: 0,
            raw_hash: xxhash_rust::xxh3::xxh3_64(raw),
            stored_crc: crc32c::crc32c(&payload),
        };
        let digest = *blake3::hash(&payload).as_bytes();
        Ok(EncodedFrame { header, payload, digest })
    }

    /// Where the rows belong.
    pub fn key(&self) -> ChunkKey {
        self.header.key
    }

    /// Rows that end in the frame.
    pub fn rows(&self) -> u32 {
        self.header.items
    }

    /// Bytes before compression.
    pub fn raw_bytes(&self) -> u64 {
        u64::from(self.header.raw)
    }

    /// Bytes the frame takes in memory and, but for its header, in the archive.
    pub fn stored_bytes(&self) -> u64 {
        u64::from(self.header.stored)
    }
}

/// What a frame is, apart from its bytes.
pub(super) struct FrameIdentity {
    pub(super) kind: FrameKind,
    pub(super) key: ChunkKey,
    pub(super) items: u32,
    pub(super) continued: bool,
}

/// Compresses a chunk and computes its checksums: the part of writing that any thread can do.
///
/// `rows` counts the rows that end in `raw`; `continued` says that its last row goes on in the next
/// chunk of the same range. `raw` is 1 byte to 8 MiB.
///
/// # Errors
/// [`Code::Internal`](crate::Code::Internal) for an empty or too long chunk.
pub fn encode_chunk(
    key: ChunkKey,
    rows: u32,
    continued: bool,
    raw: &[u8],
    codec: Codec,
) -> Result<EncodedFrame> {
    let identity = FrameIdentity { kind: FrameKind::Data, key, items: rows, continued };
    EncodedFrame::new(identity, raw, codec)
}
