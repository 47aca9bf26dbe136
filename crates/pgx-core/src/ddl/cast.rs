//! Casts.

use super::{Context, comment};
use crate::catalog::model::Cast;
use crate::toc::{Entry, Kind};

/// The entry of a cast.
pub fn entry(cast: &Cast, ctx: &Context<'_>) -> Entry {
    let object = &cast.object;
    let mut entry = Entry::new(Kind::Cast, object.id, object.name_ref());
    entry.address = format!("CAST {}", object.name);
    entry.needs.superuser = cast.binary;
    entry.create = vec![format!("CREATE {} {}", entry.address, cast.definition)];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
