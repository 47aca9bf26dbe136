//! Next steps for what only a long read meets.

use crate::error::{Code, Error};

/// A standby that replays changes cancels readers who still need the old rows.
pub(super) fn conflict(error: Error) -> Error {
    // A snapshot that only reads can fail to serialize for no other reason. (The server's words are
    // in its own language.)
    if error.sqlstate() != Some("40001") {
        return error;
    }
    error
        .with_code(Code::Conflict)
        .with_what("the standby cancelled the dump because it conflicts with replay")
        .with_hint(
            "raise max_standby_streaming_delay or set hot_standby_feedback on the standby, \
             or dump from the primary",
        )
}

/// Deparsing looks at the catalogs of this moment, not of the snapshot, and fails on what is gone: a
/// view, say, which no lock protects. The server calls that an internal error.
pub(super) fn gone(error: Error) -> Error {
    if error.sqlstate() != Some("XX000") {
        return error;
    }
    error
        .with_code(Code::SourceChanged)
        .with_what("an object was dropped while the catalog was being read")
        .with_hint("run the dump when no migration is running")
}
