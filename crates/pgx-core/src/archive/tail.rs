//! The last 64 bytes.

use super::fields::Fields;

pub(super) const LEN: usize = 64;
pub(super) const MAGIC: [u8; 8] = *b"\x89PGXEND\n";

/// The last 64 bytes of an archive: where the footer is, and what must be true of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) footer_offset: u64,
    /// Bytes of the footer frame, its header included.
    pub(super) footer_length: u64,
    pub(super) uuid: [u8; 16],
    pub(super) file_length: u64,
    pub(super) frames: u64,
}

impl Tail {
    pub(super) fn encode(&self) -> [u8; LEN] {
        self.encode_as(MAGIC)
    }

    /// The tail of a file that ends with `magic`.
    pub(super) fn encode_as(&self, magic: [u8; 8]) -> [u8; LEN] {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend(self.footer_offset.to_le_bytes());
        bytes.extend(self.footer_length.to_le_bytes());
        bytes.extend(self.uuid);
        bytes.extend(self.file_length.to_le_bytes());
        bytes.extend(self.frames.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes.extend(magic);
        bytes.try_into().expect("the fields fill the tail")
    }

    /// The tail in `bytes` of a file that ends with `magic`; none unless `bytes` are exactly what
    /// [`Tail::encode_as`] makes.
    pub(super) fn decode_as(bytes: &[u8; LEN], magic: [u8; 8]) -> Option<Tail> {
        let mut fields = Fields::new(bytes);
        let tail = Tail {
            footer_offset: fields.u64(),
            footer_length: fields.u64(),
            uuid: fields.bytes(),
            file_length: fields.u64(),
            frames: fields.u64(),
        };
        (tail.encode_as(magic) == *bytes).then_some(tail)
    }
}

/// Whether `bytes`, the last of a file of `length` bytes and not a tail, were one once.
pub(super) fn resembles(bytes: &[u8; LEN], magic: [u8; 8], uuid: &[u8; 16], length: u64) -> bool {
    bytes.ends_with(&magic) || (bytes[16..32] == *uuid && bytes[32..40] == length.to_le_bytes())
}

/// The last tail with this magic in `bytes`, and where it begins.
pub(super) fn find(bytes: &[u8], magic: [u8; 8]) -> Option<(usize, Tail)> {
    let windows = bytes.windows(LEN).enumerate().rev();
    windows
        .filter(|(_, window)| window.ends_with(&magic))
        .find_map(|(at, window)| Some((at, Tail::decode_as(window.try_into().ok()?, magic)?)))
}
