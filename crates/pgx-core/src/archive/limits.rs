//! What a reader accepts at most, so that foreign lengths never choose how much memory is taken.

/// Raw bytes of a DATA frame.
pub(super) const DATA_RAW: u32 = 8 << 20;
/// Raw bytes of every other frame.
pub(super) const CONTROL_RAW: u32 = 1 << 20;
/// Stored bytes of a frame of an unknown optional type.
pub(super) const OPTIONAL_STORED: u32 = 8 << 20;
/// Encoded bytes of one entry of the table of contents: it and its decoded form are in memory together.
pub(super) const ITEM: usize = 24 << 20;
/// Raw bytes of the whole table of contents.
pub(super) const TOC_RAW: u64 = 1 << 30;
/// Base-2 logarithm of the zstd window.
pub(super) const ZSTD_WINDOW_LOG: u32 = 23;
