//! Triggers.

use super::{Context, comment, extension};
use crate::catalog::model::{Relation, Trigger};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, Ref};

/// The entry of a trigger. A clone on a partition comes with the trigger it is a clone of; its
/// entry only sets its state.
pub fn entry(trigger: &Trigger, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(trigger.relation)?;
    if table.object.extension.is_some() || trigger.clone && loses_clones(table, ctx) {
        return None;
    }
    let on = table.object.name_ref();
    let name = ident(&trigger.name);
    let entry_name = Ref { schema: on.schema.clone(), name: trigger.name.clone() };
    let mut entry = Entry::new(Kind::Trigger, trigger.id, entry_name);
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
