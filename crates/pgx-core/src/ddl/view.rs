//! Views and materialized views.

use std::collections::HashSet;

use super::attach::synthetic;
use super::{Context, extension, option, table};
use crate::catalog::model::{RelKind, Relation, class};
use crate::connect::quote::{dollar, ident, literal};
use crate::toc::{Entry, Kind, Ref, Section};

/// The entry of a view or materialized view; none for other relations.
///
/// A view that takes part in a loop is made with a stand-in query of the same columns; the entry of
/// its `_RETURN` rule ([`super::rule`]) puts the real one in its place.
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
        entry.create.extend(table::settings(relation, ctx));
        entry.toast_compression = table::toast_compression(relation, relation.columns.iter());
        let address = entry.address.clone();
        entry.create.extend(extension::depends_on(relation.object.id, &address, ctx));
        if ctx.repairs.postponed.contains(&relation.object.id) {
            entry.section = Section::PostData;
        }
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

/// The entry that fills a materialized view; none for one that was empty on the source. What it reads, by
/// way of views or not, may have been emptied since: that is filled for as long as it takes.
pub fn data_entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    if relation.kind != RelKind::MaterializedView || relation.object.extension.is_some() {
        return None;
    }
    let (id, name) = (synthetic(relation.object.id), relation.object.name_ref());
    let mut entry = Entry::new(Kind::MaterializedViewData, id, name.clone());
    let mut empty = Vec::new();
    emptied(relation.object.id.oid, &mut HashSet::new(), &mut empty, ctx);
    entry.create.push(match empty.as_slice() {
        [] => format!("REFRESH MATERIALIZED VIEW {}", name.sql()),
        _ => fill_above(&name, &empty),
    });
    entry.on = Some(name);
    Some(entry)
}

/// Adds to `empty` the materialized views below `oid` that are empty, each behind those it reads itself.
/// `seen` ends loops and saves second looks.
fn emptied(oid: u32, seen: &mut HashSet<u32>, empty: &mut Vec<Ref>, ctx: &Context<'_>) {
    let queries = ctx.catalog.rules_of(oid).iter().filter(|rule| rule.is_view_query);
    for depend in queries.flat_map(|rule| ctx.catalog.depends_of(rule.id)) {
        let below = ctx.catalog.relation(depend.on.oid).filter(|_| depend.on.class == class::CLASS);
        let filled = |view: &&Relation| view.kind == RelKind::MaterializedView && view.populated;
        let Some(below) = below.filter(|view| view.has_query() && !filled(view)) else { continue };
        if seen.insert(depend.on.oid) {
            emptied(depend.on.oid, seen, empty, ctx);
            if below.kind == RelKind::MaterializedView {
                empty.push(below.object.name_ref());
            }
        }
    }
}

/// Fills what is empty, then the view, and empties again what was.
fn fill_above(view: &Ref, empty: &[Ref]) -> String {
    let names: Vec<String> = empty.iter().map(|name| literal(&name.sql())).collect();
    let body = format!(
        "DECLARE name pg_catalog.text; filled pg_catalog.text[] := '{{}}'; BEGIN \
         FOREACH name IN ARRAY ARRAY[{}]::pg_catalog.text[] LOOP \
         IF NOT (SELECT c.relispopulated FROM pg_catalog.pg_class c \
         WHERE c.oid = name::pg_catalog.regclass) THEN \
         EXECUTE 'REFRESH MATERIALIZED VIEW ' OPERATOR(pg_catalog.||) name; \
         filled := pg_catalog.array_append(filled, name); END IF; END LOOP; \
         REFRESH MATERIALIZED VIEW {}; \
         FOREACH name IN ARRAY filled LOOP EXECUTE 'REFRESH MATERIALIZED VIEW ' \
         OPERATOR(pg_catalog.||) name OPERATOR(pg_catalog.||) ' WITH NO DATA'; END LOOP; END",
        names.join(", "),
        view.sql(),
    );
    format!("DO LANGUAGE plpgsql {}", dollar(&body))
}
