//! Access methods.

use super::{Context, comment};
use crate::catalog::model::AccessMethod;
use crate::toc::{Entry, Kind};

/// The entry of an access method.
pub fn entry(method: &AccessMethod, ctx: &Context<'_>) -> Entry {
    let object = &method.object;
    let mut entry = Entry::new(Kind::AccessMethod, object.id, object.name_ref());
    entry.address = format!("ACCESS METHOD {}", entry.name.sql());
    entry.create = vec![format!("CREATE {} {}", entry.address, method.definition)];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
