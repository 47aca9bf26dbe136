//! The session that restores: its transaction and what it pins.

use super::request::RestoreRequest;
use crate::connect::{Config, Encoding, Interrupt, Session, open_maintenance, pinned_settings};
use crate::error::{Code, Error, Result};

/// How often a restore commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commits {
    /// Once, at the end: the database is somebody's.
    AtEnd,
    /// As it goes: the database is a staging database, dropped on any failure. So no transaction
    /// holds a lock on every object of a large schema.
    AsItGoes,
    /// By the caller, when what it has begun is done.
    Around,
}

impl Commits {
    pub(super) fn of(request: &RestoreRequest) -> Commits {
        match request.create.is_some() && !request.single_transaction || request.jobs > 1 {
            true => Commits::AsItGoes,
            false => Commits::AtEnd,
        }
    }
}

/// Settings that matter to a restore only: bodies may refer to what comes later, literals and
/// storage mean what the archive says.
const PINS: &[(&str, &str)] = &[
    ("check_function_bodies", "off"),
    ("transform_null_equals", "off"),
    ("array_nulls", "on"),
    ("default_tablespace", ""),
];

/// Connects, and speaks the archive's encoding from then on.
pub(super) fn open(config: &Config, encoding: &str) -> Result<Session> {
    speaking(Session::open(config)?, encoding)
}

/// The same for what belongs to no database: without one that is named, any does.
pub(super) fn open_any(request: &RestoreRequest, encoding: &str) -> Result<Session> {
    let session = match request.database_named {
        true => Session::open(&request.config)?,
        false => open_maintenance(&request.config)?,
    };
    speaking(session, encoding)
}

fn speaking(mut session: Session, encoding: &str) -> Result<Session> {
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
    let mut sql = pinned_settings(major);
    for (name, value) in PINS {
        sql.push_str(&format!("; SET LOCAL {name} = '{value}'"));
    }
    if major >= 12 {
        sql.push_str("; SET LOCAL default_table_access_method = 'heap'");
    }
    // 19 has none: backslashes in plain literals are no longer an option there.
    if major < 19 {
        sql.push_str("; SET LOCAL escape_string_warning = off");
    }
    sql
}

/// Commits what was done so far and goes on in a new transaction.
///
/// # Errors
/// What the server refused.
pub(super) fn commit_and_go_on(session: &mut Session) -> Result<()> {
    still_inside(session)?;
    session.execute("COMMIT")?;
    begin(session)
}

/// Carries out what may be refused without harm to the transaction: none when it is done, and the error
/// when it is undone.
///
/// # Errors
/// What is not `harmless`.
pub(super) fn attempt(
    session: &mut Session,
    sql: &str,
    harmless: impl Fn(&Error) -> bool,
) -> Result<Option<Error>> {
    session.execute("SAVEPOINT pgx_try")?;
    match session.execute(sql) {
        Ok(()) => session.execute("RELEASE pgx_try").map(|()| None),
        Err(error) if harmless(&error) => {
            session.execute("ROLLBACK TO pgx_try; RELEASE pgx_try").map(|()| Some(error))
        }
        Err(error) => Err(error),
    }
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
