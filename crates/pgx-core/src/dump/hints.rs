//! Next steps for what only a long read meets.

use crate::error::{Code, Error};

/// A standby that replays changes cancels readers who still need the old rows.
pub(super) fn conflict(error: Error) -> Error {
    let recovery = error
        .server_error()
        .is_some_and(|server| server.message.contains("conflict with recovery"));
    if !recovery {
        return error;
    }
    error
        .with_code(Code::Conflict)
        .with_what("the standby cancelled the dump because it conflicts with replay")
        .hint(
            "raise max_standby_streaming_delay or set hot_standby_feedback on the standby, \
             or dump from the primary",
        )
}
