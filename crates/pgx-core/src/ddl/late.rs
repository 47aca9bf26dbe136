//! Columns that are added to their table once a function is there that a generated one calls: that one
//! and all behind it, so that they keep their order.

use super::{Context, column, comment, default, table};
use crate::catalog::model::{Column, ColumnDefault, Relation};
use crate::toc::Entry;

/// The number of the first late column; past all columns where there is none.
pub(super) fn first(relation: &Relation, ctx: &Context<'_>) -> i32 {
    starts(relation, ctx).next().unwrap_or(i32::MAX)
}

/// Where the late columns begin, and begin again, by number.
fn starts<'c>(relation: &'c Relation, ctx: &Context<'c>) -> impl Iterator<Item = i32> + use<'c> {
    let separate = &ctx.repairs.separate;
    let defaults = ctx.catalog.defaults_of(relation.object.id.oid).iter();
    defaults
        .filter(|default| separate.contains(&default.id) && relation.generates(default.number))
        .map(|default| default.number)
}

/// Completes the entry of a generation expression that is late: it adds its column and those up to the
/// next late expression, and at the end the CHECKs, which may be about any of them.
pub(super) fn add(
    entry: &mut Entry,
    relation: &Relation,
    default: &ColumnDefault,
    ctx: &Context<'_>,
) {
    let next = starts(relation, ctx).find(|&start| start > default.number);
    let here = default.number..next.unwrap_or(i32::MAX);
    let columns: Vec<&Column> =
        relation.columns.iter().filter(|column| here.contains(&column.number)).collect();
    let name = relation.object.name_ref().sql();
    let alter = format!("ALTER TABLE {name} ADD");
    let definitions = columns.iter().filter_map(|one| column::definition(relation, one, ctx));
    entry.create.extend(definitions.map(|definition| format!("{alter} COLUMN {definition}")));
    if next.is_none() {
        let checks = table::checks(relation, ctx);
        entry.create.extend(checks.iter().map(|check| format!("{alter} {check}")));
    }
    entry.create.extend(columns.iter().flat_map(|one| column::settings(relation, one, ctx)));
    entry.toast_compression = table::toast_compression(relation, columns.iter().copied());
    let numbered = columns.iter().map(|column| (column.number, column.name.as_str()));
    entry.comments.extend(comment::of_columns(relation.object.id, &name, numbered, ctx));
    if next.is_none() {
        entry.comments.extend(table::constraint_comments(relation, ctx));
    }
}

/// Whether the expression is one of these.
pub(super) fn is(relation: &Relation, default: &ColumnDefault, ctx: &Context<'_>) -> bool {
    relation.generates(default.number) && default::is_separate(default, ctx)
}
