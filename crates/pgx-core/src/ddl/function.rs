//! Functions and procedures.

use super::attach::synthetic;
use super::{Context, acl, comment, extension};
use crate::catalog::model::{Function, FunctionKind};
use crate::catalog::setting;
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
        entry.create = vec![statement(function, ctx, ctx.catalog.version / 10_000)];
        entry.create.extend(extension::depends_on(object.id, &entry.address, ctx));
        entry.drop = Some(format!("DROP {}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.needs.language = Some(function.language.clone());
        let settings = function.settings.iter();
        entry.needs.settings = settings.map(|item| setting::name(item)).collect();
        entry.needs.superuser = function.superusers;
        entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    }
    if ctx.repairs.postponed.contains(&object.id) {
        entry.section = Section::PostData;
    }
    entry
}

/// CREATE FUNCTION for a server of a major version, which may not have every setting.
pub(super) fn statement(function: &Function, ctx: &Context<'_>, major: u32) -> String {
    let separate = function.stub && ctx.repairs.separate.contains(&function.object.id);
    definition(function, if separate { "AS ''" } else { &function.body }, major)
}

fn definition(function: &Function, body: &str, major: u32) -> String {
    let mut sql = function.head.clone();
    for clause in function.settings.iter().filter_map(|item| setting::clause(item, major)) {
        sql += &format!("\n    {clause}");
    }
    format!("{sql}\n{body}")
}

/// The entry that gives a function the body that it was made without.
pub fn body_entry(function: &Function, ctx: &Context<'_>) -> Option<Entry> {
    let object = &function.object;
    let kind = match function.kind {
        FunctionKind::Function | FunctionKind::Window => Kind::Function,
        FunctionKind::Procedure => Kind::Procedure,
    };
    let mut entry = Entry::new(kind, synthetic(object.id), object.name_ref());
    entry.create = vec![replacement(function, ctx.catalog.version / 10_000)?];
    if ctx.repairs.postponed.contains(&entry.catalog) {
        entry.section = Section::PostData;
    }
    Some(entry)
}

/// CREATE OR REPLACE FUNCTION with the body.
pub(super) fn replacement(function: &Function, major: u32) -> Option<String> {
    let definition = definition(function, &function.body, major);
    Some(format!("CREATE OR REPLACE {}", definition.strip_prefix("CREATE ")?))
}
