//! Column defaults and generation expressions: inside `CREATE TABLE`, or as entries of their own.

use super::{Context, column, late};
use crate::catalog::model::{Column, ColumnDefault, Generated, Relation};
use crate::toc::{Entry, Kind, Ref};

/// The clause in the definition of a column.
pub(super) fn clause(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Option<String> {
    let default = ctx.catalog.default_of(relation.object.id.oid, column.number)?;
    if column.generated == Generated::No {
        let inline = !is_separate(default, ctx);
        return inline.then(|| format!("DEFAULT {}", default.expression));
    }
    if comes_from_parents(relation, column, default, ctx) {
        return None;
    }
    Some(column::generated(column.generated, &default.expression))
}

/// Whether a default gets an entry of its own: a view's always, and what `order/` took out of its
/// table.
pub fn is_separate(default: &ColumnDefault, ctx: &Context<'_>) -> bool {
    let relation = ctx.catalog.relation(default.relation);
    relation.is_some_and(Relation::has_query) || ctx.repairs.separate.contains(&default.id)
}

/// The statement that sets a default or expression after the column exists; none where the column
/// has it from its parents.
pub(super) fn set(
    relation: &Relation,
    column: &Column,
    default: &ColumnDefault,
    ctx: &Context<'_>,
) -> Option<String> {
    let action = match column.generated {
        Generated::No => format!("SET DEFAULT {}", default.expression),
        _ if comes_from_parents(relation, column, default, ctx) => return None,
        _ => format!("SET EXPRESSION AS ({})", default.expression),
    };
    Some(format!("{} {action}", column::alter(relation, column)))
}

/// A generation expression is inherited with the column. Up to 15 repeating it is an error. A
/// partition is made by itself, so it has none to inherit from.
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

/// The entry of a default that has one of its own.
pub fn entry(default: &ColumnDefault, ctx: &Context<'_>) -> Option<Entry> {
    let relation = ctx.catalog.relation(default.relation)?;
    let column = relation.column(default.number)?;
    if !is_separate(default, ctx) || relation.object.extension.is_some() {
        return None;
    }
    let table = relation.object.name_ref();
    let name = Ref { schema: table.schema.clone(), name: column.name.clone() };
    let mut entry = Entry::new(Kind::Default, default.id, name);
    if late::is(relation, default, ctx) {
        late::add(&mut entry, relation, default, ctx);
        entry.on = Some(table);
        return Some(entry);
    }
    entry.create.push(set(relation, column, default, ctx)?);
    entry.drop = Some(format!("{} DROP DEFAULT", column::alter(relation, column)));
    entry.on = Some(table);
    Some(entry)
}
