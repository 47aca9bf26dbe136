//! Extended statistics.

use super::{Context, comment};
use crate::catalog::model::Statistics;
use crate::toc::{Entry, Kind};

/// The entry of extended statistics. What they hold is not carried: ANALYZE makes it anew.
pub fn entry(statistics: &Statistics, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(statistics.relation)?;
    let object = &statistics.object;
    let mut entry = Entry::new(Kind::Statistics, object.id, object.name_ref());
    entry.address = format!("STATISTICS {}", entry.name.sql());
    entry.create.push(statistics.definition.clone());
    if let Some(target) = statistics.target {
        entry.create.push(format!("ALTER {} SET STATISTICS {target}", entry.address));
    }
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry.on = Some(table.object.name_ref());
    Some(entry)
}
