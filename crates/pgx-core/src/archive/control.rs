//! Payloads that are not rows: CBOR, of which unknown map keys are ignored.

use minicbor::{Decode, Encode};

use super::codec::Codec;
use super::defect::Defect;
use super::frame::{EncodedFrame, FrameIdentity, FrameKind};
use super::stream::ChunkKey;
use crate::error::Result;
use crate::toc::EntryId;

/// How control frames are compressed: they are small, and a few bytes less of them cost nothing.
pub(super) const CODEC: Codec = Codec::Zstd(3);

/// The CBOR of `item`.
pub(super) fn to_cbor<T: Encode<()>>(item: &T) -> Vec<u8> {
    minicbor::to_vec(item).expect("a vector takes every byte")
}

/// The one item that `bytes` are.
pub(super) fn from_cbor<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, Defect> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let item = decoder.decode().map_err(|error| undecodable(&error))?;
    if decoder.position() != bytes.len() {
        return Err(Defect::damaged("bytes follow the last item"));
    }
    Ok(item)
}

/// The error of bytes that passed their checksum and yet are not what they should be.
pub(super) fn undecodable(error: &minicbor::decode::Error) -> Defect {
    if error.is_unknown_variant() {
        return Defect::newer("the archive has an entry of a kind unknown to this pgx");
    }
    Defect::damaged(format!("the frame cannot be decoded: {error}"))
}

/// A frame of one item that belongs to `stream`, or to none (0).
pub(super) fn frame<T: Encode<()>>(
    kind: FrameKind,
    stream: EntryId,
    item: &T,
    codec: Codec,
) -> Result<EncodedFrame> {
    let key = ChunkKey { stream, ..ChunkKey::default() };
    let identity = FrameIdentity::control(kind, key, 1, false);
    EncodedFrame::new(identity, &to_cbor(item), codec)
}
