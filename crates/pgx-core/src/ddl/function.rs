//! Functions and procedures.

use super::attach::synthetic;
use super::{Context, acl, comment, extension};
use crate::catalog::model::{Function, FunctionKind};
use crate::toc::{Entry, Kind, Section};

/// The entry of a function or procedure. A member of an extension keeps its privileges only.
pub fn entry(function: &Function, ctx: &Context<'_>) -> Entry {
    let object = &function.object;
    let (kind, keyword) = match function.kind {
        FunctionKind::Function | FunctionKind::Window => (Kind::Function, "FUNCTION"),
        FunctionKind::Procedure => (Kind::Procedure, "PROCEDURE"),
    };
    let mut entry = Entry::new(kind, object.id, object.name_ref());
    entry.address = format!("{keyword} {}({})", entry.name.sql(), function.identity_arguments);
    let target = acl::AclTarget::Function;
    entry.acl = acl::changes(&object.acl, target, &object.owner, &entry.address);
    if object.extension.is_none() {
        let separate = ctx.repairs.separate.contains(&object.id);
        let stub = function.stub.as_ref().filter(|_| separate);
        entry.create = vec![stub.unwrap_or(&function.definition).clone()];
        entry.create.extend(extension::depends_on(object.id, &entry.address, ctx));
        entry.drop = Some(format!("DROP {}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.needs.language = Some(function.language.clone());
        entry.needs.settings.clone_from(&function.settings);
        entry.needs.superuser = function.superusers;
        entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    }
    if ctx.repairs.postponed.contains(&object.id) {
        entry.section = Section::PostData;
    }
    entry
}

/// The entry that gives a function the body that it was made without.
pub fn body_entry(function: &Function) -> Option<Entry> {
    let rest = function.definition.strip_prefix("CREATE ")?;
    let object = &function.object;
    let kind = match function.kind {
        FunctionKind::Function | FunctionKind::Window => Kind::Function,
        FunctionKind::Procedure => Kind::Procedure,
    };
    let mut entry = Entry::new(kind, synthetic(object.id), object.name_ref());
    entry.create = vec![format!("CREATE OR REPLACE {rest}")];
    Some(entry)
}
