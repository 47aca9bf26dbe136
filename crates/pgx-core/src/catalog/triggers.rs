//! Triggers: `pg_trigger`.

use std::collections::HashMap;

use super::among::{among, from_version};
use super::model::{Trigger, TriggerKey, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{CatalogId, Ref};

/// Reads the triggers that users declared on `relations`, by relation and name, their clones on
/// partitions as far as these are not simply enabled or have comments, and the triggers behind keys as
/// far as these are not simply enabled.
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
    let mut triggers = Vec::new();
    for row in &rows {
        let trigger = trigger(row, &parents)?;
        if !trigger.clone || trigger.enabled != 'O' || row.bool("commented")? {
            triggers.push(trigger);
        }
    }
    let behind_keys = session.query(&behind_keys(session.version(), relations))?;
    for row in &behind_keys {
        triggers.push(behind_key(row)?);
    }
    triggers.dedup_by(|a, b| a.key.is_some() && (a.relation, &a.key) == (b.relation, &b.key));
    Ok(triggers)
}

/// A partition's key is part of the one that a user declared. Names of triggers behind keys have OIDs in
/// them, so they are sorted by the names of their keys.
fn behind_keys(version: u32, relations: &[u32]) -> String {
    let up = from_version(version, 11, UP_TO_THE_TOP, "SELECT t.tgconstraint AS oid, 0 AS height");
    format!(
        "SELECT t.oid, t.tgrelid, t.tgenabled, t.tgfoid::pg_catalog.regproc AS function, \
         k.oid AS key, k.conname, c.relname, n.nspname \
         FROM {} JOIN pg_catalog.pg_trigger t ON t.tgrelid = src.oid \
         CROSS JOIN LATERAL ({up} ORDER BY height DESC LIMIT 1) top \
         JOIN pg_catalog.pg_constraint k ON k.oid = top.oid AND k.contype <> 't' \
         JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE t.tgisinternal AND t.tgenabled <> 'O' \
         ORDER BY t.tgrelid, k.conname, n.nspname, c.relname, function",
        among(relations)
    )
}

const UP_TO_THE_TOP: &str = "\
WITH RECURSIVE up(oid, height) AS (SELECT t.tgconstraint, 0 UNION ALL \
 SELECT k.conparentid, up.height OPERATOR(pg_catalog.+) 1 FROM up \
 JOIN pg_catalog.pg_constraint k ON k.oid = up.oid WHERE k.conparentid <> 0) SELECT oid, height FROM up";

fn behind_key(row: &Row) -> Result<Trigger> {
    let key = TriggerKey {
        oid: row.oid("key")?,
        table: Ref::new(row.str("nspname")?, row.str("relname")?),
        name: row.text("conname")?,
        function: row.text("function")?,
    };
    Ok(Trigger {
        id: CatalogId { class: class::TRIGGER, oid: row.oid("oid")? },
        name: format!("{} {}", key.name, key.function),
        relation: row.oid("tgrelid")?,
        enabled: row.char("tgenabled")?,
        key: Some(key),
        ..Trigger::default()
    })
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
        "SELECT q.oid, q.tgname, q.tgrelid, q.tgenabled, q.parent, {COMMENTED} AS commented, \
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

const COMMENTED: &str = "\
EXISTS (SELECT FROM pg_catalog.pg_description d WHERE d.objoid = q.oid \
 AND d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass)";

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
        key: None,
    })
}

/// The trigger at the top of a chain of clones.
fn origin(mut trigger: u32, parents: &HashMap<u32, u32>) -> u32 {
    while let Some(&parent) = parents.get(&trigger) {
        trigger = parent;
    }
    trigger
}
