//! Subscriptions: `pg_subscription`.

use super::among::from_version;
use super::model::{Connection, Subscription, class};
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

/// SQL: a subscription without a connection string of its own, which everybody may read (19 and newer).
pub(super) fn by_server(version: u32) -> &'static str {
    from_version(version, 19, "s.subserver <> 0", "false")
}

/// Reads the subscriptions of this database that the role may, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Subscription>> {
    let readable = session.query_one(&format!("SELECT {READABLE} AS readable"))?;
    let readable = readable.bool("readable")?;
    if !readable && session.major() < 19 {
        return Ok(Vec::new());
    }
    let sql = sql(session.version(), readable);
    let newer = newer(session.major());
    let read = |row: &Row| subscription(row, &newer);
    session.query(&sql)?.iter().map(read).collect()
}

/// `substream` was a boolean in 14 and 15.
fn sql(version: u32, readable: bool) -> String {
    let (connection, which) = match readable {
        true => ("s.subconninfo", "true"),
        false => ("NULL", by_server(version)),
    };
    let server = "(SELECT f.srvname FROM pg_catalog.pg_foreign_server f WHERE f.oid = s.subserver)";
    let since = |major, expression, instead| from_version(version, major, expression, instead);
    let streaming = "CASE s.substream::pg_catalog.text WHEN 'p' THEN 'parallel' \
         WHEN 't' THEN 'on' WHEN 'true' THEN 'on' ELSE 'off' END";
    format!(
        "SELECT {}, {connection} AS subconninfo, {} AS server, s.subslotname, s.subsynccommit, s.subpublications, \
          {} AS subbinary, {} AS streaming, {} AS two_phase, {} AS disable_on_error, \
          {} AS password_required, {} AS run_as_owner, {} AS origin, {} AS failover, \
          {} AS retain_dead_tuples, {} AS max_retention, {} AS receiver_timeout \
         FROM pg_catalog.pg_subscription s WHERE {HERE} AND {which} ORDER BY s.oid",
        SOURCE.columns(),
        since(19, server, "NULL"),
        since(14, "s.subbinary", "false"),
        since(14, streaming, "''"),
        since(15, "s.subtwophasestate <> 'd'", "false"),
        since(15, "s.subdisableonerr", "false"),
        since(16, "s.subpasswordrequired", "true"),
        since(16, "s.subrunasowner", "false"),
        since(16, "s.suborigin", "'any'"),
        since(17, "s.subfailover", "false"),
        since(19, "s.subretaindeadtuples", "false"),
        since(19, "NULLIF(s.submaxretention, 0)", "NULL"),
        since(19, "NULLIF(s.subwalrcvtimeout, '-1')", "NULL"),
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
        connection: match row.opt_text("server")? {
            Some(server) => Connection::Server(server),
            None => Connection::Text(row.text("subconninfo")?),
        },
        publications: row.list("subpublications")?,
        options: options(row)?,
        newer: newer.to_vec(),
        superusers: !row.bool("password_required")?,
    })
}

const RETAIN_DEAD_TUPLES: &str = "retain_dead_tuples";
const MAX_RETENTION: &str = "max_retention_duration";
const RECEIVER_TIMEOUT: &str = "wal_receiver_timeout";

/// Options that came after version 10, each with its first version. Parallel streaming came later than
/// streaming.
pub const OPTIONS_SINCE: &[(&str, u32)] = &[
    ("binary", 14),
    ("streaming = 'parallel'", 16),
    ("streaming", 14),
    ("two_phase", 15),
    ("disable_on_error", 15),
    ("password_required", 16),
    ("run_as_owner", 16),
    ("origin", 16),
    ("failover", 17),
    (RETAIN_DEAD_TUPLES, 19),
    (MAX_RETENTION, 19),
    (RECEIVER_TIMEOUT, 19),
];

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
        (RETAIN_DEAD_TUPLES, "retain_dead_tuples", false),
    ];
    for (name, column, default) in flags {
        let value = row.bool(column)?;
        options.extend((value != default).then(|| format!("{name} = {value}")));
    }
    let retention = row.opt("max_retention")?;
    options.extend(retention.map(|milliseconds| format!("{MAX_RETENTION} = {milliseconds}")));
    let timeout = row.opt("receiver_timeout")?.map(literal);
    options.extend(timeout.map(|time| format!("{RECEIVER_TIMEOUT} = {time}")));
    Ok(options)
}
