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
