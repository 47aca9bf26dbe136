//! The table of contents: wanted nodes as numbered entries that know what they need.

use std::collections::{HashMap, HashSet};

use super::wanted::Wanted;
use crate::catalog::Listing;
use crate::catalog::listing::ListedForeignKey;
use crate::catalog::model::{LargeObjects, relation_id};
use crate::ddl;
use crate::order::{Node, NodeId, Ordered, rows_order};
use crate::select::Choice;
use crate::toc::{Entry, EntryId, Kind, Ref, Sections};

/// What the entries are made of.
pub(super) struct Source<'a, 'c> {
    pub(super) ordered: &'a Ordered<'c>,
    pub(super) ctx: &'a ddl::Context<'c>,
    pub(super) wanted: &'a Wanted,
    pub(super) listing: &'a Listing,
    pub(super) choice: &'a Choice,
    pub(super) large_objects: &'a LargeObjects,
    pub(super) sections: Sections,
}

/// Makes the entries, in the order in which they are restored.
pub(super) fn entries(source: &Source<'_, '_>) -> Vec<Entry> {
    let ordered = source.ordered;
    let is_border = |id| matches!(ordered.graph.node(id), Node::DataEnd);
    let taken = |id: &NodeId| source.wanted.has(*id) || is_border(*id);
    let mut sequence: Vec<NodeId> = ordered.sequence.iter().copied().filter(taken).collect();
    sort_rows(ordered, source.listing, &mut sequence);
    let outside = outside_keys(source);
    let mut made: HashMap<NodeId, EntryId> = HashMap::new();
    // Growing would hold them twice.
    let mut entries: Vec<Entry> = Vec::with_capacity(sequence.len());
    for id in sequence {
        if is_border(id) {
            add_large_objects(&mut entries, source.large_objects);
            continue;
        }
        let node = ordered.graph.node(id);
        let deps = needs_of(ordered, &made, id);
        let entry = ddl::entry(&node, source.ctx);
        let Some(entry) = entry.filter(|entry| source.sections.has(entry.section)) else {
            continue;
        };
        let entry = Entry { id: next_id(&entries), deps, ..entry };
        made.insert(id, entry.id);
        entries.push(complete(entry, &node, source, &outside));
        if let Node::Extension(extension) = node {
            add_members(&mut entries, extension.object.id.oid, source.ctx);
        }
    }
    keep_where_it_helps(&mut entries);
    entries
}

/// A key is made of an index only beside other indexes of its table.
fn keep_where_it_helps(entries: &mut [Entry]) {
    let mut indexes: HashMap<Ref, u32> = HashMap::new();
    for entry in entries.iter().filter(|e| matches!(e.kind, Kind::Index | Kind::Constraint)) {
        let on = entry.on.clone().unwrap_or_default();
        *indexes.entry(on).or_default() += 1;
    }
    for entry in entries.iter_mut().filter(|entry| entry.of_index.is_some()) {
        let on = entry.on.as_ref().and_then(|on| indexes.get(on));
        entry.of_index.take_if(|_| on.is_none_or(|&count| count < 2));
    }
}

/// Grants on members of an extension, and other owners: the members themselves are its business.
fn add_members(entries: &mut Vec<Entry>, extension: u32, ctx: &ddl::Context<'_>) {
    let Some(of) = entries.last().map(|entry| entry.id) else { return };
    for entry in ddl::member_entries(extension, ctx) {
        if !entry.acl.is_empty() || entry.owner.is_some() {
            entries.push(Entry { id: next_id(entries), deps: vec![of], ..entry });
        }
    }
}

/// Large objects, behind the rows of tables. Their pages need them all.
fn add_large_objects(entries: &mut Vec<Entry>, objects: &LargeObjects) {
    let mut made = Vec::new();
    for entry in ddl::large_objects::entries(objects) {
        let id = next_id(entries);
        let deps = if entry.data.is_some() { std::mem::take(&mut made) } else { Vec::new() };
        entries.push(Entry { id, deps, ..entry });
        made.push(id);
    }
}

fn next_id(entries: &[Entry]) -> EntryId {
    EntryId(u32::try_from(entries.len() + 1).unwrap_or(u32::MAX))
}

