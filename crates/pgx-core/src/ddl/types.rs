//! Enums, domains, composites and ranges.

use super::{Context, acl, comment};
use crate::catalog::model::{CompositeAttribute, DomainConstraint, Type, TypeKind, class};
use crate::connect::quote::{ident, literal};
use crate::toc::{CatalogId, Comment, Entry, Kind};

/// The entry of a type. A member of an extension keeps its privileges only. None for what comes with
/// another object, and for what pgx cannot make.
pub fn entry(a_type: &Type, ctx: &Context<'_>) -> Option<Entry> {
    let object = &a_type.object;
    let (kind, keyword) = match &a_type.kind {
        TypeKind::Derived { .. } => return None,
        TypeKind::Other if object.extension.is_none() => return None,
        TypeKind::Domain { .. } => (Kind::Domain, "DOMAIN"),
        _ => (Kind::Type, "TYPE"),
    };
    let mut entry = Entry::new(kind, object.id, object.name_ref());
    let name = entry.name.sql();
    entry.address = format!("{keyword} {name}");
    let on = format!("TYPE {name}");
    entry.acl = acl::changes(&object.acl, acl::AclTarget::Type, &object.owner, &on);
    if object.extension.is_none() {
        entry.create = create(a_type, &name, ctx);
        entry.drop = Some(format!("DROP {}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.comments = comments(a_type, &entry.address, &name, ctx);
    }
    Some(entry)
}

/// Privileges on the row type of a table or view: they belong to the entry of that relation.
pub fn row_type_acl(row_type: u32, ctx: &Context<'_>) -> Vec<crate::toc::AclChange> {
    let id = CatalogId { class: class::TYPE, oid: row_type };
    let found = ctx.catalog.types.binary_search_by_key(&id, |a_type| a_type.object.id);
    let Ok(at) = found else { return Vec::new() };
    let object = &ctx.catalog.types[at].object;
    let on = format!("TYPE {}", object.name_ref().sql());
    acl::changes(&object.acl, acl::AclTarget::Type, &object.owner, &on)
}

fn create(a_type: &Type, name: &str, ctx: &Context<'_>) -> Vec<String> {
    match &a_type.kind {
        TypeKind::Enum(labels) => {
            let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
            vec![format!("CREATE TYPE {name} AS ENUM ({})", list(&labels))]
        }
        TypeKind::Composite { attributes, .. } => {
            let attributes: Vec<String> = attributes.iter().map(attribute).collect();
            vec![format!("CREATE TYPE {name} AS ({})", list(&attributes))]
        }
        TypeKind::Range { parts } => {
            vec![format!("CREATE TYPE {name} AS RANGE ({})", list(parts))]
        }
        TypeKind::Domain { .. } => vec![domain(a_type, name, ctx)],
        TypeKind::Derived { .. } | TypeKind::Other => Vec::new(),
    }
}

/// Elements one to a line.
fn list(elements: &[String]) -> String {
    if elements.is_empty() {
        String::new()
    } else {
        format!("\n    {}\n", elements.join(",\n    "))
    }
}

fn attribute(attribute: &CompositeAttribute) -> String {
    let mut sql = format!("{} {}", ident(&attribute.name), attribute.type_name);
    if let Some(collation) = &attribute.collation {
        sql += &format!(" COLLATE {collation}");
    }
    sql
}

fn domain(a_type: &Type, name: &str, ctx: &Context<'_>) -> String {
    let TypeKind::Domain { base, collation, not_null, default, constraints } = &a_type.kind else {
        return String::new();
    };
    let mut sql = format!("CREATE DOMAIN {name} AS {base}");
    if let Some(collation) = collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(default) = default {
        sql += &format!("\n    DEFAULT {default}");
    }
    if *not_null {
        sql += "\n    NOT NULL";
    }
    for constraint in constraints.iter().filter(|constraint| !is_separate(constraint, ctx)) {
        sql += &format!("\n    {}", constraint_sql(constraint));
    }
    sql
}

fn constraint_sql(constraint: &DomainConstraint) -> String {
    format!("CONSTRAINT {} {}", ident(&constraint.name), constraint.definition)
}

fn constraint_id(constraint: &DomainConstraint) -> CatalogId {
    CatalogId { class: class::CONSTRAINT, oid: constraint.oid }
}

/// Whether the constraint has an entry of its own, [`constraint_entry`].
pub fn is_separate(constraint: &DomainConstraint, ctx: &Context<'_>) -> bool {
    !constraint.validated || ctx.repairs.separate.contains(&constraint_id(constraint))
}

/// The entry of a constraint that does not stand inside its domain.
pub fn constraint_entry(a_type: &Type, constraint: &DomainConstraint, ctx: &Context<'_>) -> Entry {
    let domain = a_type.object.name_ref();
    let name = crate::toc::Ref { schema: domain.schema.clone(), name: constraint.name.clone() };
    let mut entry = Entry::new(Kind::CheckConstraint, constraint_id(constraint), name);
    let alter = format!("ALTER DOMAIN {}", domain.sql());
    entry.create = vec![format!("{alter} ADD {}", constraint_sql(constraint))];
    entry.drop = Some(format!("{alter} DROP CONSTRAINT {}", ident(&constraint.name)));
    entry.comments.extend(constraint_comment(constraint, &domain.sql(), ctx));
    entry.on = Some(domain);
    entry
}

fn constraint_comment(
    constraint: &DomainConstraint,
    domain: &str,
    ctx: &Context<'_>,
) -> Option<Comment> {
    let address = format!("CONSTRAINT {} ON DOMAIN {domain}", ident(&constraint.name));
    comment::of_object(constraint_id(constraint), &address, ctx)
}

/// On the type, on the attributes of a composite, on the constraints inside a domain.
fn comments(a_type: &Type, address: &str, name: &str, ctx: &Context<'_>) -> Vec<Comment> {
    let mut comments = Vec::new();
    comments.extend(comment::of_object(a_type.object.id, address, ctx));
    match &a_type.kind {
        TypeKind::Composite { class_oid, attributes } => {
            let id = CatalogId { class: class::CLASS, oid: *class_oid };
            let columns = attributes.iter().map(|column| (column.number, column.name.as_str()));
            comments.extend(comment::of_columns(id, name, columns, ctx));
        }
        TypeKind::Domain { constraints, .. } => {
            let inside = constraints.iter().filter(|constraint| !is_separate(constraint, ctx));
            comments.extend(inside.filter_map(|inside| constraint_comment(inside, name, ctx)));
        }
        _ => {}
    }
    comments
}
