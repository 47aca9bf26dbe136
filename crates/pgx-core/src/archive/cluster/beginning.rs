//! The beginning of a member: its header and its META frame, which say what it is.

use crate::archive::control;
use crate::archive::defect::{Defect, Place};
use crate::archive::frame::{FrameHeader, FrameKind, HEADER_LEN};
use crate::archive::header::{self, Header};
use crate::error::Result;
use crate::toc::Meta;

/// Up to where META's payload begins.
const FIXED: usize = header::LEN + HEADER_LEN;

/// What a member says of itself.
pub(super) struct Beginning {
    pub(super) uuid: [u8; 16],
    pub(super) meta: Meta,
}

/// How many bytes a beginning has, as far as `bytes`, its first ones, tell. When that is how many
/// there are, [`decode`] reads them.
pub(super) fn wanted(bytes: &[u8]) -> Result<usize> {
    let Some(start) = bytes.first_chunk::<{ header::LEN }>() else { return Ok(header::LEN) };
    let header = Header::decode(start)?;
    let Some(frame) = bytes.get(header::LEN..FIXED) else { return Ok(FIXED) };
    Ok(FIXED + meta_header(frame, &header)?.stored as usize)
}

/// Reads a whole beginning.
pub(super) fn decode(bytes: &[u8]) -> Result<Beginning> {
    let start = bytes.first_chunk().expect("the beginning is whole");
    let header = Header::decode(start)?;
    let frame = meta_header(&bytes[header::LEN..FIXED], &header)?;
    let stored = &bytes[FIXED..];
    let meta = frame
        .check_stored(stored)
        .and_then(|()| control::from_cbor(&frame.unpack(stored)?))
        .map_err(|defect| defect.at(place()))?;
    Ok(Beginning { uuid: header.uuid, meta })
}

fn meta_header(bytes: &[u8], header: &Header) -> Result<FrameHeader> {
    let frame = FrameHeader::from_slice(bytes, &header.uuid);
    let is_meta = |frame: FrameHeader| match frame.kind {
        FrameKind::Meta => Ok(frame),
        _ => Err(Defect::damaged("the first frame is not META")),
    };
    frame.and_then(is_meta).map_err(|defect| defect.at(place()))
}

fn place() -> Place {
    Place::frame(0, header::LEN as u64)
}
