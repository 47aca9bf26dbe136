//! Column defaults and generation expressions: inside `CREATE TABLE`, or as entries of their own.

use super::{Context, column};
use crate::catalog::model::{Column, ColumnDefault, Generated, Relation};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, Ref};

/// The clause of a column inside `CREATE TABLE`.
///
/// A generation expression that needs the table itself cannot stand there. The column is then made with
/// NULL for an expression, so that it is a generated one from the start, and gets its own afterwards.
pub(super) fn clause(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Option<String> {
    let default = ctx.catalog.default_of(relation.object.id.oid, column.number)?;
    if column.generated == Generated::No {
        let inline = !separate(default, ctx);
        return inline.then(|| format!("DEFAULT {}", default.expression));
    }
    if comes_from_parents(relation, column, default, ctx) {
        return None;
    }
    let postponed = ctx.repairs.separate.contains(&default.id);
    let expression = if postponed { "NULL" } else { &default.expression };
    Some(column::generated(column.generated, expression))
}

/// Whether a default gets an entry of its own: where it has no place in its table, and where `order/`
/// took it out.
pub fn separate(default: &ColumnDefault, ctx: &Context<'_>) -> bool {
    let has_place = ctx
        .catalog
        .relation(default.relation)
        .is_some_and(|relation| relation.has_place_for_default(default.number));
    !has_place || ctx.repairs.separate.contains(&default.id)
}

/// A generation expression is inherited with the column. Up to 15 repeating it is an error. A partition
/// is made by itself, so it has none to inherit from.
fn comes_from_parents(
    relation: &Relation,
    column: &Column,
    default: &ColumnDefault,
    ctx: &Context<'_>,
) -> bool {
    let parents = relation.parents.iter().filter_map(|&oid| ctx.catalog.relation(oid));
    let mut same = false;
    for parent in parents {
        let inherited = parent.columns.iter().find(|candidate| candidate.name == column.name);
        let Some(inherited) = inherited.filter(|parent| parent.generated != Generated::No) else {
            continue;
        };
        let theirs = ctx.catalog.default_of(parent.object.id.oid, inherited.number);
        if theirs.is_none_or(|theirs| theirs.expression != default.expression) {
            return false;
        }
        same = true;
    }
    same
}

/// The entry of a default that has one; none for a default that stands in its table, and for a
/// generation expression that comes with its column from the parents.
pub fn entry(default: &ColumnDefault, ctx: &Context<'_>) -> Option<Entry> {
    let relation = ctx.catalog.relation(default.relation)?;
    let column = relation.column(default.number)?;
    if !separate(default, ctx) {
        return None;
    }
    let action = match column.generated {
        Generated::No => format!("SET DEFAULT {}", default.expression),
        _ if comes_from_parents(relation, column, default, ctx) => return None,
        _ => format!("SET EXPRESSION AS ({})", default.expression),
    };
    let table = relation.object.name_ref();
    let alter = format!("ALTER TABLE ONLY {} ALTER COLUMN {}", table.sql(), ident(&column.name));
    let name = Ref { schema: table.schema.clone(), name: column.name.clone() };
    let mut entry = Entry::new(Kind::Default, default.id, name);
    entry.create.push(format!("{alter} {action}"));
    if column.generated == Generated::No {
        entry.drop = Some(format!("{alter} DROP DEFAULT"));
    }
    entry.on = Some(table);
    Some(entry)
}
