//! Column defaults and generation expressions: `pg_attrdef`.

use super::among::among;
use super::model::{ColumnDefault, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the defaults of `relations`, by relation and column number.
///
/// # Errors
/// What the server refuses; an expression that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<ColumnDefault>> {
    let sql = format!(
        "SELECT d.oid, d.adrelid, d.adnum, \
         pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression \
         FROM {} JOIN pg_catalog.pg_attrdef d ON d.adrelid = src.oid \
         ORDER BY d.adrelid, d.adnum",
        among(relations)
    );
    session.query_map(&sql, default)
}

fn default(row: &Row) -> Result<ColumnDefault> {
    Ok(ColumnDefault {
        id: CatalogId { class: class::ATTRDEF, oid: row.oid("oid")? },
        relation: row.oid("adrelid")?,
        number: row.int("adnum")?,
        expression: row.text("expression")?,
    })
}
