//! Conversions between encodings.

use super::{Context, comment};
use crate::catalog::model::Conversion;
use crate::toc::{Entry, Kind};

/// The entry of a conversion.
pub fn entry(conversion: &Conversion, ctx: &Context<'_>) -> Entry {
    let object = &conversion.object;
    let mut entry = Entry::new(Kind::Conversion, object.id, object.name_ref());
    entry.address = format!("CONVERSION {}", entry.name.sql());
    let default = if conversion.default { "DEFAULT " } else { "" };
    entry.create = vec![format!("CREATE {default}{} {}", entry.address, conversion.definition)];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
