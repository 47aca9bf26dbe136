//! How control frames are compressed: one zstd frame each, or the bytes themselves.

use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{self, CParameter, DParameter};

use super::defect::Defect;
use super::limits;
use crate::error::{Error, Result};

/// How control frames are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// Not at all.
    None,
    /// By zstd at this level; levels outside zstd's range mean its nearest one.
    Zstd(i32),
}

/// Codec number of a payload stored as it is.
pub(super) const STORED: u8 = 0;
/// Codec number of a payload that is one zstd frame.
pub(super) const ZSTD: u8 = 1;

/// `raw` as it is stored, and its codec number: [`STORED`] where compression gains less than 3 %.
pub(super) fn compress(codec: Codec, raw: &[u8]) -> Result<(u8, Vec<u8>)> {
    let Codec::Zstd(level) = codec else { return Ok((STORED, raw.to_vec())) };
    let packed = compress_zstd(level, raw)
        .map_err(|error| Error::internal("zstd cannot compress a frame").source(error))?;
    if packed.len() < raw.len() - raw.len() * 3 / 100 {
        Ok((ZSTD, packed))
    } else {
        Ok((STORED, raw.to_vec()))
    }
}

fn compress_zstd(level: i32, raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(level)?;
    compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
    compressor.set_parameter(CParameter::ChecksumFlag(false))?;
    compressor.compress(raw)
}

/// The `raw_len` bytes that `stored` stands for, in a buffer of exactly that size.
pub(super) fn decompress(codec: u8, stored: &[u8], raw_len: usize) -> Result<Vec<u8>, Defect> {
    match codec {
        STORED if stored.len() == raw_len => Ok(stored.to_vec()),
        STORED => Err(Defect::damaged("the stored and the raw length differ")),
        ZSTD => decompress_zstd(stored, raw_len),
        other => Err(Defect::newer(format!("compression {other} is not known to this pgx"))),
    }
}

fn decompress_zstd(stored: &[u8], raw_len: usize) -> Result<Vec<u8>, Defect> {
    let declared = zstd_safe::get_frame_content_size(stored).ok().flatten();
    if declared != Some(raw_len as u64) {
        return Err(Defect::damaged("the compressed bytes declare another length"));
    }
    if zstd_safe::find_frame_compressed_size(stored) != Ok(stored.len()) {
        return Err(Defect::damaged("the compressed bytes are not exactly one zstd frame"));
    }
    let mut raw = Vec::with_capacity(raw_len);
    let unpack = |raw: &mut Vec<u8>| -> io::Result<usize> {
        let mut decompressor = Decompressor::new()?;
        decompressor.set_parameter(DParameter::WindowLogMax(limits::ZSTD_WINDOW_LOG))?;
        decompressor.decompress_to_buffer(stored, raw)
    };
    match unpack(&mut raw) {
        Ok(length) if length == raw_len => Ok(raw),
        Ok(_) => Err(Defect::damaged("the compressed bytes have another length")),
        Err(error) => Err(Defect::damaged(format!("the bytes do not decompress: {error}"))),
    }
}
