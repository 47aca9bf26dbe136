//! Two tables of contents.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, Differences, How, Side, Which, database, entry, rows, unlike};
use crate::error::Result;
use crate::toc::{Content, Entry, Kind, Omitted, Ref};

/// What names an object: OIDs and numbers of entries do not.
type Key<'e> = (Kind, &'e Ref, Option<&'e Ref>, &'e str);

fn key(entry: &Entry) -> Key<'_> {
    (entry.kind, &entry.name, entry.on.as_ref(), &entry.address)
}

/// Entries of one name on both sides, or on one.
type Pair<'e> = (Option<&'e Entry>, Option<&'e Entry>);

/// What both sides say about, and so what can differ.
#[derive(Clone, Copy)]
struct Scope {
    definitions: bool,
    data: bool,
    omitted: Omitted,
}

impl Scope {
    fn new(a: &Side, b: &Side, omitted: Omitted) -> Scope {
        let globals = a.meta.content == Content::Globals;
        Scope {
            definitions: globals || a.meta.has_schema && b.meta.has_schema,
            data: a.meta.has_data && b.meta.has_data,
            omitted,
        }
    }

    fn has(self, kind: Kind) -> bool {
        match kind {
            Kind::StatisticsData => false,
            kind if is_data(kind) => self.data,
            Kind::MaterializedViewData => self.data && self.definitions,
            kind => self.definitions && !self.omitted.has(kind),
        }
    }

    fn limit(self, side: &mut Side) {
        side.entries.retain(|entry| self.has(entry.kind));
        side.entries.iter_mut().for_each(|entry| self.omitted.strip(entry));
        self.omitted.strip_database(&mut side.meta.database);
    }
}

fn is_data(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TableData | Kind::SequenceSet | Kind::LargeObjectMetadata | Kind::LargeObjects
    )
}

/// Everything but rows.
pub(super) fn definitions(a: &mut Side, b: &mut Side, omitted: Omitted) -> Result<Differences> {
    if a.meta.content != b.meta.content {
        return Err(unlike());
    }
    let scope = Scope::new(a, b, omitted);
    scope.limit(a);
    scope.limit(b);
    let pairs = pairs(&a.entries, &b.entries);
    let mut found = Vec::new();
    if scope.definitions && a.meta.content == Content::Database {
        found.extend(database::difference(&a.meta, &b.meta));
    }
    found.extend(one_sided(&pairs));
    for (a, b) in pairs.iter().filter_map(|(a, b)| Some(((*a)?, (*b)?))) {
        let changes = entry::changes(a, b);
        if !changes.is_empty() {
            found.push(difference(a, How::Changed(changes)));
        }
    }
    let is_definition = |pair: &&Pair<'_>| either(pair).is_some_and(|one| !is_data(one.kind));
    let objects = pairs.iter().filter(is_definition).count();
    Ok(Differences { found, objects, tables: 0 })
}

/// Everything.
pub(super) fn sides(a: &mut Side, b: &mut Side, omitted: Omitted) -> Result<Differences> {
    let mut all = definitions(a, b, omitted)?;
    let definitions = Scope::new(a, b, omitted).definitions;
    for (one, other) in pairs(&a.entries, &b.entries) {
        let (Some(one), Some(other)) = (one, other) else { continue };
        if one.data.is_none() {
            continue;
        }
        let streams = ((one, a.ends.get(&one.id)), (other, b.ends.get(&other.id)));
        let texts = (&mut a.texts, &mut b.texts);
        all.tables += usize::from(one.kind == Kind::TableData);
        if let Some(change) = rows::change(streams, texts, definitions)? {
            all.found.push(difference(one, How::Changed(vec![change])));
        }
    }
    Ok(all)
}

pub(super) fn difference(entry: &Entry, how: How) -> Difference {
    Difference {
        object: entry::title(entry),
        kind: entry.kind.text(),
        name: entry.name.clone(),
        how,
    }
}

/// Brings together what has one name.
fn pairs<'e>(a: &'e [Entry], b: &'e [Entry]) -> Vec<Pair<'e>> {
    let mut named: BTreeMap<Key<'e>, (Vec<&Entry>, Vec<&Entry>)> = BTreeMap::new();
    a.iter().for_each(|entry| named.entry(key(entry)).or_default().0.push(entry));
    b.iter().for_each(|entry| named.entry(key(entry)).or_default().1.push(entry));
    let zipped = |(a, b): (Vec<&'e Entry>, Vec<&'e Entry>)| {
        let length = a.len().max(b.len());
        (0..length).map(move |at| (a.get(at).copied(), b.get(at).copied())).collect::<Vec<_>>()
    };
    named.into_values().flat_map(zipped).collect()
}

fn either<'e>((a, b): &Pair<'e>) -> Option<&'e Entry> {
    a.or(*b)
}

/// What only one side has: a line for each object, in which all that came with it is counted.
fn one_sided(pairs: &[Pair<'_>]) -> Vec<Difference> {
    let only = |which| {
        let lone: Vec<&Entry> = pairs
            .iter()
            .filter_map(|(a, b)| match which {
                Which::A => a.filter(|_| b.is_none()),
                Which::B => b.filter(|_| a.is_none()),
            })
            // Which large objects there are is told by their number.
            .filter(|entry| entry.large_objects.is_none())
            .collect();
        lines(&lone, which)
    };
    let mut found = only(Which::A);
    found.extend(only(Which::B));
    found
}

fn lines(lone: &[&Entry], which: Which) -> Vec<Difference> {
    let relations: BTreeSet<&Ref> =
        lone.iter().filter(|entry| is_relation(entry)).map(|entry| &entry.name).collect();
    // A sequence goes with the table that owns it.
    let owners: BTreeMap<&Ref, &Ref> = lone
        .iter()
        .filter(|entry| entry.kind == Kind::SequenceOwnedBy)
        .filter_map(|entry| Some((&entry.name, entry.on.as_ref()?)))
        .filter(|(_, table)| relations.contains(*table))
        .collect();
    let carrier = |entry: &Entry| {
        let own = is_relation(entry).then_some(&entry.name);
        let by_sequence = own.or(entry.on.as_ref()).and_then(|name| owners.get(name).copied());
        let on = entry.on.as_ref().and_then(|on| relations.get(on).copied());
        let owned = (entry.kind == Kind::SequenceOwnedBy)
            .then(|| relations.get(&entry.name).copied())
            .flatten();
        by_sequence.or(on).or(owned).cloned()
    };
    let mut with: BTreeMap<Ref, usize> = BTreeMap::new();
    let mut heads = Vec::new();
    for entry in lone {
        match carrier(entry) {
            Some(carrier) => *with.entry(carrier).or_default() += 1,
            None => heads.push(*entry),
        }
    }
    let line = |entry: &Entry| {
        let with = is_relation(entry).then(|| with.get(&entry.name).copied()).flatten();
        difference(entry, How::OnlyIn { which, with: with.unwrap_or(0) })
    };
    heads.into_iter().map(line).collect()
}

/// Whether other entries can sit on it.
fn is_relation(entry: &Entry) -> bool {
    entry.on.is_none()
        && matches!(
            entry.kind,
            Kind::Table
                | Kind::ForeignTable
                | Kind::View
                | Kind::MaterializedView
                | Kind::Sequence
                | Kind::Domain
        )
}