/// Adds what only the choice and the listing know: which rows, and whether a key points outside.
fn complete(
    mut entry: Entry,
    node: &Node<'_>,
    source: &Source<'_, '_>,
    outside: &HashMap<u32, Ref>,
) -> Entry {
    match (node, entry.data.as_mut()) {
        (Node::TableData(relation), Some(data)) => {
            let oid = relation.object.id.oid;
            data.filter = source.choice.filter(oid).map(str::to_owned);
            let listed = source.listing.relations.get(&oid);
            data.extension_config = listed.is_some_and(|table| table.config_filter.is_some());
        }
        (Node::Constraint(constraint), _) => {
            entry.needs_in_target = outside.get(&constraint.object.id.oid).cloned();
        }
        _ => {}
    }
    entry
}

/// Foreign keys of a manifest whose parent, or some of its rows, may not be in the archive, by OID.
fn outside_keys(source: &Source<'_, '_>) -> HashMap<u32, Ref> {
    if !source.choice.carries_needs {
        return HashMap::new();
    }
    let chosen: HashSet<u32> =
        source.choice.outside_keys(source.listing).iter().map(|outside| outside.key).collect();
    let graph = &source.ordered.graph;
    let defined = |relation: u32| {
        let maker = graph.maker(relation_id(relation));
        maker.is_some_and(|maker| source.wanted.has(maker))
    };
    let is_outside = |key: &&ListedForeignKey| chosen.contains(&key.oid) || !defined(key.parent);
    let parent = |key: &ListedForeignKey| {
        let relation = source.listing.relations.get(&key.parent)?;
        Some((key.oid, Ref::new(&relation.schema, &relation.name)))
    };
    source.listing.foreign_keys.iter().filter(is_outside).filter_map(parent).collect()
}

/// The entries a node needs; what has no entry hands its own needs on.
fn needs_of(ordered: &Ordered<'_>, made: &HashMap<NodeId, EntryId>, id: NodeId) -> Vec<EntryId> {
    let (mut seen, mut open, mut needs) = (HashSet::new(), vec![id], Vec::new());
    while let Some(current) = open.pop() {
        for &needed in ordered.graph.needs(current) {
            let border = matches!(ordered.graph.node(needed), Node::PreDataEnd | Node::DataEnd);
            if border || !seen.insert(needed) {
                continue;
            }
            match made.get(&needed) {
                Some(&entry) => needs.push(entry),
                None => open.push(needed),
            }
        }
    }
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// Puts the rows of tables into the order of their foreign keys, in the places rows have.
fn sort_rows(ordered: &Ordered<'_>, listing: &Listing, sequence: &mut [NodeId]) {
    let places: Vec<usize> = (0..sequence.len())
        .filter(|&i| matches!(ordered.graph.node(sequence[i]), Node::TableData(_)))
        .collect();
    let nodes: Vec<NodeId> = places.iter().map(|&i| sequence[i]).collect();
    let tables: Vec<u32> =
        nodes.iter().filter_map(|&id| ordered.graph.node(id).relation()).collect();
    let parents = row_parents(&tables, listing);
    for (&place, i) in places.iter().zip(rows_order(tables.len(), &parents)) {
        sequence[place] = nodes[i];
    }
}

/// For each table, the tables whose rows its foreign keys refer to. A key declared on, or referring
/// to, a partitioned table counts for every partition below.
fn row_parents(tables: &[u32], listing: &Listing) -> Vec<Vec<usize>> {
    let mut below: HashMap<u32, Vec<usize>> = HashMap::new();
    for (i, &table) in tables.iter().enumerate() {
        let mut open = vec![table];
        while let Some(oid) = open.pop() {
            below.entry(oid).or_default().push(i);
            let partition = listing.relations.get(&oid).is_some_and(|r| r.is_partition);
            if partition {
                open.extend(listing.parents.get(&oid).into_iter().flatten());
            }
        }
    }
    let none = Vec::new();
    let mut parents = vec![Vec::new(); tables.len()];
    for key in &listing.foreign_keys {
        for &child in below.get(&key.child).unwrap_or(&none) {
            for &parent in below.get(&key.parent).unwrap_or(&none) {
                if child != parent {
                    parents[child].push(parent);
                }
            }
        }
    }
    parents
}
