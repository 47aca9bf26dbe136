//! Which entries of the archive are restored.

use std::collections::{HashMap, HashSet};

use super::report::Skipped;
use super::request::RestoreRequest;
use crate::error::{Code, Error, Result};
use crate::select::Pattern;
use crate::toc::{Entry, EntryId, Kind, Parts, Ref};

/// The choice.
#[derive(Debug, Default)]
pub(super) struct Picked {
    /// By position in the table of contents.
    pub(super) chosen: Vec<bool>,
    /// For a chosen foreign key whose referenced table is not restored: that table.
    pub(super) needs: HashMap<usize, Ref>,
    /// What the choice took apart.
    pub(super) skipped: Vec<Skipped>,
}

/// Chooses among `entries` by halves and by names.
///
/// # Errors
/// [`Code::NoMatch`]: a pattern matches nothing. [`Code::Usage`]: a pattern only a server can
/// match.
pub(super) fn pick(entries: &[Entry], request: &RestoreRequest, parts: Parts) -> Result<Picked> {
    let mut picked = Picked {
        chosen: entries.iter().map(|entry| in_parts(entry, parts, request)).collect(),
        ..Picked::default()
    };
    for (at, entry) in entries.iter().enumerate() {
        if let Some(table) = &entry.needs_in_target {
            picked.needs.insert(at, table.clone());
        }
    }
    if request.tables.is_empty() && request.schemas.is_empty() {
        return Ok(picked);
    }
    refuse_unmatched(entries, request)?;
    let named = by_name(entries, request);
    for (chosen, named) in picked.chosen.iter_mut().zip(named) {
        *chosen &= named;
    }
    cut_loose(entries, &mut picked);
    Ok(picked)
}

/// Whether the entry belongs to the halves that are restored.
fn in_parts(entry: &Entry, parts: Parts, request: &RestoreRequest) -> bool {
    match entry.kind {
        kind if request.omitted.has(kind) || !request.sections.has(entry.section) => false,
        Kind::TableData | Kind::SequenceSet => parts.data,
        Kind::StatisticsData => parts.statistics,
        Kind::LargeObjectMetadata | Kind::LargeObjects => parts.data && request.large_objects,
        Kind::MaterializedViewData => parts.schema && request.parts.data,
        _ => parts.schema,
    }
}

fn is_relation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Table
            | Kind::ForeignTable
            | Kind::View
            | Kind::MaterializedView
            | Kind::Sequence
            | Kind::TableData
            | Kind::SequenceSet
    )
}

fn matches(pattern: &Pattern, name: &Ref) -> bool {
    pattern.matches(name.schema.as_deref().unwrap_or_default(), &name.name)
}

/// Whether the patterns of a request name a table.
pub(super) fn names(request: &RestoreRequest, table: &Ref) -> bool {
    let schema = table.schema.as_deref().unwrap_or_default();
    (request.tables.is_empty() || request.tables.iter().any(|pattern| matches(pattern, table)))
        && (request.schemas.is_empty()
            || request.schemas.iter().any(|pattern| pattern.matches_name(schema)))
}

fn refuse_unmatched(entries: &[Entry], request: &RestoreRequest) -> Result<()> {
    for pattern in request.tables.iter().chain(&request.schemas) {
        if pattern.needs_server() {
            return Err(Error::new(Code::Usage, "a restore matches names by * and ? only")
                .object(format!("pattern {pattern}"))
                .hint("write the name between double quotes, or use * and ?"));
        }
    }
    // The names of tables are in the rows then.
    if entries.iter().all(|entry| entry.kind == Kind::StatisticsData) {
        return Ok(());
    }
    let no_table = request.tables.iter().find(|pattern| {
        !entries.iter().any(|entry| is_relation(entry.kind) && matches(pattern, &entry.name))
    });
    if let Some(pattern) = no_table {
        return Err(no_match(pattern, "table"));
    }
    let no_schema = request.schemas.iter().find(|pattern| {
        !entries.iter().any(|entry| schema_of(entry).is_some_and(|name| pattern.matches_name(name)))
    });
    no_schema.map_or(Ok(()), |pattern| Err(no_match(pattern, "schema")))
}

fn no_match(pattern: &Pattern, what: &str) -> Error {
    Error::new(Code::NoMatch, format!("the archive has no {what} that matches"))
        .object(format!("pattern {pattern}"))
        .hint("pgx inspect lists what the archive holds")
}

