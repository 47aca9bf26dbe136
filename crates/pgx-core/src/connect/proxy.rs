//! Telling a pooler in transaction mode from a server.
//!
//! Behind such a pooler two statements of one session may run on two servers' sessions: settings,
//! locks and snapshots would silently belong to somebody else. A server gives its own process id in
//! BackendKeyData; a pooler makes one up. When they differ, two sessions are opened side by side: a
//! pooler in session mode gives each its own server process, one in transaction mode serves both by
//! the same.

use super::session::Session;
use crate::error::{Code, Error, Result};

/// How often the two sessions are compared: a pooler that deals out several idle server processes in
/// turn needs more than one look.
const LOOKS: usize = 3;

pub(super) fn refuse_transaction_pooler(session: &mut Session) -> Result<()> {
    let process_id = backend(session)?;
    if process_id == session.process_id() {
        return Ok(());
    }
    let mut other = Session::open_raw(session.config())?;
    let mut first = process_id;
    for _ in 0..LOOKS {
        if backend(&mut other)? == first {
            return Err(pooler(session));
        }
        let again = backend(session)?;
        if again != first {
            return Err(pooler(session));
        }
        first = again;
    }
    Ok(())
}

fn backend(session: &mut Session) -> Result<i32> {
    session.query_one("SELECT pg_catalog.pg_backend_pid() AS pid")?.int("pid")
}

fn pooler(session: &Session) -> Error {
    Error::new(
        Code::Pooler,
        "a connection pooler in transaction mode stands between pgx and the server",
    )
    .object(session.place().to_owned())
    .hint("connect to the server itself, or through a pooler in session mode")
}
