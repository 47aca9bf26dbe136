//! Default privileges.

use super::{Context, acl};
use crate::catalog::model::{DefaultAcl, DefaultAclObjects};
use crate::connect::quote::ident;
use crate::toc::{AclChange, Entry, Kind, Ref};

/// The entry of default privileges. Its changes name the role as their grantor, so that a restore
/// sees every role it needs.
pub fn entry(default: &DefaultAcl, ctx: &Context<'_>) -> Option<Entry> {
    let keyword = default.objects.keyword();
    let name = Ref { schema: default.schema.clone(), name: name(keyword, &default.role) };
    let mut entry = Entry::new(Kind::DefaultAcl, default.id, name);
    let changes = acl::changes(&default.acl, target(default, ctx), &default.role, keyword);
    if changes.is_empty() {
        return None;
    }
    let grantor = Some(default.role.clone());
    entry
        .acl
        .extend(changes.into_iter().map(|change| AclChange { grantor: grantor.clone(), ..change }));
    entry.create = statements(&entry);
    Some(entry)
}

/// What an entry is called.
fn name(keyword: &str, role: &str) -> String {
    format!("DEFAULT PRIVILEGES FOR {keyword} OF {role}")
}

/// The statements of an entry, made from its schema and its changes.
pub fn statements(entry: &Entry) -> Vec<String> {
    let one = |change: &AclChange| {
        let role = change.grantor.as_deref().unwrap_or_default();
        let mut prefix = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}", ident(role));
        if let Some(schema) = &entry.name.schema {
            prefix += &format!(" IN SCHEMA {}", ident(schema));
        }
        let statements = acl::statement(&AclChange { grantor: None, ..change.clone() });
        statements.into_iter().map(move |sql| format!("{prefix} {sql}"))
    };
    entry.acl.iter().flat_map(one).collect()
}

/// Says the entry and its statements anew after the roles of its changes have become others.
pub fn renew(entry: &mut Entry) {
    if let Some(AclChange { on, grantor: Some(role), .. }) = entry.acl.first() {
        entry.name.name = name(on, role);
        entry.create = statements(entry);
    }
}

fn target(default: &DefaultAcl, ctx: &Context<'_>) -> acl::AclTarget {
    match default.objects {
        DefaultAclObjects::Tables => acl::AclTarget::table(ctx.catalog.version),
        DefaultAclObjects::Sequences => acl::AclTarget::Sequence,
        DefaultAclObjects::Functions => acl::AclTarget::Function,
        DefaultAclObjects::Types => acl::AclTarget::Type,
        DefaultAclObjects::Schemas => acl::AclTarget::Schema,
        DefaultAclObjects::LargeObjects => acl::AclTarget::LargeObject,
    }
}
