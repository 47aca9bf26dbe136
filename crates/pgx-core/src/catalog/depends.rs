//! `pg_depend`, as far as both ends are not the system's.
//!
//! An end need not be an object that is dumped: TOAST tables, rows of `pg_amop` and the like hang on
//! their object by an internal dependency.

use std::collections::HashMap;

use super::model::{Depend, DependKind, class};
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::CatalogId;

/// Column numbers are left out, so a table depends on a column's type as a whole; what depends on a
/// part of itself is no dependency. Schema `public` (2200) is initdb's and yet a user's.
const DEPENDS: &str = "\
SELECT d.classid, d.objid, d.refclassid, d.refobjid, d.deptype FROM pg_catalog.pg_depend d \
WHERE d.deptype IN ('n', 'a', 'i', 'P', 'S', 'x', 'e') AND d.objid >= 16384 \
 AND (d.refobjid >= 16384 \
  OR d.refobjid = 2200 AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass) \
 AND (d.classid, d.objid) <> (d.refclassid, d.refobjid)";

/// Reads the dependencies, in a fixed order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Depend>> {
    let mut depends = session.query_map(DEPENDS, depend)?;
    // Cheaper here than on the server, whose text of them would have to be compared.
    depends.sort_unstable();
    depends.dedup();
    resolve_constructors(&mut depends);
    Ok(depends)
}

/// Whoever needs the constructor function of a range needs the range: the function comes with it.
fn resolve_constructors(depends: &mut [Depend]) {
    let is_constructor = |depend: &&Depend| {
        depend.kind == DependKind::Internal
            && depend.of.class == class::PROC
            && depend.on.class == class::TYPE
    };
    let ranges: HashMap<CatalogId, CatalogId> =
        depends.iter().filter(is_constructor).map(|depend| (depend.of, depend.on)).collect();
    for depend in depends {
        if let Some(&range) = ranges.get(&depend.on) {
            depend.on = range;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_needs_a_constructor_needs_the_range() {
        let id = |class, oid| CatalogId { class, oid };
        let (range, constructor, function) =
            (id(class::TYPE, 1), id(class::PROC, 2), id(class::PROC, 3));
        let depend = |of, on, kind| Depend { of, on, kind };
        let mut depends = vec![
            depend(constructor, range, DependKind::Internal),
            depend(function, constructor, DependKind::Normal),
        ];
        resolve_constructors(&mut depends);
        assert_eq!(depends[1], depend(function, range, DependKind::Normal));
    }
}
