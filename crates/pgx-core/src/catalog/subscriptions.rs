//! Subscriptions: `pg_subscription`.

use super::among::from_version;
use super::model::{Subscription, class};
use super::object::{self, Source};
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_subscription", alias: "s", prefix: "sub", acl: None };

/// SQL: of all databases, this one's; the catalog's alias is `s`.
pub const HERE: &str = "s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d \
    WHERE d.datname = pg_catalog.current_database())";

/// SQL: whether the role may read connection strings. Only a superuser may, unless somebody granted it.
pub(super) const READABLE: &str = "pg_catalog.has_column_privilege(\
    'pg_catalog.pg_subscription'::pg_catalog.regclass, 'subconninfo', 'SELECT') \
    AND pg_catalog.has_column_privilege(\
    'pg_catalog.pg_subscription'::pg_catalog.regclass, 'oid', 'SELECT')";

/// Reads the subscriptions of this database, in OID order; none where the role may not.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Subscription>> {
    let readable = session.query_one(&format!("SELECT {READABLE} AS readable"))?;
    if !readable.bool("readable")? {
        return Ok(Vec::new());
    }
    let sql = sql(session.version());
    let newer = newer(session.major());
    let read = |row: &Row| subscription(row, &newer);
    session.query(&sql)?.iter().map(read).collect()
}

/// `substream` was a boolean in 14 and 15.
fn sql(version: u32) -> String {
    let since = |major, expression, instead| from_version(version, major, expression, instead);
    let streaming = "CASE s.substream::pg_catalog.text WHEN 'p' THEN 'parallel' \
         WHEN 't' THEN 'on' WHEN 'true' THEN 'on' ELSE 'off' END";
    format!(
        "SELECT {}, s.subconninfo, s.subslotname, s.subsynccommit, s.subpublications, \
          {} AS subbinary, {} AS streaming, {} AS two_phase, {} AS disable_on_error, \
          {} AS password_required, {} AS run_as_owner, {} AS origin, {} AS failover \
         FROM pg_catalog.pg_subscription s WHERE {HERE} ORDER BY s.oid",
        SOURCE.columns(),
        since(14, "s.subbinary", "false"),
        since(14, streaming, "''"),
        since(15, "s.subtwophasestate <> 'd'", "false"),
        since(15, "s.subdisableonerr", "false"),
        since(16, "s.subpasswordrequired", "true"),
        since(16, "s.subrunasowner", "false"),
        since(16, "s.suborigin", "'any'"),
        since(17, "s.subfailover", "false"),
    )
}

/// Up to 15 changes were applied as the subscription's owner; up to 13 nothing was streamed, which 18
/// does by itself.
fn newer(major: u32) -> Vec<(u32, &'static str)> {
    let changes = [(16, 16, "run_as_owner = true"), (14, 18, "streaming = off")];
    let old = changes.iter().filter(|(known, ..)| major < *known);
    old.map(|&(_, since, clause)| (since, clause)).collect()
}

fn subscription(row: &Row, newer: &[(u32, &'static str)]) -> Result<Subscription> {
    Ok(Subscription {
        object: object::read(row, class::SUBSCRIPTION, None)?,
        connection: row.text("subconninfo")?,
        publications: row.list("subpublications")?,
        options: options(row)?,
        newer: newer.to_vec(),
        superusers: !row.bool("password_required")?,
    })
}

/// The clauses of WITH that say what the server would not say by itself. The name of the slot is
/// always said: by itself it is the subscription's.
fn options(row: &Row) -> Result<Vec<String>> {
    let slot = row.opt("subslotname")?.map_or("NONE".to_owned(), literal);
    let mut options = vec![format!("slot_name = {slot}")];
    let words = [
        ("synchronous_commit", row.str("subsynccommit")?, "off"),
        // Since 18 it is parallel by itself.
        ("streaming", row.opt("streaming")?.unwrap_or_default(), ""),
        ("origin", row.str("origin")?, "any"),
    ];
    let said = words.iter().filter(|(_, word, default)| word != default);
    options.extend(said.map(|(name, word, _)| format!("{name} = {}", literal(word))));
    let flags = [
        ("binary", "subbinary", false),
        ("two_phase", "two_phase", false),
        ("disable_on_error", "disable_on_error", false),
        ("password_required", "password_required", true),
        ("run_as_owner", "run_as_owner", false),
        ("failover", "failover", false),
    ];
    for (name, column, default) in flags {
        let value = row.bool(column)?;
        options.extend((value != default).then(|| format!("{name} = {value}")));
    }
    Ok(options)
}
