//! What users put on the relations of extensions: it is no member, so the extension does not bring it.
//!
//! Nothing says whether an index or a trigger was made by the extension's script. Surely not if it is
//! younger than all members, or was written by a transaction that made none; the rest passes for the
//! extension's. A restore makes what is there already only once, so a wrong guess does no harm.

use std::collections::BTreeSet;

use super::model::Added;
use crate::connect::Session;
use crate::error::Result;
use crate::toc::CatalogId;

/// Catalog, its column with the relation, and which of its rows.
const PARTS: [(&str, &str, &str); 6] = [
    ("pg_constraint", "conrelid", "x.contype IN ('p', 'u', 'x', 'f')"),
    ("pg_policy", "polrelid", "true"),
    ("pg_rewrite", "ev_class", "x.rulename <> '_RETURN'"),
    ("pg_statistic_ext", "stxrelid", "true"),
    ("pg_trigger", "tgrelid", "NOT x.tgisinternal"),
    // Of a part there is no member in any other catalog either.
    ("pg_index", "indrelid", "true"),
];

/// Reads it.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Added> {
    let parts: Vec<String> = PARTS.iter().map(part).collect();
    let mut added = Added { objects: BTreeSet::new(), relations: BTreeSet::new() };
    for row in session.query(&parts.join(" UNION ALL "))? {
        added.objects.insert(CatalogId { class: row.oid("class")?, oid: row.oid("oid")? });
        added.relations.insert(row.oid("relation")?);
    }
    Ok(added)
}

fn part(&(catalog, relation, rows): &(&str, &str, &str)) -> String {
    let (class, oid) = match catalog {
        "pg_index" => ("pg_class", "x.indexrelid"),
        _ => (catalog, "x.oid"),
    };
    format!(
        "SELECT 'pg_catalog.{class}'::pg_catalog.regclass::pg_catalog.oid AS class, {oid} AS oid, \
          x.{relation} AS relation \
         FROM pg_catalog.{catalog} x JOIN pg_catalog.pg_depend m ON m.objid = x.{relation} \
          AND m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.deptype = 'e' \
         WHERE m.refobjid >= 16384 AND {rows} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
          WHERE e.classid = 'pg_catalog.{class}'::pg_catalog.regclass AND e.objid = {oid} \
           AND e.deptype = 'e') \
         AND NOT ({oid} < (SELECT pg_catalog.max(e.objid) FROM pg_catalog.pg_depend e \
           WHERE e.deptype = 'e' AND e.refobjid = m.refobjid) \
          AND EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e' \
           AND e.refobjid = m.refobjid AND e.xmin::pg_catalog.text = x.xmin::pg_catalog.text))"
    )
}
