//! Enums, domains, composites, ranges, base types and shells.

use super::attach::synthetic;
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
    if let TypeKind::Range { constructors, .. } = &a_type.kind {
        entry.acl.extend(constructors.iter().flat_map(|function| {
            let on = format!("FUNCTION {}", function.name);
            acl::changes(&function.acl, acl::AclTarget::Function, &function.owner, &on)
        }));
    }
    if object.extension.is_none() {
        entry.create = create(a_type, &name, ctx);
        // Its functions need a base type as much as it needs them.
        let cascade = if a_type.has_shell() { " CASCADE" } else { "" };
        entry.drop = Some(format!("DROP {}{cascade}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.comments = comments(a_type, &entry.address, &name, ctx);
    }
    Some(entry)
}

/// The entry that announces a type to the functions it needs; none where nothing needs that.
pub fn shell_entry(a_type: &Type, ctx: &Context<'_>) -> Option<Entry> {
    let object = &a_type.object;
    if !ctx.repairs.shells.contains(&object.id) {
        return None;
    }
    let mut entry = Entry::new(Kind::ShellType, object.id, object.name_ref());
    entry.create = vec![format!("CREATE TYPE {}", entry.name.sql())];
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
        TypeKind::Range { parts, .. } => {
            vec![format!("CREATE TYPE {name} AS RANGE ({})", list(parts))]
        }
        TypeKind::Base { clauses } => vec![format!("CREATE TYPE {name} ({})", list(clauses))],
        TypeKind::Shell => vec![format!("CREATE TYPE {name}")],
        TypeKind::Domain { lost_default, .. } => {
            let mut create = vec![domain(a_type, name, ctx)];
            if *lost_default {
                create.push(format!("ALTER DOMAIN {name} DROP DEFAULT"));
            }
            create
        }
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
    let TypeKind::Domain { base, collation, not_null, default, constraints, .. } = &a_type.kind
    else {
        return String::new();
    };
    let mut sql = format!("CREATE DOMAIN {name} AS {base}");
    if let Some(collation) = collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(default) = default
        && !ctx.repairs.separate.contains(&a_type.object.id)
    {
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

/// The entry of a default that its domain cannot be made with.
pub fn default_entry(a_type: &Type) -> Option<Entry> {
    let TypeKind::Domain { default: Some(default), .. } = &a_type.kind else { return None };
    let domain = a_type.object.name_ref();
    let mut entry = Entry::new(Kind::Default, synthetic(a_type.object.id), domain.clone());
    let alter = format!("ALTER DOMAIN {}", domain.sql());
    entry.create = vec![format!("{alter} SET DEFAULT {default}")];
    entry.drop = Some(format!("{alter} DROP DEFAULT"));
    entry.on = Some(domain);
    Some(entry)
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
        TypeKind::Range { parts, .. } => {
            comments.extend(multirange_comment(a_type.object.id, parts, ctx));
        }
        _ => {}
    }
    comments
}

/// The comment on the multirange that comes with a range; the range's array type comes with it, too.
fn multirange_comment(range: CatalogId, parts: &[String], ctx: &Context<'_>) -> Option<Comment> {
    let derived = |a_type: &&Type| matches!(a_type.kind, TypeKind::Derived { of } if of == range);
    ctx.catalog.types.iter().filter(derived).find_map(|a_type| {
        let name = a_type.object.name_ref().sql();
        let is_multirange = parts.contains(&format!("multirange_type_name = {name}"));
        let address = format!("TYPE {name}");
        is_multirange.then(|| comment::of_object(a_type.object.id, &address, ctx)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::Object;
    use crate::order::Repairs;
    use crate::toc::Section;

    fn named(kind: TypeKind) -> Type {
        let id = CatalogId { class: class::TYPE, oid: 1 };
        let object =
            Object { id, schema: Some("s".into()), name: "a\"b".into(), ..Object::default() };
        Type { object, kind }
    }

    fn made(a_type: &Type, repairs: &Repairs) -> Vec<String> {
        let ctx = Context { catalog: &Catalog::default(), repairs };
        entry(a_type, &ctx).map(|entry| entry.create).unwrap_or_default()
    }

    fn check(oid: u32, validated: bool) -> DomainConstraint {
        DomainConstraint {
            oid,
            name: format!("k{oid}"),
            definition: "CHECK (VALUE > 0)".into(),
            kind: 'c',
            validated,
        }
    }

    fn domain() -> Type {
        named(TypeKind::Domain {
            base: "integer".into(),
            collation: Some("\"s\".\"c\"".into()),
            not_null: true,
            default: Some("5".into()),
            lost_default: false,
            constraints: vec![check(7, true), check(8, true), check(9, false)],
        })
    }

    #[test]
    fn labels_are_literals_and_there_may_be_none() {
        let labels = TypeKind::Enum(vec!["it's".into(), "b\\".into()]);
        assert_eq!(
            made(&named(labels), &Repairs::default()),
            ["CREATE TYPE \"s\".\"a\"\"b\" AS ENUM (\n    'it''s',\n    E'b\\\\'\n)"]
        );
        assert_eq!(
            made(&named(TypeKind::Enum(Vec::new())), &Repairs::default()),
            ["CREATE TYPE \"s\".\"a\"\"b\" AS ENUM ()"]
        );
    }

    #[test]
    fn a_range_is_its_parts() {
        let range = TypeKind::Range {
            parts: vec!["subtype = text".into(), "collation = c".into()],
            own_canonical: false,
            constructors: Vec::new(),
        };
        assert_eq!(
            made(&named(range), &Repairs::default()),
            ["CREATE TYPE \"s\".\"a\"\"b\" AS RANGE (\n    subtype = text,\n    collation = c\n)"]
        );
    }

    #[test]
    fn a_base_type_has_a_shell_only_where_a_loop_was_broken() {
        let base = named(TypeKind::Base { clauses: vec!["INPUT = s.i".into(), "LIKE".into()] });
        assert_eq!(
            made(&base, &Repairs::default()),
            ["CREATE TYPE \"s\".\"a\"\"b\" (\n    INPUT = s.i,\n    LIKE\n)"]
        );
        let catalog = Catalog::default();
        let mut repairs = Repairs::default();
        assert!(shell_entry(&base, &Context { catalog: &catalog, repairs: &repairs }).is_none());
        repairs.shells.insert(base.object.id);
        let shell = shell_entry(&base, &Context { catalog: &catalog, repairs: &repairs });
        let create = shell.map(|entry| (entry.create, entry.drop));
        assert_eq!(create, Some((vec!["CREATE TYPE \"s\".\"a\"\"b\"".to_owned()], None)));
    }

    #[test]
    fn a_domain_holds_the_constraints_that_need_not_be_separate() {
        let mut repairs = Repairs::default();
        repairs.separate.insert(CatalogId { class: class::CONSTRAINT, oid: 8 });
        assert_eq!(
            made(&domain(), &repairs),
            ["CREATE DOMAIN \"s\".\"a\"\"b\" AS integer COLLATE \"s\".\"c\"\n    DEFAULT 5\n    \
              NOT NULL\n    CONSTRAINT \"k7\" CHECK (VALUE > 0)"]
        );
    }

    #[test]
    fn a_separate_constraint_has_an_entry_behind_the_rows() {
        let catalog = Catalog::default();
        let ctx = Context { catalog: &catalog, repairs: &Repairs::default() };
        let entry = constraint_entry(&domain(), &check(9, false), &ctx);
        assert_eq!(entry.section, Section::PostData);
        assert_eq!(
            entry.create,
            ["ALTER DOMAIN \"s\".\"a\"\"b\" ADD CONSTRAINT \"k9\" CHECK (VALUE > 0)"]
        );
        assert_eq!(entry.label(), "CHECK CONSTRAINT k9 on s.a\"b");
    }

    #[test]
    fn what_comes_with_something_else_has_no_entry() {
        let of = CatalogId { class: class::CLASS, oid: 2 };
        let catalog = Catalog::default();
        let ctx = Context { catalog: &catalog, repairs: &Repairs::default() };
        assert!(entry(&named(TypeKind::Derived { of }), &ctx).is_none());
        assert!(entry(&named(TypeKind::Other), &ctx).is_none());
        let mut member = named(TypeKind::Other);
        member.object.extension = Some(3);
        assert_eq!(entry(&member, &ctx).map(|entry| entry.create), Some(Vec::new()));
    }
}
