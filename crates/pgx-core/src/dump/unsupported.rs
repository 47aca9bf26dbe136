//! Objects that pgx cannot reproduce: named and refused, never left out in silence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::request::DumpRequest;
use super::wanted::{Basis, Wanted};
use crate::catalog;
use crate::catalog::model::{Unsupported, class, relation_id};
use crate::connect::Session;
use crate::ddl;
use crate::error::{Code, Error, Result};
use crate::order::{Node, NodeId};
use crate::select::Choice;
use crate::toc::CatalogId;

/// Finds the unsupported objects that belong to what is dumped. When skipping was asked for, takes
/// what depends on them out of `wanted` too, and returns what is left out.
///
/// # Errors
/// [`Code::Unsupported`] naming each, unless skipping was asked for.
pub(super) fn check(
    basis: &Basis<'_, '_>,
    wanted: &mut Wanted,
    choice: &Choice,
    request: &DumpRequest,
) -> Result<Vec<String>> {
    if !basis.parts.schema {
        return Ok(Vec::new());
    }
    let mut labels: Vec<String> = basis
        .catalog
        .unsupported
        .iter()
        .filter(|object| !is_omitted(object, request) && concerns(basis, choice, object))
        .map(|object| object.label.clone())
        .collect();
    // Tables chosen by -t come without what they need, as with pg_dump: the target has it.
    if choice.carries_needs || !choice.schemas.is_empty() {
        labels.extend(users(basis, wanted, request.skip_unsupported));
    }
    if labels.is_empty() || request.skip_unsupported {
        return Ok(labels);
    }
    Err(error(labels).hint("use --skip-unsupported to dump everything else"))
}

/// Names what the server has that pgx does not know, when going on without it was asked for.
///
/// # Errors
/// [`Code::Unsupported`] naming each, otherwise.
pub(super) fn unknown(session: &mut Session, request: &DumpRequest) -> Result<Vec<String>> {
    let names = if request.parts.schema { catalog::unknown::read(session)? } else { Vec::new() };
    if names.is_empty() || request.skip_unsupported {
        return Ok(names);
    }
    let major = session.major();
    let what = format!("the server, PostgreSQL {major}, has what this pgx does not know");
    let error = names.into_iter().fold(Error::new(Code::Unsupported, what), Error::note);
    Err(error.hint("use a newer pgx, or --skip-unsupported to dump everything else"))
}

/// Names what belongs to the choice and is not kept.
pub(super) fn unkept(
    basis: &Basis<'_, '_>,
    choice: &Choice,
    ctx: &ddl::Context<'_>,
) -> Vec<String> {
    if !basis.parts.schema {
        return Vec::new();
    }
    let unkept = basis.catalog.unkept.iter();
    let unkept = unkept.filter(|one| belongs(basis, choice, one.relation, one.schema.as_deref()));
    let relations = basis.catalog.relations.iter().filter(|relation| {
        let chosen = choice.has_schema(relation.object.id.oid);
        chosen && ddl::ancestry::loses_order(relation, ctx)
    });
    let orders = relations.map(|one| format!("order of the columns of {}", one.object.name_ref()));
    unkept.map(|one| one.label.clone()).chain(orders).collect()
}

fn error(labels: Vec<String>) -> Error {
    let objects = match labels.len() {
        1 => "1 object".to_owned(),
        n => format!("{n} objects"),
    };
    let error = Error::new(
        Code::Unsupported,
        format!("{objects} cannot be reproduced by this version of pgx"),
    );
    labels.into_iter().fold(error, Error::note)
}

/// Whether nobody asked for an object: of a database only the label can be in the way.
pub(super) fn is_omitted(object: &Unsupported, request: &DumpRequest) -> bool {
    match object.id.class {
        class::SUBSCRIPTION => request.omitted.subscriptions,
        class::DATABASE => request.omitted.security_labels,
        _ => false,
    }
}

fn concerns(basis: &Basis<'_, '_>, choice: &Choice, object: &Unsupported) -> bool {
    belongs(basis, choice, object.relation, object.schema.as_deref())
}

/// Whether what has this relation, or this schema, belongs to what was chosen.
fn belongs(
    basis: &Basis<'_, '_>,
    choice: &Choice,
    relation: Option<u32>,
    schema: Option<&str>,
) -> bool {
    if let Some(relation) = relation {
        return choice.has_schema(relation);
    }
    match schema {
        Some(schema) => choice
            .schemas
            .iter()
            .any(|oid| basis.listing.schemas.get(oid).is_some_and(|name| name == schema)),
        None => choice.everything,
    }
}

/// Wanted objects that depend on unsupported ones, and, when `leave_out`, what depends on those in
/// turn; leaving out takes them from `wanted`.
fn users(basis: &Basis<'_, '_>, wanted: &mut Wanted, leave_out: bool) -> Vec<String> {
    let unsupported: HashMap<CatalogId, &str> =
        basis.catalog.unsupported.iter().map(|object| (object.id, object.label.as_str())).collect();
    let mut blocked: BTreeMap<NodeId, String> = BTreeMap::new();
    for depend in &basis.catalog.depends {
        if let (Some(label), Some(of)) = (unsupported.get(&depend.on), basis.graph.maker(depend.of))
            && basis.graph.node(of).catalog_id() != depend.on
            && wanted.has(of)
        {
            blocked.insert(of, (*label).to_owned());
        }
    }
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (&id, needed) in &blocked {
        labels.insert(describe(basis, id), format!("which needs {needed}"));
    }
    if leave_out {
        for id in dependents(basis, blocked.into_keys().collect()) {
            if wanted.has(id) {
                wanted.leave_out(id);
                let why = || "which needs something left out".to_owned();
                labels.entry(describe(basis, id)).or_insert_with(why);
            }
        }
    }
    labels.into_iter().map(|(label, why)| format!("{label}, {why}")).collect()
}

/// A view's query counts as the view.
fn describe(basis: &Basis<'_, '_>, id: NodeId) -> String {
    let node = basis.graph.node(id);
    let host = match node {
        Node::Rule(rule) if rule.is_view_query => basis.graph.maker(relation_id(rule.relation)),
        _ => None,
    };
    host.map_or(node, |host| basis.graph.node(host)).describe()
}

/// The nodes and all that need them.
fn dependents(basis: &Basis<'_, '_>, nodes: Vec<NodeId>) -> BTreeSet<NodeId> {
    let mut needed_by: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for id in basis.graph.ids() {
        if matches!(basis.graph.node(id), Node::PreDataEnd | Node::DataEnd) {
            continue;
        }
        for &needed in basis.graph.needs(id) {
            needed_by.entry(needed).or_default().push(id);
        }
    }
    let (mut found, mut open) = (BTreeSet::new(), nodes);
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(needed_by.get(&id).into_iter().flatten());
        }
    }
    found
}
