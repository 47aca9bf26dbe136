//! Casts: `pg_cast`.

use super::model::{Cast, Object, class};
use super::object;
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::CatalogId;

/// Reads the casts that are not the system's, in OID order. Those that come with a range type are left
/// out.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Cast>> {
    let sql = format!(
        "SELECT c.oid, {}, c.castmethod, c.castcontext, \
          pg_catalog.format_type(c.castsource, NULL) AS source, \
          pg_catalog.format_type(c.casttarget, NULL) AS target, \
          NULLIF(c.castfunc, 0)::pg_catalog.regprocedure AS function \
         FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND NOT EXISTS (SELECT \
          FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i' \
          AND d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass) ORDER BY c.oid",
        object::extension("pg_cast", "c.oid"),
    );
    session.query(&sql)?.iter().map(cast).collect()
}

fn cast(row: &Row) -> Result<Cast> {
    let how = match (row.char("castmethod")?, row.opt("function")?) {
        ('f', Some(function)) => format!("WITH FUNCTION {function}"),
        ('b', _) => "WITHOUT FUNCTION".to_owned(),
        ('i', _) => "WITH INOUT".to_owned(),
        (letter, _) => {
            return Err(Error::internal(format!("an unknown method of casts: {letter}")));
        }
    };
    let when = match row.char("castcontext")? {
        'a' => " AS ASSIGNMENT",
        'i' => " AS IMPLICIT",
        _ => "",
    };
    Ok(Cast {
        object: Object {
            id: CatalogId { class: class::CAST, oid: row.oid("oid")? },
            name: format!("({} AS {})", row.str("source")?, row.str("target")?),
            extension: row.opt_int("extension")?,
            ..Object::default()
        },
        definition: format!("{how}{when}"),
        binary: row.char("castmethod")? == 'b',
    })
}
