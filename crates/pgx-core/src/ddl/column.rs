//! Columns inside `CREATE TABLE`, and the statements that set what cannot stand there.

use super::Context;
use super::default;
use super::foreign;
use super::option;
use crate::catalog::model::{Column, Generated, RelKind, Relation};
use crate::connect::quote::ident;

/// The definition of a column as `CREATE TABLE` lists it; none for a column that comes from a
/// parent, or wholly from the type of a typed table.
pub(super) fn definition(
    relation: &Relation,
    column: &Column,
    ctx: &Context<'_>,
) -> Option<String> {
    if !relation.lists(column) {
        return None;
    }
    let mut parts = vec![ident(&column.name)];
    let own = own_clauses(relation, column, ctx);
    if relation.of_type.is_none() {
        parts.push(column.type_name.clone());
        parts.extend(foreign_compression(relation, column));
        parts.extend(column.collation.as_ref().map(|collation| format!("COLLATE {collation}")));
    } else if own.is_empty() {
        return None;
    } else {
        parts.push("WITH OPTIONS".to_owned());
    }
    parts.extend(own);
    Some(parts.join(" "))
}

/// A foreign table's column gets it when it is made, or never: ALTER refuses.
fn foreign_compression(relation: &Relation, column: &Column) -> Option<String> {
    let how = column.compression.filter(|_| relation.kind == RelKind::Foreign)?;
    compression(how).filter(|_| how != 'd').map(|how| format!("COMPRESSION {how}"))
}

fn own_clauses(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    clauses.extend(default::clause(relation, column, ctx));
    if column.not_null_local {
        clauses.push(not_null(column, ""));
    }
    clauses
}

/// `[CONSTRAINT name] NOT NULL [column] [NO INHERIT]`
fn not_null(column: &Column, of: &str) -> String {
    let name = column.not_null_name.as_deref();
    let name = name.map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
    let no_inherit = if column.not_null_no_inherit { " NO INHERIT" } else { "" };
    format!("{name}NOT NULL{of}{no_inherit}")
}

/// A NOT NULL of its own on a column that comes from a parent, as a table constraint. Servers
/// before 18 do not have these: there [`settings`] sets the flag. Only what the flag cannot say is
/// put so.
pub(super) fn inherited_not_null(relation: &Relation, column: &Column) -> Option<String> {
    let spelled = column.not_null_name.is_some() || column.not_null_no_inherit;
    let own = column.not_null_local && !relation.lists(column);
    (own && spelled).then(|| not_null(column, &format!(" {}", ident(&column.name))))
}

/// The statements that follow the creation of the table or materialized view for a column.
pub(super) fn settings(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Vec<String> {
    let mut actions = Vec::new();
    let own = column.not_null_local && !relation.lists(column);
    if own && inherited_not_null(relation, column).is_none() {
        actions.push("SET NOT NULL".to_owned());
    }
    if column.loses_default {
        actions.push("DROP DEFAULT".to_owned());
    }
    if let Some(target) = column.statistics {
        actions.push(format!("SET STATISTICS {target}"));
    }
    actions.extend(column.storage.and_then(storage).map(|kind| format!("SET STORAGE {kind}")));
    if !column.options.is_empty() {
        actions.push(format!("SET ({})", option::list(&column.options)));
    }
    if !column.foreign_options.is_empty() {
        actions.push(foreign::options(&column.foreign_options).trim_start().to_owned());
    }
    let alter = alter(relation, column);
    let actions = actions.into_iter().map(|action| format!("{alter} {action}"));
    actions.chain(default_of_inherited(relation, column, ctx)).collect()
}

/// The statement that says how the column is compressed out of line.
pub(super) fn toast_compression(relation: &Relation, column: &Column) -> Option<String> {
    let how = column.compression.filter(|_| relation.kind != RelKind::Foreign)?;
    Some(format!("{} SET COMPRESSION {}", alter(relation, column), compression(how)?))
}

/// A default that a column from a parent does not share with the parent.
fn default_of_inherited(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Option<String> {
    let default = ctx.catalog.default_of(relation.object.id.oid, column.number)?;
    let here = !relation.lists(column) && !default::is_separate(default, ctx);
    here.then(|| default::set(relation, column, default, ctx)).flatten()
}

/// The beginning of a statement on one column, of this table and not of those below it.
pub(super) fn alter(relation: &Relation, column: &Column) -> String {
    let table = relation.object.name_ref().sql();
    format!("ALTER TABLE ONLY {table} ALTER COLUMN {}", ident(&column.name))
}

fn storage(letter: char) -> Option<&'static str> {
    Some(match letter {
        'p' => "PLAIN",
        'e' => "EXTERNAL",
        'm' => "MAIN",
        'x' => "EXTENDED",
        _ => return None,
    })
}

fn compression(letter: char) -> Option<&'static str> {
    Some(match letter {
        'p' => "pglz",
        'l' => "lz4",
        'd' => "DEFAULT",
        _ => return None,
    })
}

/// `GENERATED ALWAYS AS (…)`. Servers before 18 know stored ones only, so the keyword is never left
/// out for those.
pub(super) fn generated(kind: Generated, expression: &str) -> String {
    let stored = if kind == Generated::Stored { " STORED" } else { "" };
    format!("GENERATED ALWAYS AS ({expression}){stored}")
}
