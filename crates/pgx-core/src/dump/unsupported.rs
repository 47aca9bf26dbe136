//! Objects that pgx cannot reproduce: named and refused, never left out in silence.

use std::collections::{BTreeSet, HashMap};

use super::request::DumpRequest;
use super::wanted::{Basis, Wanted};
use crate::catalog::model::Unsupported;
use crate::error::{Code, Error, Result};
use crate::select::Choice;
use crate::toc::CatalogId;

/// Finds the unsupported objects that belong to what is dumped, and returns their labels when they
/// may be skipped.
///
/// # Errors
/// [`Code::Unsupported`] naming each, unless skipping was asked for; always when a dumped object
/// depends on one.
pub(super) fn check(
    basis: &Basis<'_, '_>,
    wanted: &Wanted,
    choice: &Choice,
    request: &DumpRequest,
) -> Result<Vec<String>> {
    if !basis.parts.schema {
        return Ok(Vec::new());
    }
    let labels: Vec<String> = basis
        .catalog
        .unsupported
        .iter()
        .filter(|object| concerns(basis, choice, object))
        .map(|object| object.label.clone())
        .collect();
    if !labels.is_empty() && !request.skip_unsupported {
        return Err(error(labels).hint("use --skip-unsupported to dump everything else"));
    }
    let needed = needed(basis, wanted);
    // Tables chosen by -t come without what they need, as with pg_dump: the target has it.
    if needed.is_empty() || (!choice.carries_needs && choice.schemas.is_empty()) {
        return Ok(labels);
    }
    let labels = needed.into_iter().map(|(label, user)| format!("{label}, needed by {user}"));
    Err(error(labels.collect()).hint("leave out the objects that need them with -T or -N"))
}

fn error(labels: Vec<String>) -> Error {
    let error = Error::new(
        Code::Unsupported,
        format!("{} objects cannot be reproduced by this version of pgx", labels.len()),
    );
    labels.into_iter().fold(error, Error::note)
}

/// Whether an object belongs to what was chosen.
fn concerns(basis: &Basis<'_, '_>, choice: &Choice, object: &Unsupported) -> bool {
    if let Some(relation) = object.relation {
        return choice.has_schema(relation);
    }
    match &object.schema {
        Some(schema) => choice
            .schemas
            .iter()
            .any(|oid| basis.listing.schemas.get(oid).is_some_and(|name| name == schema)),
        None => choice.everything,
    }
}

/// Unsupported objects that wanted ones depend on, with one of their users each.
fn needed(basis: &Basis<'_, '_>, wanted: &Wanted) -> BTreeSet<(String, String)> {
    let unsupported: HashMap<CatalogId, &str> =
        basis.catalog.unsupported.iter().map(|object| (object.id, object.label.as_str())).collect();
    let mut found = BTreeSet::new();
    for depend in &basis.catalog.depends {
        let (Some(&label), Some(of)) = (unsupported.get(&depend.on), basis.graph.maker(depend.of))
        else {
            continue;
        };
        if wanted.has(of) && basis.graph.node(of).catalog_id() != depend.on {
            found.insert((label.to_owned(), basis.graph.node(of).describe()));
        }
    }
    found
}
