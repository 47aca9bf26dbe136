//! Collations.

use super::{Context, comment};
use crate::catalog::model::Collation;
use crate::toc::{Entry, Kind};

/// The entry of a collation.
pub fn entry(collation: &Collation, ctx: &Context<'_>) -> Entry {
    let object = &collation.object;
    let mut entry = Entry::new(Kind::Collation, object.id, object.name_ref());
    entry.address = format!("COLLATION {}", entry.name.sql());
    entry.create = vec![format!("CREATE {} ({})", entry.address, collation.clauses.join(", "))];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
