//! The leader session: what is to be dumped, locked first and seen in one snapshot afterwards.
//!
//! The order matters. (1) A first transaction lists the relations and chooses. (2) The real
//! transaction begins and locks the chosen tables; neither BEGIN, SET nor LOCK takes a snapshot.
//! (3) Only then a query takes it, lists again, and if anything chosen has changed in between, all
//! starts over. A snapshot taken before the locks would show a table that is truncated or rewritten
//! in between as empty.

use std::collections::BTreeSet;
use std::time::Duration;

use super::request::DumpRequest;
use crate::catalog::Listing;
use crate::connect::{Session, quote};
use crate::error::{Code, Error, Result};
use crate::event::Observer;
use crate::select::Choice;

/// How often a busy schema may change under the dump's hands before it gives up.
const ATTEMPTS: usize = 10;

/// Bytes of one LOCK statement.
const LOCK_STATEMENT_BYTES: usize = 100_000;

/// A session inside the snapshot.
pub(super) struct Leader {
    pub(super) session: Session,
    pub(super) listing: Listing,
    pub(super) choice: Choice,
    /// The relations that are locked.
    pub(super) locked: BTreeSet<u32>,
}

/// Connects, chooses, locks, and takes the snapshot. `also` are relations to lock besides the chosen
/// ones: definitions that the chosen ones turned out to need.
pub(super) fn begin(
    request: &DumpRequest,
    also: &[u32],
    observer: &dyn Observer,
) -> Result<Leader> {
    let mut session = Session::open(&request.config)?;
    for _ in 0..ATTEMPTS {
        let (listing, choice) = choose(&mut session, request)?;
        super::privileges::check(&mut session, request, &listing, (&choice, also))?;
        session.execute(&begin_snapshot(session.major(), request.lock_wait))?;
        let locked = locks(&listing, &choice, also);
        match lock(&mut session, &listing, &locked) {
            Ok(()) => {}
            Err(error) if vanished(&error) => {
                session.execute("ROLLBACK")?;
                continue;
            }
            Err(error) => return Err(blocked(session, error)),
        }
        let seen = request.selection.list(&mut session)?;
        let chosen = request.selection.choose(request.parts, &seen, &mut session)?;
        if same((&listing, &choice), (&seen, &chosen), also) {
            super::copy::harden(&mut session)?;
            return Ok(Leader { session, listing: seen, choice: chosen, locked });
        }
        observer.detail("the schema changed meanwhile; starting over");
        session.execute("ROLLBACK")?;
    }
    Err(Error::new(Code::SourceChanged, "the schema keeps changing while it is being read")
        .hint("run the dump when no migration is running"))
}

fn choose(session: &mut Session, request: &DumpRequest) -> Result<(Listing, Choice)> {
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let listing = request.selection.list(session)?;
    let choice = request.selection.choose(request.parts, &listing, session)?;
    session.execute("COMMIT")?;
    Ok((listing, choice))
}

/// The statements before the snapshot: only SET, which takes none. Whatever a role, a database or a
/// pooler has set, rows come out in the same text and nothing times out.
fn begin_snapshot(major: u32, lock_wait: Option<Duration>) -> String {
    let lock_wait = lock_wait.map_or(0, |wait| wait.as_millis().max(1));
    let mut sql = String::from("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    sql.push_str(&crate::connect::pinned_settings(major));
    sql.push_str(&format!("; SET LOCAL lock_timeout = {lock_wait}"));
    // Catalogs of many tables are sorted and hashed without a temporary file.
    sql.push_str("; SET LOCAL work_mem = '64MB'");
    sql
}

/// Tables and partitioned tables: what rows and deparsed definitions come from.
fn locks(listing: &Listing, choice: &Choice, also: &[u32]) -> BTreeSet<u32> {
    let lockable = |oid: &u32| {
        listing.relations.get(oid).is_some_and(|relation| matches!(relation.kind, 'r' | 'p'))
    };
    choice.relations.keys().chain(also).copied().filter(lockable).collect()
}

fn lock(session: &mut Session, listing: &Listing, oids: &BTreeSet<u32>) -> Result<()> {
    let mut names = String::new();
    for oid in oids {
        let relation = &listing.relations[oid];
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str("ONLY ");
        names.push_str(&quote::qualified(&relation.schema, &relation.name));
        if names.len() > LOCK_STATEMENT_BYTES {
            session.execute(&format!("LOCK TABLE {names} IN ACCESS SHARE MODE"))?;
            names.clear();
        }
    }
    if !names.is_empty() {
        session.execute(&format!("LOCK TABLE {names} IN ACCESS SHARE MODE"))?;
    }
    Ok(())
}

/// Undefined table or schema: dropped or renamed since it was listed.
fn vanished(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("42P01" | "3F000" | "42809"))
}

/// Adds who holds the lock, as seen from outside the failed transaction.
fn blocked(mut session: Session, error: Error) -> Error {
    if error.code() != Code::Locked || session.execute("ROLLBACK").is_err() {
        return error;
    }
    let holders = session.query(
        "SELECT l.pid, l.relation::pg_catalog.regclass::pg_catalog.text AS relation, \
         COALESCE(a.usename, '') AS usename, COALESCE(a.application_name, '') AS application \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.mode = 'AccessExclusiveLock' AND l.locktype = 'relation' AND l.granted \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database \
                           WHERE datname = pg_catalog.current_database()) LIMIT 5",
    );
    let mut error = error.with_what("a lock on a table was not obtained in time");
    for row in holders.unwrap_or_default() {
        let values: Vec<String> = row.values().into_iter().map(Option::unwrap_or_default).collect();
        if let [pid, relation, user, application] = &values[..] {
            error = error.note(format!(
                "process {pid} (user {user}, application {application:?}) locks {relation}"
            ));
        }
    }
    error
}

/// Whether what was locked is what the snapshot shows: the chosen relations, and those in `also`.
fn same(before: (&Listing, &Choice), after: (&Listing, &Choice), also: &[u32]) -> bool {
    let key = |(listing, choice): (&Listing, &Choice)| -> Vec<_> {
        let oids = choice.relations.keys().chain(also);
        oids.map(|oid| {
            listing.relations.get(oid).map(|relation| {
                let table = matches!(relation.kind, 'r' | 'p');
                (
                    *oid,
                    relation.schema.clone(),
                    relation.name.clone(),
                    relation.kind,
                    table.then_some(relation.filenode),
                )
            })
        })
        .collect()
    };
    key(before) == key(after)
}
