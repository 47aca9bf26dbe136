//! `pg_depend`, as far as both ends are not the system's.
//!
//! An end need not be an object that is dumped: the constructor functions of a range, rows of
//! `pg_amop`, TOAST tables and the like hang on their object by an internal dependency.

use super::model::{Depend, DependKind};
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::CatalogId;

/// Column numbers are left out, so a table depends on a column's type as a whole; what depends on a
/// part of itself is no dependency. Schema `public` (2200) is initdb's and yet a user's.
const DEPENDS: &str = "\
SELECT DISTINCT d.classid, d.objid, d.refclassid, d.refobjid, d.deptype FROM pg_catalog.pg_depend d \
WHERE d.deptype IN ('n', 'a', 'i', 'P', 'S', 'x', 'e') AND d.objid >= 16384 \
 AND (d.refobjid >= 16384 \
  OR d.refobjid = 2200 AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass) \
 AND (d.classid, d.objid) <> (d.refclassid, d.refobjid) \
ORDER BY d.classid, d.objid, d.refclassid, d.refobjid, d.deptype";

/// Reads the dependencies, in a fixed order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Depend>> {
    session.query(DEPENDS)?.iter().map(depend).collect()
}

fn depend(row: &Row) -> Result<Depend> {
    Ok(Depend {
        of: CatalogId { class: row.oid("classid")?, oid: row.oid("objid")? },
        on: CatalogId { class: row.oid("refclassid")?, oid: row.oid("refobjid")? },
        kind: kind(row.char("deptype")?)?,
    })
}

fn kind(letter: char) -> Result<DependKind> {
    Ok(match letter {
        'n' => DependKind::Normal,
        'a' => DependKind::Auto,
        'i' => DependKind::Internal,
        'P' | 'S' => DependKind::Partition,
        'x' => DependKind::AutoExtension,
        'e' => DependKind::Extension,
        _ => return Err(Error::internal(format!("an unknown kind of dependency: {letter}"))),
    })
}
