//! Views and materialized views.

use std::collections::{HashMap, HashSet};

use super::attach::synthetic;
use super::{Context, option, table};
use crate::catalog::model::{RelKind, Relation, class};
use crate::connect::quote::ident;
use crate::toc::{CatalogId, Entry, Kind};

/// The entry of a view or materialized view; none for other relations.
///
/// A view that takes part in a loop is made with a stand-in query of the same columns; the entry of its
/// `_RETURN` rule ([`super::rule`]) puts the real one in its place.
pub fn entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    let (kind, keyword) = match relation.kind {
        RelKind::View => (Kind::View, "VIEW"),
        RelKind::MaterializedView => (Kind::MaterializedView, "MATERIALIZED VIEW"),
        _ => return None,
    };
    let mut entry = table::base(relation, kind, keyword, ctx);
    if relation.object.extension.is_some() {
        return Some(entry);
    }
    if ctx.repairs.dummy_views.contains(&relation.object.id) {
        entry.create.push(stand_in(relation));
    } else if kind == Kind::View {
        entry.create.push(create(relation, "CREATE VIEW")?);
    } else {
        let sql = create(relation, "CREATE MATERIALIZED VIEW")?;
        entry.create.push(format!("{sql}\n WITH NO DATA"));
        entry.create.extend(table::settings(relation));
    }
    Some(entry)
}

/// `verb` is `CREATE VIEW`, `CREATE OR REPLACE VIEW` or `CREATE MATERIALIZED VIEW`.
pub(super) fn create(relation: &Relation, verb: &str) -> Option<String> {
    let mut sql = format!("{verb} {}", relation.object.name_ref().sql());
    if !relation.options.is_empty() {
        sql.push_str(&format!(" {}", option::with(&relation.options)));
    }
    sql.push_str(&format!(" AS\n{}", relation.query.as_deref()?));
    if let Some(check) = &relation.check_option {
        sql.push_str(&format!("\n WITH {check} CHECK OPTION"));
    }
    Some(sql)
}

fn stand_in(relation: &Relation) -> String {
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| {
            let collate = column.collation.as_ref().map(|name| format!(" COLLATE {name}"));
            let collate = collate.unwrap_or_default();
            format!("\n    NULL::{}{collate} AS {}", column.type_name, ident(&column.name))
        })
        .collect();
    format!("CREATE VIEW {} AS\nSELECT{}", relation.object.name_ref().sql(), columns.join(","))
}

/// The entries that fill the materialized views. Left empty is one that was empty on the source, and
/// one that reads such a one, through views or not: the server would refuse to fill it.
pub fn data_entries(ctx: &Context<'_>) -> Vec<Entry> {
    let reads = reads(ctx);
    let mut known = HashMap::new();
    let materialized = |relation: &&Relation| relation.kind == RelKind::MaterializedView;
    let relations = ctx.catalog.relations.iter().filter(materialized);
    let fillable = relations.filter(|relation| relation.object.extension.is_none());
    fillable
        .filter(|relation| can_be_read(relation.object.id.oid, &reads, &mut known, ctx))
        .map(data_entry)
        .collect()
}

fn data_entry(relation: &Relation) -> Entry {
    let (id, name) = (synthetic(relation.object.id), relation.object.name_ref());
    let mut entry = Entry::new(Kind::MaterializedViewData, id, name.clone());
    entry.create.push(format!("REFRESH MATERIALIZED VIEW {}", name.sql()));
    entry.on = Some(name);
    entry
}

/// By view: the relations its query reads.
fn reads(ctx: &Context<'_>) -> HashMap<u32, Vec<u32>> {
    let query = ctx.catalog.rules.iter().filter(|rule| rule.is_view_query);
    let views: HashMap<CatalogId, u32> = query.map(|rule| (rule.id, rule.relation)).collect();
    let mut reads: HashMap<u32, Vec<u32>> = HashMap::new();
    for depend in &ctx.catalog.depends {
        if let (Some(&view), class::CLASS) = (views.get(&depend.of), depend.on.class) {
            reads.entry(view).or_default().push(depend.on.oid);
        }
    }
    reads
}

/// Whether a query on the relation works once everything that can be filled is. `known` holds what was
/// found out; while a relation is being looked at it counts as readable, so a loop ends.
fn can_be_read(
    oid: u32,
    reads: &HashMap<u32, Vec<u32>>,
    known: &mut HashMap<u32, bool>,
    ctx: &Context<'_>,
) -> bool {
    if let Some(&answer) = known.get(&oid) {
        return answer;
    }
    known.insert(oid, true);
    let empty = ctx
        .catalog
        .relation(oid)
        .is_some_and(|relation| relation.kind == RelKind::MaterializedView && !relation.populated);
    let below: HashSet<u32> = reads.get(&oid).into_iter().flatten().copied().collect();
    let answer = !empty && below.into_iter().all(|oid| can_be_read(oid, reads, known, ctx));
    known.insert(oid, answer);
    answer
}
