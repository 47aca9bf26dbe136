//! Extensions, and what hangs on them by hand.

use super::{Context, comment};
use crate::catalog::model::{DependKind, Extension, Object, class};
use crate::connect::quote::{dollar, ident, literal};
use crate::toc::{CatalogId, Entry, Kind};

/// The entry of an extension; none for one that initdb makes. The version is recorded and not pinned,
/// and the owner is whoever restores.
pub fn entry(extension: &Extension, ctx: &Context<'_>) -> Option<Entry> {
    if extension.built_in {
        return None;
    }
    let object = &extension.object;
    let mut entry = Entry::new(Kind::Extension, object.id, object.name_ref());
    // An extension has a schema, but its name does not stand in one.
    entry.name.schema = None;
    let name = ident(&object.name);
    let mut create = format!("CREATE EXTENSION IF NOT EXISTS {name}");
    if let Some(schema) = &object.schema {
        create += &format!(" WITH SCHEMA {}", ident(schema));
    }
    entry.needs.schema.clone_from(&object.schema);
    entry.create = vec![create];
    entry.address = format!("EXTENSION {name}");
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry.version = Some(extension.version.clone());
    Some(entry)
}

/// `ALTER address DEPENDS ON EXTENSION …`, one for each extension that takes the object `id` with it
/// when it is dropped.
pub fn depends_on(id: CatalogId, address: &str, ctx: &Context<'_>) -> Vec<String> {
    let on_extension = |oid| {
        let mut extensions = ctx.catalog.extensions.iter();
        extensions
            .find(|extension| extension.object.id == CatalogId { class: class::EXTENSION, oid })
    };
    let depends = &ctx.catalog.depends;
    let start = depends.partition_point(|depend| depend.of < id);
    let mut statements: Vec<String> = depends[start..]
        .iter()
        .take_while(|depend| depend.of == id)
        .filter(|depend| depend.kind == DependKind::AutoExtension)
        .filter_map(|depend| on_extension(depend.on.oid))
        .map(|extension| {
            format!("ALTER {address} DEPENDS ON EXTENSION {}", ident(&extension.object.name))
        })
        .collect();
    // Dependencies are sorted by OIDs, which are others in a copy.
    statements.sort_unstable();
    statements
}

/// The owner of a member that somebody gave it: neither the extension's nor the superuser that makes the
/// members of a trusted one.
pub(super) fn other_owner(extension: u32, object: &Object, ctx: &Context<'_>) -> Option<String> {
    let mut extensions = ctx.catalog.extensions.iter();
    let of = extensions.find(|one| one.object.id.oid == extension)?;
    let usual = [&of.object.owner, &of.superuser];
    let other = !object.owner.is_empty() && !usual.contains(&&object.owner);
    other.then(|| object.owner.clone())
}

/// The statement, for what the extension may have made itself.
pub(super) fn unless_there(statement: &str) -> String {
    let body = format!(
        "BEGIN EXECUTE {}; EXCEPTION WHEN duplicate_object OR duplicate_table \
         OR invalid_table_definition THEN NULL; END",
        literal(statement)
    );
    format!("DO LANGUAGE plpgsql {}", dollar(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::{Depend, Object};
    use crate::order::Repairs;

    #[test]
    fn only_automatic_dependencies_on_an_extension_are_spelled_out() {
        let id = CatalogId { class: class::EXTENSION, oid: 5 };
        let object = Object { id, name: "e".into(), ..Object::default() };
        let extension = Extension { object, ..Extension::default() };
        let function = |oid| CatalogId { class: class::PROC, oid };
        let depend = |oid, kind| Depend { of: function(oid), on: id, kind };
        let catalog = Catalog {
            extensions: vec![extension],
            depends: vec![
                depend(7, DependKind::Normal),
                depend(8, DependKind::Normal),
                depend(8, DependKind::AutoExtension),
                depend(9, DependKind::AutoExtension),
            ],
            ..Catalog::default()
        };
        let ctx = Context { catalog: &catalog, repairs: &Repairs::default() };
        assert_eq!(depends_on(function(7), "F", &ctx), Vec::<String>::new());
        assert_eq!(depends_on(function(8), "F", &ctx), ["ALTER F DEPENDS ON EXTENSION \"e\""]);
    }

    #[test]
    fn several_extensions_are_named_in_an_order_without_oids() {
        let id = |oid| CatalogId { class: class::EXTENSION, oid };
        let of = CatalogId { class: class::PROC, oid: 9 };
        let extension = |(oid, name): (u32, &str)| {
            let object = Object { id: id(oid), name: name.into(), ..Object::default() };
            Extension { object, ..Extension::default() }
        };
        let depend = |oid| Depend { of, on: id(oid), kind: DependKind::AutoExtension };
        let catalog = Catalog {
            extensions: Vec::from([(5, "z"), (6, "a")].map(extension)),
            depends: vec![depend(5), depend(6)],
            ..Catalog::default()
        };
        let ctx = Context { catalog: &catalog, repairs: &Repairs::default() };
        let statements = ["a", "z"].map(|name| format!("ALTER F DEPENDS ON EXTENSION \"{name}\""));
        assert_eq!(depends_on(of, "F", &ctx), statements);
    }
}
