//! Schemas.

use super::{Context, acl, comment};
use crate::catalog::model::Schema;
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of a schema. `public` is never made nor removed, since every new database has one; its
/// owner is set only where it is not the one initdb gives it. A member of an extension keeps its
/// privileges only.
pub fn entry(schema: &Schema, ctx: &Context<'_>) -> Entry {
    let object = &schema.object;
    let mut entry = Entry::new(Kind::Schema, object.id, object.name_ref());
    let address = format!("SCHEMA {}", ident(&object.name));
    entry.acl = acl::changes(&object.acl, acl::AclTarget::Schema, &object.owner, &address);
    if object.extension.is_none() {
        if object.name != "public" {
            entry.create = vec![format!("CREATE {address}")];
            entry.drop = Some(format!("DROP {address}"));
        }
        entry.owner = Some(object.owner.clone()).filter(|_| !schema.default_owner);
        entry.comments.extend(comment::of_object(object.id, &address, ctx));
    }
    entry.address = address;
    entry
}
