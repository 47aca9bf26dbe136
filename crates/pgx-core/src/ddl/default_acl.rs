//! Default privileges.

use super::{Context, acl};
use crate::catalog::model::{DefaultAcl, DefaultAclObjects};
use crate::connect::quote::ident;
use crate::toc::{AclChange, Entry, Kind, Ref};

/// The entry of default privileges. Its changes name the role as their grantor, so that a restore
/// sees every role it needs.
pub fn entry(default: &DefaultAcl, ctx: &Context<'_>) -> Option<Entry> {
    let keyword = default.objects.keyword();
    let name = format!("DEFAULT PRIVILEGES FOR {keyword} OF {}", default.role);
    let mut entry =
        Entry::new(Kind::DefaultAcl, default.id, Ref { schema: default.schema.clone(), name });
    let changes = acl::changes(&default.acl, target(default, ctx), &default.role, keyword);
    if changes.is_empty() {
        return None;
    }
    let mut prefix = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}", ident(&default.role));
    if let Some(schema) = &default.schema {
        prefix += &format!(" IN SCHEMA {}", ident(schema));
    }
    for change in changes {
        let statement = acl::statement(&AclChange { grantor: None, ..change.clone() });
        entry.create.extend(statement.iter().map(|sql| format!("{prefix} {sql}")));
        entry.acl.push(AclChange { grantor: Some(default.role.clone()), ..change });
    }
    Some(entry)
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
