//! How one stream is compressed. Every stream stands alone.

use std::fmt;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{self, CParameter, DParameter};

use super::error::{Result, StripeError, damaged};

/// How the streams of a payload are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamCodec {
    /// Not at all.
    None,
    /// Not at all, and rows are kept as they are: for a reader at hand, who would only put together
    /// what was taken apart.
    Plain,
    /// By zstd at this level; levels outside zstd's range mean its nearest one.
    Zstd(i32),
    /// By gzip's method, deflate, at this level, 0 to 9; higher levels mean 9.
    Gzip(u32),
    /// By LZ4, block format.
    Lz4,
}

impl Default for StreamCodec {
    fn default() -> StreamCodec {
        StreamCodec::Zstd(1)
    }
}

impl fmt::Display for StreamCodec {
    /// As on the command line: `zstd:1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamCodec::None | StreamCodec::Plain => f.write_str("none"),
            StreamCodec::Zstd(level) => write!(f, "zstd:{level}"),
            StreamCodec::Gzip(level) => write!(f, "gzip:{level}"),
            StreamCodec::Lz4 => f.write_str("lz4"),
        }
    }
}

/// What the three low bits of a stream's tag say.
pub(super) mod form {
    pub(in super::super) const STORED: u8 = 0;
    pub(in super::super) const ZSTD: u8 = 1;
    pub(in super::super) const DEFLATE: u8 = 2;
    pub(in super::super) const LZ4: u8 = 3;
    /// All bytes are equal; the tag holds the byte.
    pub(in super::super) const CONSTANT: u8 = 4;
    /// The bytes are in the head.
    pub(in super::super) const INLINE: u8 = 5;
}

/// Base-2 logarithm of the largest zstd window a reader accepts.
const WINDOW_LOG: u32 = 23;

enum Method {
    None,
    Zstd(Compressor<'static>),
    Deflate(Compress),
    Lz4,
}

/// Compresses streams, one by one.
pub(super) struct Packer {
    method: Method,
    packed: Vec<u8>,
}

impl Packer {
    pub(super) fn new(codec: StreamCodec) -> Result<Packer> {
        let method = match codec {
            StreamCodec::None | StreamCodec::Plain => Method::None,
            StreamCodec::Zstd(level) => Method::Zstd(zstd_compressor(level)?),
            StreamCodec::Gzip(level) => {
                Method::Deflate(Compress::new(Compression::new(level.min(9)), false))
            }
            StreamCodec::Lz4 => Method::Lz4,
        };
        Ok(Packer { method, packed: Vec::new() })
    }

    /// `raw` as it is stored and the form it has: compressed only where that gains 1/64.
    pub(super) fn pack<'a>(&'a mut self, raw: &'a [u8]) -> (u8, &'a [u8]) {
        match self.compress(raw) {
            Some((form, length)) if length < raw.len() - raw.len() / 64 => {
                (form, &self.packed[..length])
            }
            _ => (form::STORED, raw),
        }
    }

    fn compress(&mut self, raw: &[u8]) -> Option<(u8, usize)> {
        let bound = match self.method {
            Method::None => return None,
            Method::Zstd(_) => zstd_safe::compress_bound(raw.len()),
            Method::Deflate(_) => raw.len(),
            Method::Lz4 => lz4_flex::block::get_maximum_output_size(raw.len()),
        };
        if self.packed.len() < bound {
            self.packed.resize(bound, 0);
        }
        let packed = &mut self.packed[..];
        match &mut self.method {
            Method::None => None,
            Method::Zstd(zstd) => Some((form::ZSTD, zstd.compress_to_buffer(raw, packed).ok()?)),
            Method::Deflate(deflate) => {
                deflate.reset();
                let status = deflate.compress(raw, packed, FlushCompress::Finish).ok()?;
                let length = usize::try_from(deflate.total_out()).ok()?;
                (status == Status::StreamEnd).then_some((form::DEFLATE, length))
            }
            Method::Lz4 => Some((form::LZ4, lz4_flex::block::compress_into(raw, packed).ok()?)),
        }
    }
}

fn zstd_compressor(level: i32) -> Result<Compressor<'static>> {
    let mut zstd = Compressor::new(level).map_err(|_| StripeError::Codec)?;
    let parameters = [
        CParameter::ContentSizeFlag(true),
        CParameter::ChecksumFlag(false),
        CParameter::DictIdFlag(false),
    ];
    for parameter in parameters {
        zstd.set_parameter(parameter).map_err(|_| StripeError::Codec)?;
    }
    Ok(zstd)
}

/// Decompresses streams, one by one.
pub(super) struct Unpacker {
    zstd: Decompressor<'static>,
    deflate: Decompress,
}

impl Unpacker {
    pub(super) fn new() -> Result<Unpacker> {
        let mut zstd = Decompressor::new().map_err(|_| StripeError::Codec)?;
        let window = DParameter::WindowLogMax(WINDOW_LOG);
        zstd.set_parameter(window).map_err(|_| StripeError::Codec)?;
        Ok(Unpacker { zstd, deflate: Decompress::new(false) })
    }

    /// Makes `raw` the `length` bytes that all of `stored` stand for.
    pub(super) fn unpack_into(
        &mut self,
        form: u8,
        stored: &[u8],
        (raw, length): (&mut Vec<u8>, usize),
    ) -> Result<()> {
        if form == form::STORED && stored.len() == length {
            raw.clear();
            raw.extend_from_slice(stored);
            return Ok(());
        }
        raw.resize(length, 0);
        self.unpack(form, stored, raw)
    }

    /// Fills all of `raw` from all of `stored`.
    pub(super) fn unpack(&mut self, form: u8, stored: &[u8], raw: &mut [u8]) -> Result<()> {
        let length = raw.len();
        let unpacked = match form {
            form::STORED => {
                if stored.len() == length {
                    raw.copy_from_slice(stored);
                }
                Some(stored.len())
            }
            form::ZSTD => self.unpack_zstd(stored, raw),
            form::DEFLATE => self.inflate(stored, raw),
            form::LZ4 => lz4_flex::block::decompress_into(stored, raw).ok(),
            other => {
                return Err(StripeError::Unknown { what: "stream form", number: other.into() });
            }
        };
        if unpacked == Some(length) { Ok(()) } else { damaged("a stream does not decompress") }
    }

    fn unpack_zstd(&mut self, stored: &[u8], raw: &mut [u8]) -> Option<usize> {
        let declared = zstd_safe::get_frame_content_size(stored).ok().flatten()?;
        let one_frame = zstd_safe::find_frame_compressed_size(stored) == Ok(stored.len());
        if !one_frame || declared != raw.len() as u64 {
            return None;
        }
        self.zstd.decompress_to_buffer(stored, raw).ok()
    }

    fn inflate(&mut self, stored: &[u8], raw: &mut [u8]) -> Option<usize> {
        self.deflate.reset(false);
        let status = self.deflate.decompress(stored, raw, FlushDecompress::Finish).ok()?;
        let whole = self.deflate.total_in() == stored.len() as u64;
        if status != Status::StreamEnd || !whole {
            return None;
        }
        usize::try_from(self.deflate.total_out()).ok()
    }
}
