//! COMMIT, and what became of it when the connection broke meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use super::session::uninterrupted;
use crate::connect::{Config, Session};
use crate::error::{Code, Error, Result};

/// How long the server may take to come back, or to end the transaction.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Commits. An error of the server is a rollback; anything else is looked up over a new connection.
/// Returns whether the session can still be used.
///
/// # Errors
/// The server's, after a rollback; [`Code::InDoubt`].
pub(super) fn commit(session: &mut Session) -> Result<bool> {
    let transaction = transaction_id(session)?;
    session.config().interrupt.check()?;
    let Err(error) = session.execute("COMMIT") else { return Ok(true) };
    let refused = error.server_error().is_some_and(|server| server.severity == "ERROR");
    if refused {
        return Err(super::refusal::of_commit(error));
    }
    match outcome(session.config(), &transaction) {
        Outcome::Committed => Ok(false),
        Outcome::RolledBack => {
            Err(error.note("the server says that the transaction was rolled back"))
        }
        Outcome::Unknown => Err(in_doubt(error, &transaction)),
    }
}

enum Outcome {
    Committed,
    RolledBack,
    Unknown,
}

/// The transaction's id: it is asked for while the transaction is sure to be there.
fn transaction_id(session: &mut Session) -> Result<String> {
    let function = if session.major() >= 13 { "pg_current_xact_id" } else { "txid_current" };
    let sql = format!("SELECT pg_catalog.{function}()::pg_catalog.text AS id");
    session.query_one(&sql)?.text("id")
}

/// Asks the server until it knows.
fn outcome(config: &Config, transaction: &str) -> Outcome {
    // A host that takes connections and never answers must not hold the report up for ever.
    let config = Config { connect_timeout: Some(PATIENCE), ..uninterrupted(config) };
    let until = Instant::now() + PATIENCE;
    loop {
        match status(&config, transaction).as_deref() {
            Ok("committed") => return Outcome::Committed,
            Ok("aborted") => return Outcome::RolledBack,
            Ok("in progress") | Err(_) if Instant::now() < until => thread::sleep(PAUSE),
            _ => return Outcome::Unknown,
        }
    }
}

fn status(config: &Config, transaction: &str) -> Result<String> {
    let mut session = Session::open(config)?;
    let call = match session.major() {
        13.. => format!("pg_xact_status('{transaction}'::pg_catalog.xid8)"),
        _ => format!("txid_status({transaction})"),
    };
    let row = session.query_one(&format!("SELECT pg_catalog.{call} AS status"))?;
    Ok(row.opt_text("status")?.unwrap_or_default())
}

fn in_doubt(error: Error, transaction: &str) -> Error {
    let mut doubt = Error::new(
        Code::InDoubt,
        "the connection broke during COMMIT, and the server cannot be asked what became of it",
    )
    .hint(format!(
        "when the server is back, SELECT pg_xact_status('{transaction}') (txid_status({transaction}) \
         before PostgreSQL 13) says whether the restore was committed"
    ));
    if let Some(object) = error.object_name() {
        doubt = doubt.object(object.to_owned());
    }
    doubt.note(error.to_string())
}
