//! Triggers: `pg_trigger`.

use std::collections::HashMap;

use super::among::among;
use super::model::{Trigger, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the triggers that users declared on `relations`, by relation and name, and their clones on
/// partitions as far as these are not simply enabled. Triggers behind constraints are left out.
///
/// # Errors
/// What the server refuses; a trigger that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Trigger>> {
    let rows = session.query(&query(session.version(), relations))?;
    let mut parents = HashMap::new();
    for row in &rows {
        if let Some(parent) = row.opt_int("parent")? {
            parents.insert(row.oid("oid")?, parent);
        }
    }
    let triggers: Vec<Trigger> =
        rows.iter().map(|row| trigger(row, &parents)).collect::<Result<_>>()?;
    Ok(triggers.into_iter().filter(|trigger| !trigger.clone || trigger.enabled != 'O').collect())
}

/// Up to 14 a clone counts as internal, and up to 12 only its dependency leads to what it is a
/// clone of. Triggers that enforce a key or a reference belong to that constraint.
fn query(version: u32, relations: &[u32]) -> String {
    let parent = match version / 10_000 {
        ..=10 => "NULL::pg_catalog.oid",
        11 | 12 => PARENT_BY_DEPENDENCY,
        13.. => "NULLIF(t.tgparentid, 0)",
    };
    format!(
        "SELECT q.oid, q.tgname, q.tgrelid, q.tgenabled, q.parent, \
         CASE WHEN q.parent IS NULL THEN pg_catalog.pg_get_triggerdef(q.oid, false) END \
           AS definition \
         FROM (SELECT t.oid, t.tgname, t.tgrelid, t.tgenabled, t.tgisinternal, {parent} AS parent \
           FROM {} JOIN pg_catalog.pg_trigger t ON t.tgrelid = src.oid \
           WHERE {NO_OTHER_CONSTRAINT}) AS q \
         WHERE q.parent IS NOT NULL OR NOT q.tgisinternal \
         ORDER BY q.tgrelid, q.tgname",
        among(relations)
    )
}

const PARENT_BY_DEPENDENCY: &str = "\
(SELECT d.refobjid FROM pg_catalog.pg_depend d \
 WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.objid = t.oid \
 AND d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LIMIT 1)";

const NO_OTHER_CONSTRAINT: &str = "\
NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = t.tgconstraint \
 AND k.contype <> 't')";

fn trigger(row: &Row, parents: &HashMap<u32, u32>) -> Result<Trigger> {
    let oid = row.oid("oid")?;
    let clone = row.opt("parent")?.is_some();
    let definition = if clone { String::new() } else { row.text("definition")? };
    Ok(Trigger {
        id: CatalogId { class: class::TRIGGER, oid },
        name: row.text("tgname")?,
        relation: row.oid("tgrelid")?,
        definition,
        enabled: row.char("tgenabled")?,
        clone,
        clone_of: clone.then(|| origin(oid, parents)),
    })
}

/// The trigger at the top of a chain of clones.
fn origin(mut trigger: u32, parents: &HashMap<u32, u32>) -> u32 {
    while let Some(&parent) = parents.get(&trigger) {
        trigger = parent;
    }
    trigger
}
