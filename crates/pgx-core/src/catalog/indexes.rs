//! Indexes: `pg_index`.

use super::among::{among, from_version};
use super::inet_classes;
use super::model::{Index, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the indexes of `relations`, in OID order. Left out is what a failed CREATE INDEX
/// CONCURRENTLY has left behind; an index on a partitioned table counts also while some partition
/// lacks its part.
///
/// # Errors
/// What the server refuses; an index that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Index>> {
    session.query_map(&query(session.version(), relations), index)
}

fn query(version: u32, relations: &[u32]) -> String {
    let statistics = from_version(version, 11, STATISTICS, "NULL");
    format!(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, i.indrelid, \
         CASE WHEN k.oid IS NULL THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition, \
         k.oid AS constraint, h.inhparent AS parent, \
         i.indisclustered, i.indisreplident, s.spcname, {statistics} AS statistics, {} \
         FROM {} JOIN pg_catalog.pg_index i ON i.indrelid = src.oid \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid \
           AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x') \
         LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         WHERE i.indisready AND (i.indisvalid OR c.relkind = 'I') ORDER BY c.oid",
        inet_classes::columns(version, "i.indexrelid", "c.relam = 783 AND k.oid IS NULL"),
        among(relations)
    )
}

/// Column number and target in turn. Only expressions can have a target.
const STATISTICS: &str = "\
CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(SELECT v.number FROM pg_catalog.pg_attribute a, \
 LATERAL (VALUES (1, a.attnum::pg_catalog.int4), (2, a.attstattarget::pg_catalog.int4)) \
 AS v(at, number) \
 WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 ORDER BY a.attnum, v.at) END";

fn index(row: &Row) -> Result<Index> {
    let numbers: Vec<i32> = row.ints("statistics")?;
    let pairs = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let constraint = row.opt_int("constraint")?;
    let definition = match constraint {
        Some(_) => String::new(),
        None => inet_classes::said(row.text("definition")?, row)?,
    };
    let mut index = Index {
        relation: row.oid("indrelid")?,
        definition,
        constraint,
        parent: row.opt_int("parent")?,
        partitioned: row.char("relkind")? == 'I',
        clustered: row.bool("indisclustered")?,
        replica_identity: row.bool("indisreplident")?,
        tablespace: row.opt_text("spcname")?,
        statistics: pairs.collect(),
        ..Index::default()
    };
    index.object.id = CatalogId { class: class::CLASS, oid: row.oid("oid")? };
    index.object.schema = Some(row.text("nspname")?);
    index.object.name = row.text("relname")?;
    Ok(index)
}
