//! Access methods: `pg_am`.

use super::model::{AccessMethod, class};
use super::object;
use crate::connect::{Row, Session};
use crate::error::{Error, Result};

/// Reads the access methods that are not the system's, in OID order.
///
/// # Errors
/// As [`Session::query`]; a kind of access method that pgx does not know.
pub fn read(session: &mut Session) -> Result<Vec<AccessMethod>> {
    let sql = format!(
        "SELECT {}, a.amtype, {} FROM pg_catalog.pg_am a WHERE a.oid >= 16384 ORDER BY a.oid",
        object::ownerless("pg_am", "a", "am"),
        object::function("a.amhandler", "handler"),
    );
    session.query(&sql)?.iter().map(access_method).collect()
}

fn access_method(row: &Row) -> Result<AccessMethod> {
    let kind = match row.char("amtype")? {
        'i' => "INDEX",
        't' => "TABLE",
        letter => {
            return Err(Error::internal(format!("an unknown kind of access method: {letter}")));
        }
    };
    Ok(AccessMethod {
        object: object::read(row, class::AM, None)?,
        definition: format!("TYPE {kind} HANDLER {}", row.str("handler")?),
    })
}
