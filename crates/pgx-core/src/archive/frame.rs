//! Frames: the self-delimiting records everything between header and tail consists of.

use super::codec::{self, Codec};
use super::defect::Defect;
use super::fields::Fields;
use super::limits;
use super::stream::{ChunkHead, ChunkKey};
use crate::error::{Error, Result};
use crate::toc::{EntryId, RowFormat};

/// Bytes of a frame header.
pub(super) const HEADER_LEN: usize = 56;
pub(super) const SYNC: [u8; 4] = *b"PGXf";
/// The payload's last item goes on in the next frame of the same kind (DATA: of the same range).
const CONTINUED: u8 = 1;

/// Payload encoding of every frame but DATA.
const CBOR: u8 = 0;
/// Payload encoding of a DATA frame: column stripes of COPY text.
const TEXT_STRIPES: u8 = 2;
/// Payload encoding of a DATA frame: column stripes of COPY BINARY.
const BINARY_STRIPES: u8 = 3;
/// Bytes that a DATA payload may have beyond its raw bytes.
const PAYLOAD_EXTRA: u64 = 2;

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

    fn has_encoding(self, encoding: u8) -> bool {
        match self {
            FrameKind::Data => matches!(encoding, TEXT_STRIPES | BINARY_STRIPES),
            _ => encoding == CBOR,
        }
    }

    fn has_codec(self, codec: u8) -> bool {
        codec == codec::STORED || codec == codec::ZSTD && self != FrameKind::Data
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
        if !self.kind.has_encoding(self.encoding) {
            return Err(unknown("payload encoding", self.encoding));
        }
        if !self.kind.has_codec(self.codec) {
            return Err(unknown("compression", self.codec));
        }
        if !self.has_possible_lengths() {
            return Err(Defect::damaged("the frame has impossible lengths"));
        }
        if self.kind.is_single() && (self.items, self.continued) != (1, false) {
            return Err(Defect::damaged("the frame does not hold exactly one item"));
        }
        Ok(())
    }

    fn has_possible_lengths(&self) -> bool {
        let fits = match (self.kind, self.codec) {
            (FrameKind::Data, _) => payload_fits(self.stored, self.raw),
            (_, codec::STORED) => self.stored == self.raw,
            _ => self.stored < self.raw,
        };
        fits && (1..=self.kind.raw_limit()).contains(&self.raw) && self.stored >= 1
    }

    /// How the rows of a DATA frame are written.
    pub(super) fn format(&self) -> RowFormat {
        if self.encoding == BINARY_STRIPES { RowFormat::Binary } else { RowFormat::Text }
    }

    /// Checks the bytes as they are stored.
    pub(super) fn check_stored(&self, stored: &[u8]) -> Result<(), Defect> {
        if stored.len() == self.stored as usize && crc32c::crc32c(stored) == self.stored_crc {
            return Ok(());
        }
        Err(Defect::damaged("the stored bytes do not match their checksum"))
    }

    /// The raw bytes of a control frame whose stored bytes were found right.
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

/// Whether a DATA frame of so many raw bytes may have so long a payload.
pub(super) fn payload_fits(stored: u32, raw: u32) -> bool {
    u64::from(stored) <= u64::from(raw) + PAYLOAD_EXTRA
}

fn header_crc(uuid: &[u8; 16], fields: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(uuid), fields)
}

/// A frame ready to be written: its payload, and its checksums. Made by any thread.
#[derive(Debug)]
pub struct EncodedFrame {
    /// The number is given when the frame is written.
    pub(super) header: FrameHeader,
    pub(super) payload: Vec<u8>,
    /// BLAKE3 of the payload.
    pub(super) digest: [u8; 32],
}

impl EncodedFrame {
    /// A control frame.
    pub(super) fn new(identity: FrameIdentity, raw: &[u8], codec: Codec) -> Result<EncodedFrame> {
        let (codec, payload) = codec::compress(codec, raw)?;
        EncodedFrame::sealed(identity, raw, codec, payload)
    }

    fn sealed(
        identity: FrameIdentity,
        raw: &[u8],
        codec: u8,
        payload: Vec<u8>,
    ) -> Result<EncodedFrame> {
        let FrameIdentity { kind, encoding, key, items, continued } = identity;
        let header = FrameHeader {
            kind,
            codec,
            encoding,
            continued,
            key,
            items,
            stored: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            raw: u32::try_from(raw.len()).unwrap_or(u32::MAX),
            number: 0,
            raw_hash: xxhash_rust::xxh3::xxh3_64(raw),
            stored_crc: crc32c::crc32c(&payload),
        };
        if !header.has_possible_lengths() {
            let (raw, stored) = (raw.len(), payload.len());
            let what = format!("a {kind:?} frame of {raw} raw bytes, {stored} stored");
            return Err(Error::internal(format!("{what}, is out of bounds")));
        }
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
    pub(super) encoding: u8,
    pub(super) key: ChunkKey,
    pub(super) items: u32,
    pub(super) continued: bool,
}

impl FrameIdentity {
    /// Of a control frame.
    pub(super) fn control(kind: FrameKind, key: ChunkKey, items: u32, continued: bool) -> Self {
        FrameIdentity { kind, encoding: CBOR, key, items, continued }
    }
}

/// Puts the payload of a chunk into a frame: the part of writing that any thread can do.
///
/// `payload` is what stands for the rows `raw`, 1 byte to 8 MiB, in the archive; at most 2 bytes longer
/// than they.
///
/// # Errors
/// [`Code::Internal`](crate::Code::Internal) for lengths out of these bounds.
pub fn encode_chunk(head: ChunkHead, raw: &[u8], payload: Vec<u8>) -> Result<EncodedFrame> {
    let encoding = match head.format {
        RowFormat::Text => TEXT_STRIPES,
        RowFormat::Binary => BINARY_STRIPES,
    };
    let ChunkHead { key, rows: items, continued, .. } = head;
    let identity = FrameIdentity { kind: FrameKind::Data, encoding, key, items, continued };
    EncodedFrame::sealed(identity, raw, codec::STORED, payload)
}
