//! Tables below others whose columns do not stand where `INHERITS` would put them: a parent got a column
//! later, or the table got its parents later.
//!
//! No statement moves a column, and no statement makes one inherited. So the table is made below a
//! stand-in of its parents that gets its columns in turn with the table, then put below the parents
//! themselves, and taken away from the stand-in: what it has from both stays inherited.

use super::{Context, column, table};
use crate::catalog::model::{Column, ConstraintKind, Generated, Identity, RelKind, Relation};
use crate::connect::quote::ident;
use crate::toc::Ref;

/// The statements that make the table, where it takes more than one. `create` gives that one, for the
/// columns and parents given.
pub(super) fn create(
    relation: &Relation,
    ctx: &Context<'_>,
    create: impl Fn(&[String], &[String]) -> String,
) -> Option<Vec<String>> {
    if !is_reordered(relation, ctx) || !is_movable(relation) {
        return None;
    }
    let (name, stand_in) = (relation.object.name_ref().sql(), stand_in(relation).sql());
    let mut columns = relation.columns.as_slice();
    let above = column_run(&mut columns, |column| !column.local);
    let own = column_run(&mut columns, |column| column.local);
    let inherited = |column: &Column| inherited(relation, column, ctx);
    let above: Vec<String> = above.iter().map(inherited).collect();
    let own = definitions(relation, own, ctx);
    let mut statements = vec![format!("CREATE TABLE {stand_in} ({})", above.join(", "))];
    statements.push(create(&own, std::slice::from_ref(&stand_in)));
    for column in columns {
        statements.extend(match column.local {
            true => definitions(relation, std::slice::from_ref(column), ctx)
                .iter()
                .map(|definition| format!("ALTER TABLE {name} ADD COLUMN {definition}"))
                .collect(),
            false => vec![format!("ALTER TABLE {stand_in} ADD COLUMN {}", inherited(column))],
        });
    }
    statements.extend(checks(relation, ctx, &name, &stand_in));
    let parents = relation.parent_names.iter();
    statements.extend(parents.map(|parent| format!("ALTER TABLE {name} INHERIT {}", parent.sql())));
    statements.push(format!("ALTER TABLE {name} NO INHERIT {stand_in}"));
    statements.push(format!("DROP TABLE {stand_in}"));
    Some(statements)
}

/// Whether a restore cannot put the columns where they stand.
pub fn loses_order(relation: &Relation, ctx: &Context<'_>) -> bool {
    relation.object.extension.is_none() && is_reordered(relation, ctx) && !is_movable(relation)
}

/// Whether the columns of a table stand in another order than `INHERITS` gives them, as far as the
/// parents are known.
fn is_reordered(relation: &Relation, ctx: &Context<'_>) -> bool {
    let parents: Option<Vec<&Relation>> =
        relation.parents.iter().map(|&oid| ctx.catalog.relation(oid)).collect();
    let Some(parents) = parents.filter(|parents| !parents.is_empty()) else { return false };
    let mut natural: Vec<&str> = Vec::new();
    let above = parents.iter().flat_map(|parent| &parent.columns);
    for column in above.chain(&relation.columns) {
        if !natural.contains(&column.name.as_str()) {
            natural.push(&column.name);
        }
    }
    relation.columns.iter().map(|column| column.name.as_str()).ne(natural)
}

/// A column that is computed from others, or an identity, cannot be put below a parent's like this.
fn is_movable(relation: &Relation) -> bool {
    let plain = |column: &Column| {
        column.generated == Generated::No && (column.local || column.identity == Identity::No)
    };
    relation.kind == RelKind::Table
        && relation.of_type.is_none()
        && relation.columns.iter().all(plain)
}

/// A name that nobody else has: the table's, and its number.
fn stand_in(relation: &Relation) -> Ref {
    let object = &relation.object;
    Ref { schema: object.schema.clone(), name: format!("pgx above {}", object.name) }
}

/// Takes the columns in front that are alike.
fn column_run<'c>(columns: &mut &'c [Column], alike: impl Fn(&Column) -> bool) -> &'c [Column] {
    let end = columns.iter().position(|column| !alike(column)).unwrap_or(columns.len());
    let (run, rest) = columns.split_at(end);
    *columns = rest;
    run
}

fn definitions(relation: &Relation, columns: &[Column], ctx: &Context<'_>) -> Vec<String> {
    columns.iter().filter_map(|one| column::definition(relation, one, ctx)).collect()
}

/// The column of the stand-in. Its default does not matter: the table's is set in any case.
fn inherited(relation: &Relation, column: &Column, ctx: &Context<'_>) -> String {
    let mut sql = format!("{} {}{}", ident(&column.name), column.type_name, collation(column));
    if column.not_null && !column.not_null_local {
        let name = not_null_name(relation, column, ctx);
        sql += &format!(" CONSTRAINT {} NOT NULL", ident(&name));
    }
    sql
}

/// The name of a NOT NULL from a parent. Servers before 18 have none: there it is what 18 would take.
fn not_null_name(relation: &Relation, column: &Column, ctx: &Context<'_>) -> String {
    let mut constraints = ctx.catalog.constraints_of(relation.object.id.oid).iter();
    let its = constraints.find(|constraint| {
        constraint.kind == ConstraintKind::NotNull && constraint.column == Some(column.number)
    });
    let mut parents = relation.parents.iter().filter_map(|&oid| ctx.catalog.relation(oid));
    let demands = |parent: &&Relation| {
        parent.columns.iter().any(|above| above.name == column.name && above.not_null)
    };
    let of = parents.find(demands).unwrap_or(relation);
    its.map_or_else(
        || format!("{}_{}_not_null", of.object.name, column.name),
        |its| its.object.name.clone(),
    )
}

/// NOT NULLs and CHECKs, the inherited ones by way of the stand-in.
fn checks(relation: &Relation, ctx: &Context<'_>, name: &str, stand_in: &str) -> Vec<String> {
    let constraints = ctx.catalog.constraints_of(relation.object.id.oid).iter();
    let inherited = constraints.filter(|one| one.kind == ConstraintKind::Check && !one.local);
    let above = inherited.map(|check| {
        let (own, definition) = (ident(&check.object.name), &check.definition);
        format!("ALTER TABLE {stand_in} ADD CONSTRAINT {own} {definition}")
    });
    let columns = relation.columns.iter();
    let not_nulls = columns.filter_map(|one| column::inherited_not_null(relation, one));
    let own = not_nulls.chain(table::checks(relation, ctx));
    let columns = relation.columns.iter().filter(|one| one.local);
    let demanded = columns.filter(|one| one.not_null && !one.not_null_local);
    let above = demanded.flat_map(|one| demanded_above(relation, one, ctx)).chain(above);
    above.chain(own.map(|check| format!("ALTER TABLE {name} ADD {check}"))).collect()
}

/// Makes a column of the table's own NOT NULL because a parent's is: as a constraint from 18 on, which is
/// inherited, and before as a flag.
fn demanded_above(relation: &Relation, column: &Column, ctx: &Context<'_>) -> Vec<String> {
    let name = ident(&column.name);
    if ctx.catalog.version < 180_000 {
        let table = relation.object.name_ref().sql();
        return vec![format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")];
    }
    let alter = format!("ALTER TABLE {} ADD", stand_in(relation).sql());
    let constraint = ident(&not_null_name(relation, column, ctx));
    vec![
        format!("{alter} COLUMN {name} {}{}", column.type_name, collation(column)),
        format!("{alter} CONSTRAINT {constraint} NOT NULL {name}"),
    ]
}

fn collation(column: &Column) -> String {
    column.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default()
}
