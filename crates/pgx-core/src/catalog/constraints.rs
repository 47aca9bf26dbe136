//! Constraints of tables: `pg_constraint`.

use super::among::{among, from_version};
use super::inet_classes;
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
    let stricter = from_version(version, 19, STRICTER, "false");
    let sql = format!(
        "SELECT k.oid, n.nspname, k.conname, k.contype, k.conrelid, \
         CASE WHEN k.contype <> 'n' OR NOT k.convalidated \
          THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition, \
         NULLIF(k.conindid, 0) AS conindid, NULLIF(k.confrelid, 0) AS confrelid, \
         {parent} AS parent, {own_part} AS own_part, k.convalidated, {enforced} AS enforced, k.conislocal, \
         {stricter} AS stricter, \
         k.condeferrable, k.condeferred, ic.reloptions, \
         CASE WHEN k.contype = 'n' THEN k.conkey[1] END AS column, {} \
         FROM {} JOIN pg_catalog.pg_constraint k ON k.conrelid = src.oid \
         JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u') \
         WHERE k.contype IN ('c', 'p', 'u', 'x', 'f', 'n') \
         ORDER BY k.conrelid, k.conname, k.oid",
        inet_classes::columns(version, "k.conindid", "k.contype = 'x'"),
        among(relations)
    );
    session.query_map(&sql, constraint)
}

/// A parent's CHECK that is not enforced makes children's that are not; a later ALTER CONSTRAINT may have
/// changed one of those. A partition's stand in its own definition.
const STRICTER: &str = "\
k.contype = 'c' AND k.conenforced AND NOT k.conislocal AND NOT c.relispartition \
 AND EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_constraint u \
  ON u.conrelid = h.inhparent AND u.conname = k.conname AND u.contype = 'c' \
  WHERE h.inhrelid = k.conrelid AND NOT u.conenforced)";

/// What the server adds where a key points to a partitioned table is on the same table as its parent,
/// and has no name of its own.
const OWN_PART: &str = "\
k.contype = 'f' AND k.conparentid <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_constraint p \
 WHERE p.oid = k.conparentid AND p.conrelid <> k.conrelid AND (p.conname <> k.conname \
  OR EXISTS (SELECT FROM pg_catalog.pg_description d WHERE d.objoid = k.oid \
   AND d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)))";

fn constraint(row: &Row) -> Result<Constraint> {
    let mut constraint = Constraint {
        kind: kind(row.char("contype")?),
        relation: row.oid("conrelid")?,
        definition: inet_classes::said(row.opt_text("definition")?.unwrap_or_default(), row)?,
        deferrable: row.bool("condeferrable")?,
        deferred: row.bool("condeferred")?,
        index_options: row.list("reloptions")?,
        index: row.opt_int("conindid")?,
        referenced: row.opt_int("confrelid")?,
        parent: row.opt_int("parent")?,
        own_part: row.bool("own_part")?,
        validated: row.bool("convalidated")?,
        enforced: row.bool("enforced")?,
        stricter: row.bool("stricter")?,
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
