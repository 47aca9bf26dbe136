//! Transforms.

use super::{Context, comment};
use crate::catalog::model::Transform;
use crate::toc::{Entry, Kind};

/// The entry of a transform.
pub fn entry(transform: &Transform, ctx: &Context<'_>) -> Entry {
    let object = &transform.object;
    let mut entry = Entry::new(Kind::Transform, object.id, object.name_ref());
    entry.address = format!("TRANSFORM {}", object.name);
    entry.create = vec![format!("CREATE {} ({})", entry.address, transform.clauses.join(", "))];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
