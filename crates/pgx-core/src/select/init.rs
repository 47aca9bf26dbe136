//! A manifest written from a live database, to be cut down by hand.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use super::manifest::ForeignKeys;
use super::pattern::written;
use crate::catalog::Listing;
use crate::catalog::listing::ListedRelation;

/// What [`init`] writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitOptions {
    /// The database, for the first line.
    pub database: String,
    /// Only these relations (see [`super::matching_relations`]).
    pub only: BTreeSet<u32>,
    /// The policy to write down.
    pub foreign_keys: ForeignKeys,
}

/// A TOML manifest that takes every relation of `options.only`: tables with the referenced ones
/// first, then materialized views, views and sequences that no column owns. What comes along anyway
/// (partitions, owned sequences, members of extensions) is left out.
pub fn init(listing: &Listing, options: &InitOptions) -> String {
    let mut text = format!(
        "# Written from database {}. Sizes are the server's estimates.\n\
         # take = \"both\" (the default), \"schema\" or \"data\"; where = \"…\" filters rows.\n\
         version = 1\n\
         foreign_keys = \"{}\" # \"check\", \"follow\" or \"ignore\"\n",
        one_line(&options.database),
        options.foreign_keys.word()
    );
    let listed: Vec<&ListedRelation> = options
        .only
        .iter()
        .filter_map(|oid| listing.relations.get(oid))
        .filter(|relation| stands_alone(relation, listing, &options.only))
        .collect();
    for relation in in_order(listing, listed) {
        entry(&mut text, relation, listing);
    }
    text
}

impl ForeignKeys {
    /// The word of a manifest.
    pub fn word(self) -> &'static str {
        match self {
            ForeignKeys::Check => "check",
            ForeignKeys::Follow => "follow",
            ForeignKeys::Ignore => "ignore",
        }
    }
}

/// Whether it must be named to be taken.
fn stands_alone(relation: &ListedRelation, listing: &Listing, only: &BTreeSet<u32>) -> bool {
    let parents = || listing.parents.get(&relation.oid).into_iter().flatten();
    let comes_as_partition = relation.is_partition && parents().any(|parent| only.contains(parent));
    let comes_as_sequence =
        listing.owned_sequences.get(&relation.oid).is_some_and(|table| only.contains(table));
    relation.extension.is_none() && !comes_as_partition && !comes_as_sequence
}

/// Kinds in the order of their dependence, names within a kind; but a referenced table stands
/// before those that refer to it, as far as keys make no circle.
fn in_order<'l>(listing: &Listing, mut listed: Vec<&'l ListedRelation>) -> Vec<&'l ListedRelation> {
    let rank = |relation: &ListedRelation| match relation.kind {
        'r' | 'p' => 0,
        'f' => 1,
        'm' => 2,
        'v' => 3,
        _ => 4,
    };
    listed.sort_by(|a, b| (rank(a), &a.schema, &a.name).cmp(&(rank(b), &b.schema, &b.name)));
    let mut before: HashMap<u32, Vec<u32>> = HashMap::new();
    for key in &listing.foreign_keys {
        before.entry(key.child).or_default().push(key.parent);
    }
    for (child, parents) in &listing.parents {
        before.entry(*child).or_default().extend(parents);
    }
    let known: HashMap<u32, &'l ListedRelation> = listed.iter().map(|r| (r.oid, *r)).collect();
    let mut order = Vec::with_capacity(listed.len());
    let mut seen = HashSet::new();
    for relation in listed {
        place(relation.oid, &before, &mut seen, &mut |oid| order.extend(known.get(&oid)));
    }
    order
}

