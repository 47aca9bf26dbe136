//! Indexes that belong to no constraint, and what is set on any index.

use super::{Context, comment, extension};
use crate::catalog::model::{Index, Relation};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of an index; none for the index of a constraint, which the constraint makes.
pub fn entry(index: &Index, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(index.relation)?;
    if index.constraint.is_some() {
        return None;
    }
    let object = &index.object;
    let name = object.name_ref().sql();
    let mut entry = Entry::new(Kind::Index, object.id, object.name_ref());
    entry.address = format!("INDEX {name}");
    entry.tablespace = index.tablespace.clone();
    entry.create.push(index.definition.clone());
    entry.create.extend(settings(index, table, ctx));
    // A part of a partitioned index goes with the whole.
    entry.drop = index.parent.is_none().then(|| format!("DROP INDEX {name}"));
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry.on = Some(table.object.name_ref());
    Some(entry)
}

/// The statements that follow the creation of an index, be it by itself or by its constraint.
pub(super) fn settings(index: &Index, table: &Relation, ctx: &Context<'_>) -> Vec<String> {
    let name = ident(&index.object.name);
    let qualified = index.object.name_ref().sql();
    let table = table.object.name_ref().sql();
    let mut statements = Vec::new();
    for (column, target) in &index.statistics {
        statements
            .push(format!("ALTER INDEX {qualified} ALTER COLUMN {column} SET STATISTICS {target}"));
    }
    if index.clustered {
        statements.push(format!("ALTER TABLE {table} CLUSTER ON {name}"));
    }
    if index.replica_identity {
        statements.push(format!("ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {name}"));
    }
    let address = format!("INDEX {qualified}");
    statements.extend(extension::depends_on(index.object.id, &address, ctx));
    statements
}
