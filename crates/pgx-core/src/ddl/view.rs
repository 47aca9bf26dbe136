//! Views and materialized views.

use std::collections::HashSet;

use super::attach::synthetic;
use super::{Context, extension, option, table};
use crate::catalog::model::{RelKind, Relation, class};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, Section};

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

/// The entry that fills a materialized view. None for one that was empty on the source, and for one
/// that reads such a one, through views or not: the server would refuse to fill it.
pub fn data_entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    let filled = relation.kind == RelKind::MaterializedView
        && relation.object.extension.is_none()
        && can_be_read(relation.object.id.oid, &mut HashSet::new(), ctx);
    if !filled {
        return None;
    }
    let (id, name) = (synthetic(relation.object.id), relation.object.name_ref());
    let mut entry = Entry::new(Kind::MaterializedViewData, id, name.clone());
    entry.create.push(format!("REFRESH MATERIALIZED VIEW {}", name.sql()));
    entry.on = Some(name);
    Some(entry)
}

/// Whether no materialized view at or below `oid` is empty. `seen` ends loops and saves second
/// looks.
fn can_be_read(oid: u32, seen: &mut HashSet<u32>, ctx: &Context<'_>) -> bool {
    if !seen.insert(oid) {
        return true;
    }
    let Some(relation) = ctx.catalog.relation(oid).filter(|relation| relation.has_query()) else {
        return true;
    };
    if relation.kind == RelKind::MaterializedView && !relation.populated {
        return false;
    }
    let queries = ctx.catalog.rules_of(oid).iter().filter(|rule| rule.is_view_query);
    let mut reads = queries.flat_map(|rule| ctx.catalog.depends_of(rule.id));
    reads.all(|depend| depend.on.class != class::CLASS || can_be_read(depend.on.oid, seen, ctx))
}
