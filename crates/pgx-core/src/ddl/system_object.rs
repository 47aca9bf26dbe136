//! Changed privileges of what initdb made.

use super::{Context, acl};
use crate::catalog::model::{AclTarget, SystemObject};
use crate::toc::Entry;

/// The entry of an object of the system: it makes nothing and changes privileges only.
pub fn entry(system: &SystemObject, ctx: &Context<'_>) -> Entry {
    let SystemObject { object, kind, target, on, columns } = system;
    let mut entry = Entry::new(*kind, object.id, object.name_ref());
    let target = match target {
        AclTarget::Table { .. } => AclTarget::table(ctx.catalog.version),
        target => *target,
    };
    entry.acl = acl::changes(&object.acl, target, &object.owner, on);
    for (column, of_column) in columns {
        entry.acl.extend(acl::column_changes(of_column, column, &object.owner, on));
    }
    entry
}
