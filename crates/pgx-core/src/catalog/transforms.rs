//! Transforms: `pg_transform`.

use super::model::{Object, Transform, class};
use super::object;
use crate::connect::quote::ident;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the transforms, in OID order: the system has none of its own.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Transform>> {
    let function = |column: &str| {
        format!("NULLIF(t.{column}::pg_catalog.oid, 0)::pg_catalog.regprocedure AS {column}")
    };
    let sql = format!(
        "SELECT t.oid, {}, pg_catalog.format_type(t.trftype, NULL) AS type, l.lanname, {}, {} \
         FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang \
         WHERE t.oid >= 16384 ORDER BY t.oid",
        object::extension("pg_transform", "t.oid"),
        function("trffromsql"),
        function("trftosql"),
    );
    session.query(&sql)?.iter().map(transform).collect()
}

fn transform(row: &Row) -> Result<Transform> {
    let mut clauses = Vec::new();
    for (direction, column) in [("FROM", "trffromsql"), ("TO", "trftosql")] {
        let function = row.opt(column)?;
        clauses.extend(function.map(|name| format!("{direction} SQL WITH FUNCTION {name}")));
    }
    Ok(Transform {
        object: Object {
            id: CatalogId { class: class::TRANSFORM, oid: row.oid("oid")? },
            name: format!("FOR {} LANGUAGE {}", row.str("type")?, ident(row.str("lanname")?)),
            extension: row.opt_int("extension")?,
            ..Object::default()
        },
        clauses,
    })
}
