//! Whether source and target are one database, whatever they are called.

use crate::connect::{Config, Session};
use crate::error::{Code, Error, Result};

/// What tells a database from every other and any role may read. Servers do not start in the same
/// microsecond, and a copy of a whole server, whose system identifier and OIDs are the original's, was
/// started at a time of its own.
const IDENTITY: &str = "\
SELECT pg_catalog.to_char(pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC', \
 'YYYY-MM-DD HH24:MI:SS.US') AS started, d.oid \
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/// Refuses a database as its own target.
///
/// # Errors
/// [`Code::Usage`]; codes 4xx: either cannot be reached.
pub(super) fn refuse(source: &Config, target: &Config) -> Result<()> {
    if identity(source)? != identity(target)? {
        return Ok(());
    }
    Err(Error::new(Code::Usage, "source and target are the same database")
        .object(format!("database {}", target.place()))
        .hint("name another database as the target, or make one with --create"))
}

fn identity(config: &Config) -> Result<(String, u32)> {
    let row = Session::open(config)?.query_one(IDENTITY)?;
    Ok((row.text("started")?, row.oid("oid")?))
}
