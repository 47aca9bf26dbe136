//! Operator families and classes.

use super::{Context, comment};
use crate::catalog::model::{Object, OperatorClass, OperatorFamily};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of an operator family and of those of its members that go with no class.
pub fn family_entry(family: &OperatorFamily, ctx: &Context<'_>) -> Entry {
    let mut entry = blank(Kind::OperatorFamily, &family.object, &family.method, ctx);
    entry.create.push(format!("CREATE {}", entry.address));
    if !family.members.items.is_empty() {
        let items = family.members.items.join(",\n    ");
        entry.create.push(format!("ALTER {} ADD\n    {items}", entry.address));
    }
    entry
}

/// The entry of an operator class.
pub fn class_entry(class: &OperatorClass, ctx: &Context<'_>) -> Entry {
    let mut entry = blank(Kind::OperatorClass, &class.object, &class.method, ctx);
    let mut items = class.members.items.clone();
    items.extend(class.storage.as_ref().map(|storage| format!("STORAGE {storage}")));
    if items.is_empty() {
        // A class of nothing has no syntax; this says nothing either.
        items.push(format!("STORAGE {}", class.type_name));
    }
    entry.create.push(format!(
        "CREATE OPERATOR CLASS {}{} FOR TYPE {} USING {} FAMILY {} AS\n    {}",
        entry.name.sql(),
        if class.default { " DEFAULT" } else { "" },
        class.type_name,
        ident(&class.method),
        class.family,
        items.join(",\n    ")
    ));
    entry
}

fn blank(kind: Kind, object: &Object, method: &str, ctx: &Context<'_>) -> Entry {
    let mut entry = Entry::new(kind, object.id, object.name_ref());
    entry.address = format!("{kind} {} USING {}", entry.name.sql(), ident(method));
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
