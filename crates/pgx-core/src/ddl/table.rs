//! Tables, partitioned tables, foreign tables.

use super::acl::{self, AclTarget};
use super::{Context, ancestry, column, comment, foreign, late, option, types};
use crate::catalog::model::{Column, Constraint, ConstraintKind, RelKind, Relation};
use crate::connect::quote::ident;
use crate::toc::{AclChange, Comment, Entry, Kind, Ref};

/// The entry of a table, partitioned table or foreign table; none for other relations.
///
/// A partition is made by itself, with all its columns; [`super::attach`] makes it a partition, so
/// that its column order, tablespace and access method may differ from its parent's.
pub fn entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    let (kind, keyword) = match relation.kind {
        RelKind::Table | RelKind::Partitioned => (Kind::Table, "TABLE"),
        RelKind::Foreign => (Kind::ForeignTable, "FOREIGN TABLE"),
        RelKind::View | RelKind::MaterializedView => return None,
    };
    let mut entry = base(relation, kind, keyword, ctx);
    entry.partitioned = relation.kind == RelKind::Partitioned;
    if relation.object.extension.is_none() {
        entry.create.extend(creation(relation, ctx));
        entry.create.extend(settings(relation, ctx));
        entry.toast_compression = toast_compression(relation, early(relation, ctx));
        if late::first(relation, ctx) == i32::MAX {
            entry.comments.extend(constraint_comments(relation, ctx));
        }
    }
    Some(entry)
}

/// What tables and views share: everything but the statements that make them. A member of an
/// extension keeps its privileges only, the rest comes with the extension.
pub(super) fn base(relation: &Relation, kind: Kind, keyword: &str, ctx: &Context<'_>) -> Entry {
    let object = &relation.object;
    let name = object.name_ref().sql();
    let mut entry = Entry::new(kind, object.id, object.name_ref());
    entry.address = format!("{keyword} {name}");
    entry.acl = privileges(relation, &format!("TABLE {name}"), ctx);
    if object.extension.is_some() {
        return entry;
    }
    entry.owner = Some(object.owner.clone());
    entry.tablespace = relation.tablespace.clone();
    entry.needs.foreign = relation.foreign.as_ref().map(|foreign| foreign.server.clone());
    let partitioned = relation.kind == RelKind::Partitioned;
    let method = relation.access_method.clone();
    entry.access_method = method.filter(|method| partitioned || method != "heap");
    entry.drop = Some(format!("DROP {keyword} {name}"));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    let columns = early(relation, ctx).map(|column| (column.number, column.name.as_str()));
    entry.comments.extend(comment::of_columns(object.id, &name, columns, ctx));
    entry
}

/// The table's privileges first: a REVOKE on the table takes those on its columns along.
fn privileges(relation: &Relation, on: &str, ctx: &Context<'_>) -> Vec<AclChange> {
    let object = &relation.object;
    let target = AclTarget::table(ctx.catalog.version);
    let mut changes = acl::changes(&object.acl, target, &object.owner, on);
    let columns = relation.columns.iter().map(|column| (column.name.as_str(), &column.acl));
    let system = relation.system_columns.iter().map(|(name, acl)| (name.as_str(), acl));
    for (name, acl) in columns.chain(system) {
        changes.extend(acl::column_changes(acl, name, &object.owner, on));
    }
    changes.extend(types::row_type_acl(relation.row_type, ctx));
    changes
}

/// The statements that make the table and its columns: one, if their order allows it.
fn creation(relation: &Relation, ctx: &Context<'_>) -> Vec<String> {
    let create = |elements: &[String], parents: &[String]| create(relation, elements, parents);
    ancestry::create(relation, ctx, create).unwrap_or_else(|| {
        let parents: Vec<String> = relation.parent_names.iter().map(Ref::sql).collect();
        vec![create(&elements(relation, ctx), &parents)]
    })
}