/// Depth first without recursion: a chain of keys may be as long as there are tables.
fn place(
    start: u32,
    before: &HashMap<u32, Vec<u32>>,
    seen: &mut HashSet<u32>,
    emit: &mut impl FnMut(u32),
) {
    let mut open = vec![(start, 0)];
    if !seen.insert(start) {
        return;
    }
    while let Some((oid, next)) = open.last_mut() {
        match before.get(oid).and_then(|parents| parents.get(*next)) {
            Some(parent) => {
                *next += 1;
                if seen.insert(*parent) {
                    open.push((*parent, 0));
                }
            }
            None => {
                emit(*oid);
                open.pop();
            }
        }
    }
}

fn entry(text: &mut String, relation: &ListedRelation, listing: &Listing) {
    let name = format!("{}.{}", written(&relation.schema), written(&relation.name));
    let what = match relation.kind {
        'p' => "partitioned table, its partitions come along".to_owned(),
        'f' => "foreign table".to_owned(),
        'm' => "materialized view".to_owned(),
        'v' => "view".to_owned(),
        'S' => "sequence".to_owned(),
        _ => format!("about {}", size(relation.bytes_estimate)),
    };
    let name = toml::Value::String(name);
    // Writing into a String cannot fail.
    let _ = writeln!(text, "\n[[table]]\nname = {name} # {what}");
    for key in listing.foreign_keys.iter().filter(|key| key.child == relation.oid) {
        let _ = writeln!(
            text,
            "# ({}) refers to {}",
            one_line(&key.child_columns.join(", ")),
            one_line(&listing.label(key.parent))
        );
    }
    if matches!(relation.kind, 'v' | 'f') {
        text.push_str("take = \"schema\"\n");
    }
}

/// Names may hold line breaks; a comment must not.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes.div_ceil(1024), 0);
    while value >= 10 * 1024 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024, unit + 1);
    }
    format!("{value} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::super::{Manifest, sample};
    use super::*;

    #[test]
    fn what_init_writes_is_a_manifest_with_parents_first() {
        let mut listing = sample::listing(&[
            "s.a",
            "s.b",
            "s.p_c",
            "s.c1",
            "s.seq_a",
            "s.v_v",
            "s.seq_x",
            "s.we\"ird\n# 'x'",
        ]);
        sample::attach(&mut listing, 4, 3);
        listing.owned_sequences.insert(5, 1);
        for (child, parent) in [(1, 2), (2, 3), (3, 1), (1, 8)] {
            sample::refer(&mut listing, child, parent);
        }
        let options = InitOptions {
            database: "db\n[[table]]".to_owned(),
            only: listing.relations.keys().copied().collect(),
            foreign_keys: ForeignKeys::Follow,
        };
        let text = init(&listing, &options);
        let manifest = Manifest::parse("m.toml", &text).unwrap();
        let names: Vec<_> = manifest.tables.iter().map(|i| i.pattern.text.as_str()).collect();
        assert_eq!(
            names,
            ["s.p_c", "s.b", "s.\"we\"\"ird\n# 'x'\"", "s.a", "s.v_v", "s.seq_x"],
            "{text}"
        );
        assert_eq!(manifest.foreign_keys, ForeignKeys::Follow);
        assert!(manifest.tables.iter().all(|item| item.pattern.is_exact()));
        assert!(
            text.contains("name = \"s.a\" # about 1024 KiB\n# (ref) refers to s.b\n"),
            "{text}"
        );
    }

    #[test]
    fn only_what_was_asked_for_is_written() {
        let mut listing = sample::listing(&["s.p_c", "s.c1"]);
        sample::attach(&mut listing, 2, 1);
        let options = InitOptions {
            database: "db".to_owned(),
            only: BTreeSet::from([2]),
            foreign_keys: ForeignKeys::Check,
        };
        let text = init(&listing, &options);
        assert!(text.contains("s.c1") && !text.contains("s.p_c"), "{text}");
    }

    #[test]
    fn sizes_are_rounded_to_a_readable_unit() {
        assert_eq!(size(0), "0 KiB");
        assert_eq!(size(1), "1 KiB");
        assert_eq!(size(12 << 20), "12 MiB");
        assert_eq!(size(900 << 40), "900 TiB");
    }
}
