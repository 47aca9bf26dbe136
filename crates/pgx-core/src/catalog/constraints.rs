//! Constraints of tables: `pg_constraint`.

use super::among::{among, from_version};
use super::model::{Constraint, ConstraintKind, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the constraints of `relations`, by relation and name.
///
/// # Errors
/// What the server refuses; a constraint that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Constraint>> {
    let version = session.version();
    let parent = from_version(version, 11, "NULLIF(k.conparentid, 0)", "NULL");
    let own_part = from_version(version, 11, OWN_PART, "false");
    let enforced = from_version(version, 18, "k.conenforced", "true");
    let rows = session.query(&format!(
        "SELECT k.oid, n.nspname, k.conname, k.contype, k.conrelid, \
         CASE WHEN k.contype <> 'n' OR NOT k.convalidated \
          THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition, \
         NULLIF(k.conindid, 0) AS conindid, NULLIF(k.confrelid, 0) AS confrelid, \
         {parent} AS parent, {own_part} AS own_part, k.convalidated, {enforced} AS enforced, k.conislocal, \
         k.condeferrable, k.condeferred, ic.reloptions, \
         CASE WHEN k.contype = 'n' THEN k.conkey[1] END AS column \
         FROM {} JOIN pg_catalog.pg_constraint k ON k.conrelid = src.oid \
         JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u') \
         WHERE k.contype IN ('c', 'p', 'u', 'x', 'f', 'n') \
         ORDER BY k.conrelid, k.conname, k.oid",
        among(relations)
    ))?;
    rows.iter().map(constraint).collect()
}

/// What the server adds where a key points to a partitioned table is on the same table as its parent,
/// and has no name of its own.
const OWN_PART: &str = "\
k.contype = 'f' AND EXISTS (SELECT FROM pg_catalog.pg_constraint p \
 WHERE p.oid = k.conparentid AND p.conrelid <> k.conrelid AND (p.conname <> k.conname \
  OR EXISTS (SELECT FROM pg_catalog.pg_description d WHERE d.objoid = k.oid \
   AND d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)))";

fn constraint(row: &Row) -> Result<Constraint> {
    let mut constraint = Constraint {
        kind: kind(row.char("contype")?),
        relation: row.oid("conrelid")?,
        definition: row.opt_text("definition")?.unwrap_or_default(),
        deferrable: row.bool("condeferrable")?,
        deferred: row.bool("condeferred")?,
        index_options: row.list("reloptions")?,
        index: row.opt_int("conindid")?,
        referenced: row.opt_int("confrelid")?,
        parent: row.opt_int("parent")?,
        own_part: row.bool("own_part")?,
        validated: row.bool("convalidated")?,
        enforced: row.bool("enforced")?,
        local: row.bool("conislocal")?,
        column: row.opt_int("column")?,
        ..Constraint::default()
    };
    constraint.object.id = CatalogId { class: class::CONSTRAINT, oid: row.oid("oid")? };
    constraint.object.schema = Some(row.text("nspname")?);
    constraint.object.name = row.text("conname")?;
    Ok(constraint)
}

fn kind(contype: char) -> ConstraintKind {
    match contype {
        'p' => ConstraintKind::Primary,
        'u' => ConstraintKind::Unique,
        'x' => ConstraintKind::Exclusion,
        'f' => ConstraintKind::Foreign,
        'n' => ConstraintKind::NotNull,
        _ => ConstraintKind::Check,
    }
}
