//! The footer: what the whole archive amounts to.

use minicbor::{Decode, Encode};

/// The last frame. Its BLAKE3 is the archive's digest, since it binds the header, every control
/// frame and, through the index, every other frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Footer {
    /// The archive's header, byte by byte.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) header: [u8; super::header::LEN],
    /// The META, TOC and INDEX frames, in file order.
    #[n(1)]
    pub(super) controls: Vec<Control>,
    /// Frames before the footer.
    #[n(2)]
    pub(super) frames: u64,
    #[n(3)]
    pub(super) streams: u64,
    #[n(4)]
    pub(super) chunks: u64,
    #[n(5)]
    pub(super) rows: u64,
    #[n(6)]
    pub(super) raw_bytes: u64,
    #[n(7)]
    pub(super) stored_bytes: u64,
    /// When the footer was written: seconds since 1970-01-01 00:00:00 UTC.
    #[n(8)]
    pub(super) finished_unix: u64,
}

/// Where a control frame is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Control {
    /// The frame type.
    #[n(0)]
    pub(super) kind: u8,
    /// Frames before it.
    #[n(1)]
    pub(super) frame: u64,
    #[n(2)]
    pub(super) offset: u64,
    /// Bytes of the frame, header included.
    #[n(3)]
    pub(super) length: u64,
    /// BLAKE3 of the stored payload.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(super) digest: [u8; 32],
}
