//! What the user may not read, all of it at once and before any work.

use crate::catalog::{Listing, large_objects};
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::select::Choice;

/// Names listed one by one; the rest is counted.
const NAMES_MAX: usize = 20;

/// Fails if a chosen table or sequence cannot be read.
pub(super) fn check(session: &mut Session, listing: &Listing, choice: &Choice) -> Result<()> {
    let oids: Vec<String> = choice
        .relations
        .keys()
        .filter(|&&oid| {
            let kind = listing.relations.get(&oid).map(|relation| relation.kind);
            matches!(kind, Some('r' | 'p' | 'S')) || kind == Some('f') && choice.has_data(oid)
        })
        .map(u32::to_string)
        .collect();
    if oids.is_empty() {
        return Ok(());
    }
    let rows = session.query(&format!(
        "SELECT u.oid FROM pg_catalog.unnest('{{{}}}'::pg_catalog.oid[]) AS u(oid) \
         JOIN pg_catalog.pg_class c ON c.oid = u.oid \
         WHERE NOT pg_catalog.has_table_privilege(u.oid, 'SELECT') \
         OR NOT pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') ORDER BY u.oid",
        oids.join(",")
    ))?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut names = Vec::new();
    for row in &rows {
        names.push(listing.label(row.oid("oid")?));
    }
    names.sort();
    let count = names.len();
    names.truncate(NAMES_MAX);
    let what = format!("{count} of the chosen relations cannot be read");
    Err(denied(session, what, &names, count as u64)
        .hint("grant SELECT on them (and USAGE on their schemas), or leave them out with -T or -N"))
}

/// The error that names some of `count` objects.
fn denied(session: &Session, what: String, names: &[String], count: u64) -> Error {
    let error = Error::new(Code::Denied, what)
        .object(format!("user {:?}", session.config().user))
        .note(format!("not readable: {}", names.join(", ")));
    match count - names.len() as u64 {
        0 => error,
        more => error.note(format!("and {more} more")),
    }
}

/// Fails if large objects are chosen and one cannot be read.
pub(super) fn check_large_objects(session: &mut Session, choice: &Choice) -> Result<()> {
    if !choice.large_objects {
        return Ok(());
    }
    let (count, oids) = large_objects::unreadable(session, NAMES_MAX)?;
    if count == 0 {
        return Ok(());
    }
    let names: Vec<String> = oids.iter().map(u32::to_string).collect();
    let what = match count {
        1 => "1 large object cannot be read".to_owned(),
        count => format!("{count} large objects cannot be read"),
    };
    Err(denied(session, what, &names, count)
        .hint("grant SELECT on them, or leave all large objects out with --no-large-objects"))
}
