//! A server's refusal, as an error of pgx: which code, which sentence, which next step.

use super::config::Side;
use crate::error::{Code, Error, ServerError};

/// Reads the fields of an ErrorResponse or NoticeResponse body. Text that is not UTF-8 is shown with
/// replacement characters: it is only ever shown.
pub(super) fn parse(body: &[u8]) -> ServerError {
    let mut error = ServerError::default();
    for field in body.split(|&byte| byte == 0) {
        let Some((&kind, value)) = field.split_first() else { break };
        let value = String::from_utf8_lossy(value).into_owned();
        match kind {
            b'S' if error.severity.is_empty() => error.severity = value,
            b'V' => error.severity = value,
            b'C' => error.sqlstate = value,
            b'M' => error.message = value,
            b'D' => error.detail = Some(value),
            b'H' => error.hint = Some(value),
            b'W' => error.context = Some(value),
            b's' => error.schema = Some(value),
            b't' => error.table = Some(value),
            b'c' => error.column = Some(value),
            b'n' => error.constraint = Some(value),
            _ => {}
        }
    }
    error
}

/// The error for a statement that the server refused.
pub(super) fn refused(side: Side, server: ServerError) -> Error {
    let (code, hint) = classify(side, &server.sqlstate);
    let what = match side {
        Side::Source => "the source server refused a statement",
        Side::Target => "the target server refused a statement",
    };
    let error = Error::new(code, what).server(server);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// SQLSTATE to code and next step: by the code first, then by its class.
fn classify(side: Side, sqlstate: &str) -> (Code, Option<&'static str>) {
    match sqlstate {
        "28P01" | "28000" => (
            Code::AuthFailed,
            Some("check the user, the password, whether it has expired, and pg_hba.conf"),
        ),
        "3D000" if side == Side::Target => {
            (Code::NoDatabase, Some("name an existing database, or make one with --create"))
        }
        "3D000" => (Code::NoDatabase, Some("name an existing database")),
        "42501" => {
            (Code::Denied, Some("use a role that has the privilege, or leave the object out"))
        }
        "55P03" => (Code::Locked, Some("try again when the other session is done")),
        "40001" | "40P01" => (Code::Conflict, Some("try again")),
        "53300" => (Code::ConnectFailed, Some("free a connection or raise max_connections")),
        "53200" => (code_of(side), Some("raise max_locks_per_transaction on the server")),
        "42P07" | "42710" | "42723" | "42P06" if side == Side::Target => {
            (Code::ObjectExists, Some("restore into an empty database, or use --create"))
        }
        "57P01" | "57P02" | "57P03" => (lost_code(side), None),
        // Class 22 is of a row only where rows are sent or checked: whoever sent them knows.
        _ if side == Side::Target && sqlstate.starts_with("23") => (Code::RowRejected, None),
        _ => (code_of(side), None),
    }
}

fn code_of(side: Side) -> Code {
    match side {
        Side::Source => Code::SourceFailed,
        Side::Target => Code::TargetFailed,
    }
}

/// The code of a connection that broke.
pub(super) fn lost_code(side: Side) -> Code {
    match side {
        Side::Source => Code::SourceLost,
        Side::Target => Code::TargetLost,
    }
}