fn create(relation: &Relation, elements: &[String], parents: &[String]) -> String {
    // Whether a partitioned table is unlogged means nothing, and 18 refuses it.
    let flavour = match relation.kind {
        RelKind::Table if relation.unlogged => "UNLOGGED ",
        RelKind::Foreign => "FOREIGN ",
        _ => "",
    };
    let mut sql = format!("CREATE {flavour}TABLE {}", relation.object.name_ref().sql());
    if let Some(of_type) = &relation.of_type {
        sql.push_str(&format!(" OF {of_type}"));
    }
    if !elements.is_empty() {
        sql.push_str(&format!(" (\n    {}\n)", elements.join(",\n    ")));
    } else if relation.of_type.is_none() {
        sql.push_str(" (\n)");
    }
    if !parents.is_empty() {
        sql.push_str(&format!("\nINHERITS ({})", parents.join(", ")));
    }
    if let Some(key) = &relation.partition_key {
        sql.push_str(&format!("\nPARTITION BY {key}"));
    }
    if !relation.options.is_empty() {
        sql.push_str(&format!("\n{}", option::with(&relation.options)));
    }
    sql.extend(relation.foreign.as_ref().map(foreign::table_clauses));
    sql
}

/// Columns and constraints between the parentheses.
fn elements(relation: &Relation, ctx: &Context<'_>) -> Vec<String> {
    let mut elements: Vec<String> = early(relation, ctx)
        .filter_map(|column| column::definition(relation, column, ctx))
        .collect();
    let columns = early(relation, ctx);
    elements.extend(columns.filter_map(|column| column::inherited_not_null(relation, column)));
    if late::first(relation, ctx) == i32::MAX {
        elements.extend(checks(relation, ctx));
    }
    elements
}

/// The columns that the table is made with.
fn early<'c>(relation: &'c Relation, ctx: &Context<'_>) -> impl Iterator<Item = &'c Column> {
    let late = late::first(relation, ctx);
    relation.columns.iter().filter(move |column| column.number < late)
}

/// The CHECKs of the table's own that are part of its definition.
pub(super) fn checks(relation: &Relation, ctx: &Context<'_>) -> Vec<String> {
    let constraints = ctx.catalog.constraints_of(relation.object.id.oid).iter();
    constraints
        .filter(|constraint| constraint.local || relation.partition.is_some())
        .filter(|constraint| is_inline_check(constraint, ctx))
        .map(|constraint| {
            format!("CONSTRAINT {} {}", ident(&constraint.object.name), constraint.definition)
        })
        .collect()
}

/// A CHECK that is part of its table's definition (or of a parent's).
fn is_inline_check(constraint: &Constraint, ctx: &Context<'_>) -> bool {
    constraint.has_place_in_table() && !ctx.repairs.separate.contains(&constraint.object.id)
}

/// Comments on the constraints that exist as soon as the table does, inherited ones included.
pub(super) fn constraint_comments(relation: &Relation, ctx: &Context<'_>) -> Vec<Comment> {
    let table = relation.object.name_ref().sql();
    let here = |constraint: &&Constraint| {
        is_inline_check(constraint, ctx)
            || constraint.kind == ConstraintKind::NotNull && constraint.validated
    };
    let of = |constraint: &Constraint| {
        let address = format!("CONSTRAINT {} ON {table}", ident(&constraint.object.name));
        comment::of_object(constraint.object.id, &address, ctx)
    };
    ctx.catalog.constraints_of(relation.object.id.oid).iter().filter(here).filter_map(of).collect()
}

/// How columns of a table or materialized view are compressed out of line.
pub(super) fn toast_compression<'c>(
    relation: &Relation,
    columns: impl Iterator<Item = &'c Column>,
) -> Vec<String> {
    columns.filter_map(|column| column::toast_compression(relation, column)).collect()
}

/// The statements that set what the creation of a table or materialized view cannot say.
pub(super) fn settings(relation: &Relation, ctx: &Context<'_>) -> Vec<String> {
    let mut statements: Vec<String> =
        early(relation, ctx).flat_map(|column| column::settings(relation, column, ctx)).collect();
    let alter = format!("ALTER TABLE ONLY {}", relation.object.name_ref().sql());
    match relation.replica_identity {
        // A foreign table has none, and can be given none.
        'n' if relation.kind == RelKind::Foreign => {}
        'n' => statements.push(format!("{alter} REPLICA IDENTITY NOTHING")),
        'f' => statements.push(format!("{alter} REPLICA IDENTITY FULL")),
        _ => {}
    }
    if relation.force_row_security {
        statements.push(format!("{alter} FORCE ROW LEVEL SECURITY"));
    }
    statements
}
