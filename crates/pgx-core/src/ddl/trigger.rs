//! Triggers.

use super::{Context, comment, extension};
use crate::catalog::model::{Relation, Trigger, TriggerKey};
use crate::connect::quote::{dollar, ident, literal};
use crate::toc::{Entry, Kind, Ref};

/// The entry of a trigger. A clone on a partition comes with the trigger it is a clone of, and one behind
/// a key with the key; their entries only set their state, and a clone's comment.
pub fn entry(trigger: &Trigger, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(trigger.relation)?;
    if trigger.clone && loses_clones(table, ctx) {
        return None;
    }
    let on = table.object.name_ref();
    let name = ident(&trigger.name);
    let entry_name = Ref { schema: on.schema.clone(), name: trigger.name.clone() };
    let mut entry = Entry::new(Kind::Trigger, trigger.id, entry_name);
    if let Some(key) = &trigger.key {
        entry.create.extend(state_behind(key, trigger.enabled, &on, ctx));
        entry.on = Some(on);
        return Some(entry);
    }
    entry.address = format!("TRIGGER {name} ON {}", on.sql());
    if !trigger.clone {
        entry.create.push(trigger.definition.clone());
        entry.drop = Some(format!("DROP TRIGGER {name} ON {}", on.sql()));
    }
    // ONLY: without it the state would go down to the partitions, whose own may be another.
    entry.create.extend(
        state(trigger.enabled)
            .map(|how| format!("ALTER TABLE ONLY {} {how} TRIGGER {name}", on.sql())),
    );
    let address = entry.address.clone();
    entry.create.extend(extension::depends_on(trigger.id, &address, ctx));
    entry.comments.extend(comment::of_object(trigger.id, &entry.address, ctx));
    entry.on = Some(on);
    Some(entry)
}

/// The statement that sets the state of the triggers that stand on a table behind a key, and call this
/// function. Their names have OIDs in them, so the server looks for them.
fn state_behind(key: &TriggerKey, enabled: char, on: &Ref, ctx: &Context<'_>) -> Option<String> {
    let alter = literal(&format!("ALTER TABLE ONLY {} {} TRIGGER ", on.sql(), state(enabled)?));
    let TriggerKey { table, name, function, .. } = key;
    let parts = if ctx.catalog.version >= 110_000 { PARTS } else { "" };
    let (of, on) = (literal(&table.sql()), literal(&on.sql()));
    Some(format!(
        "DO LANGUAGE plpgsql {}",
        dollar(&format!(
            "DECLARE name pg_catalog.name; BEGIN FOR name IN \
             WITH RECURSIVE parts(oid) AS (SELECT k.oid FROM pg_catalog.pg_constraint k \
             WHERE k.conrelid = {of}::pg_catalog.regclass AND k.conname = {} {parts}) \
             SELECT t.tgname FROM pg_catalog.pg_trigger t JOIN parts ON parts.oid = t.tgconstraint \
             WHERE t.tgrelid = {on}::pg_catalog.regclass \
             AND t.tgfoid = {}::pg_catalog.regproc \
             LOOP EXECUTE {alter} OPERATOR(pg_catalog.||) pg_catalog.quote_ident(name); \
             END LOOP; END",
            literal(name),
            literal(function),
        ))
    ))
}

/// A partition's key is part of its parent's. Servers before 11 have none.
const PARTS: &str = "UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k \
    JOIN parts ON parts.oid = k.conparentid";

/// Detaching a partition drops the clones on it and below it.
fn loses_clones(table: &Relation, ctx: &Context<'_>) -> bool {
    let parent = |table: &&Relation| ctx.catalog.relation(table.partition.as_ref()?.parent);
    std::iter::successors(Some(table), parent).any(Relation::is_detaching)
}

/// How to get from the state a trigger or rule is made in to that of the letter; none for that
/// state.
pub(super) fn state(enabled: char) -> Option<&'static str> {
    match enabled {
        'D' => Some("DISABLE"),
        'R' => Some("ENABLE REPLICA"),
        'A' => Some("ENABLE ALWAYS"),
        _ => None,
    }
}