/// The schema an entry stands in, or is.
fn schema_of(entry: &Entry) -> Option<&str> {
    if entry.kind == Kind::Schema {
        return Some(&entry.name.name);
    }
    let on = entry.on.as_ref().and_then(|on| on.schema.as_deref());
    entry.name.schema.as_deref().or(on)
}

/// Whether each entry is one of, or a part of, what the patterns name.
fn by_name(entries: &[Entry], request: &RestoreRequest) -> Vec<bool> {
    let in_schema = |entry: &Entry| {
        request.schemas.is_empty()
            || entry.kind == Kind::StatisticsData
            || schema_of(entry).is_some_and(|name| {
                request.schemas.iter().any(|pattern| pattern.matches_name(name))
            })
    };
    if request.tables.is_empty() {
        return entries.iter().map(in_schema).collect();
    }
    let mut relations: HashSet<&Ref> = entries
        .iter()
        .filter(|entry| is_relation(entry.kind) && in_schema(entry))
        .filter(|entry| request.tables.iter().any(|pattern| matches(pattern, &entry.name)))
        .map(|entry| &entry.name)
        .collect();
    let owned: Vec<&Ref> = entries
        .iter()
        .filter(|entry| {
            matches!(entry.kind, Kind::Sequence | Kind::SequenceOwnedBy | Kind::SequenceSet)
        })
        .filter(|entry| entry.on.as_ref().is_some_and(|table| relations.contains(table)))
        .map(|entry| &entry.name)
        .collect();
    relations.extend(owned);
    entries.iter().map(|entry| belongs(entry, &relations)).collect()
}

/// A relation itself, its rows, or what sits on it.
fn belongs(entry: &Entry, relations: &HashSet<&Ref>) -> bool {
    if entry.kind == Kind::StatisticsData {
        return true; // Which of them, its rows tell.
    }
    let itself = is_relation(entry.kind)
        || matches!(
            entry.kind,
            Kind::MaterializedViewData
                | Kind::TableAttach
                | Kind::SequenceOwnedBy
                | Kind::RowSecurity
        );
    (itself && relations.contains(&entry.name))
        || entry.on.as_ref().is_some_and(|on| relations.contains(on))
}

/// Attaching needs both sides, and a foreign key needs its parent: in the archive's choice or in
/// the target.
fn cut_loose(entries: &[Entry], picked: &mut Picked) {
    let places: HashMap<EntryId, usize> =
        entries.iter().enumerate().map(|(at, entry)| (entry.id, at)).collect();
    for (at, entry) in entries.iter().enumerate() {
        if !picked.chosen[at] {
            continue;
        }
        if let Some(missing) = apart(entry, entries, picked, &places) {
            let reason = format!("{missing} is not restored");
            picked.chosen[at] = false;
            picked.skipped.push(Skipped { label: entry.label(), reason });
            continue;
        }
        let missing = entry
            .deps
            .iter()
            .filter_map(|id| places.get(id))
            .find(|&&place| !picked.chosen[place] && entries[place].kind != Kind::Schema);
        let Some(&missing) = missing else { continue };
        match entry.kind {
            Kind::TableAttach | Kind::IndexAttach => {
                picked.chosen[at] = false;
                let reason = format!("{} is not restored", entries[missing].label());
                picked.skipped.push(Skipped { label: entry.label(), reason });
            }
            Kind::ForeignKey => {
                let table = relation_of(&entries[missing]);
                picked.needs.entry(at).or_insert(table);
            }
            _ => {}
        }
    }
}

/// For statistics in another schema than their table: the one of both that is not restored.
fn apart(
    entry: &Entry,
    entries: &[Entry],
    picked: &Picked,
    places: &HashMap<EntryId, usize>,
) -> Option<String> {
    let on = entry.on.as_ref().filter(|_| entry.kind == Kind::Statistics)?;
    if on.schema == entry.name.schema {
        return None;
    }
    let needed = |other: &&Entry| match other.kind {
        Kind::Schema => entry.name.schema.as_ref() == Some(&other.name.name),
        _ => &other.name == on,
    };
    let missing = entry.deps.iter().filter_map(|id| places.get(id));
    let missing = missing.filter(|&&place| !picked.chosen[place]).map(|&place| &entries[place]);
    missing.filter(needed).map(Entry::label).next()
}

/// The table an entry is or sits on.
fn relation_of(entry: &Entry) -> Ref {
    match (entry.kind, &entry.on) {
        (Kind::Table | Kind::TableData, _) | (_, None) => entry.name.clone(),
        (_, Some(on)) => on.clone(),
    }
}
