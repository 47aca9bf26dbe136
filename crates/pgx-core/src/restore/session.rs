//! The session that restores: its transaction and what it pins.

use crate::connect::{Config, Encoding, Interrupt, Session};
use crate::error::{Code, Error, Result};

/// Settings of every version that change what a statement means, how long it may take, or how a
/// row's text is read.
const PINS: &[(&str, &str)] = &[
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("check_function_bodies", "off"),
    ("client_min_messages", "warning"),
    ("row_security", "off"),
    ("standard_conforming_strings", "on"),
    ("escape_string_warning", "off"),
    ("transform_null_equals", "off"),
    ("array_nulls", "on"),
    ("xmloption", "content"),
    ("datestyle", "ISO"),
    ("intervalstyle", "postgres"),
    ("timezone", "UTC"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("default_tablespace", ""),
    ("search_path", ""),
];

/// Settings that a version brought: major, name, value.
const LATER_PINS: &[(u32, &str, &str)] = &[
    (12, "default_table_access_method", "heap"),
    (14, "idle_session_timeout", "0"),
    (17, "transaction_timeout", "0"),
];

/// Connects, and speaks the archive's encoding from then on.
pub(super) fn open(config: &Config, encoding: &str) -> Result<Session> {
    let mut session = Session::open(config)?;
    if session.encoding().name() == encoding {
        return Ok(session);
    }
    let target = session.encoding().name().to_owned();
    session.set_encoding(&Encoding::new(encoding)).map_err(|error| {
        error
            .with_code(Code::TargetUnfit)
            .with_what(format!("text in {encoding} cannot be stored in a database in {target}"))
            .hint(format!("restore into a database in {encoding}, or use --create"))
    })?;
    Ok(session)
}

/// The same server and role, unaffected by an interrupt: for cleaning up.
pub(super) fn uninterrupted(config: &Config) -> Config {
    Config { interrupt: Interrupt::new(), ..config.clone() }
}

/// Begins the transaction. Whatever is pinned is pinned in it alone.
pub(super) fn begin(session: &mut Session) -> Result<()> {
    let mut sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned();
    sql.push_str(&pins(session.major()));
    session.execute(&sql)
}

/// The pins as statements, each behind a semicolon.
pub(super) fn pins(major: u32) -> String {
    let later = LATER_PINS.iter().filter(|pin| pin.0 <= major).map(|pin| (pin.1, pin.2));
    let mut sql = String::new();
    for (name, value) in PINS.iter().copied().chain(later) {
        sql.push_str(&format!("; SET LOCAL {name} = '{value}'"));
    }
    sql
}

/// Ends a failed transaction, so that its locks are gone when the error is reported. A session that
/// cannot even do that is closed by its owner, which ends the transaction too.
pub(super) fn roll_back(session: &mut Session) {
    if session.in_transaction() {
        let _ = session.execute("ROLLBACK");
    }
}

/// Fails when statements of the archive have ended the transaction that was to hold them all.
pub(super) fn still_inside(session: &Session) -> Result<()> {
    if session.in_transaction() {
        return Ok(());
    }
    Err(Error::new(Code::TargetPartial, "a statement of the archive ended the transaction")
        .hint("the archive was not written by pgx as it is; do not trust it"))
}
