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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::Object;
    use crate::order::Repairs;

    fn made(name: &str, default_owner: bool, extension: Option<u32>) -> Entry {
        let object =
            Object { name: name.into(), owner: "o".into(), extension, ..Object::default() };
        let ctx = Context { catalog: &Catalog::default(), repairs: &Repairs::default() };
        entry(&Schema { object, default_owner }, &ctx)
    }

    #[test]
    fn public_is_there_already() {
        let public = made("public", true, None);
        assert_eq!((public.create.len(), &public.drop, &public.owner), (0, &None, &None));
        assert_eq!(made("public", false, None).owner.as_deref(), Some("o"));
        assert_eq!(made("x\"y", false, None).create, ["CREATE SCHEMA \"x\"\"y\""]);
    }

    #[test]
    fn an_extension_makes_its_schema_itself() {
        let member = made("x", false, Some(1));
        assert_eq!((member.create.len(), member.owner), (0, None));
        assert_eq!(member.address, "SCHEMA \"x\"");
    }
}
