//! Event triggers.

use super::{Context, comment, trigger};
use crate::catalog::model::EventTrigger;
use crate::connect::quote::{ident, literal};
use crate::toc::{Entry, Kind};

/// The entry of an event trigger.
pub fn entry(event_trigger: &EventTrigger, ctx: &Context<'_>) -> Entry {
    let object = &event_trigger.object;
    let mut entry = Entry::new(Kind::EventTrigger, object.id, object.name_ref());
    entry.address = format!("EVENT TRIGGER {}", entry.name.sql());
    entry.create.push(create(event_trigger, &entry.address, ctx));
    let state = trigger::state(event_trigger.enabled);
    entry.create.extend(state.map(|state| format!("ALTER {} {state}", entry.address)));
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}

/// Servers before 11 do not know EXECUTE FUNCTION.
fn create(event_trigger: &EventTrigger, address: &str, ctx: &Context<'_>) -> String {
    let mut sql = format!("CREATE {address} ON {}", ident(&event_trigger.event));
    if !event_trigger.tags.is_empty() {
        let tags: Vec<String> = event_trigger.tags.iter().map(|tag| literal(tag)).collect();
        sql += &format!(" WHEN TAG IN ({})", tags.join(", "));
    }
    let keyword = if ctx.catalog.version >= 110_000 { "FUNCTION" } else { "PROCEDURE" };
    sql + &format!(" EXECUTE {keyword} {}()", event_trigger.function)
}
