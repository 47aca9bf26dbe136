//! What a dump takes: the answer of this stage.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::ForeignKeys;
use crate::catalog::Listing;
use crate::toc::Parts;

/// What a dump takes, by OID. Objects that are not relations follow from `everything`, `schemas`,
/// `extensions` and `carries_needs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Nothing was named to be taken: objects outside schemas are taken too.
    pub everything: bool,
    /// Schemas taken whole: their definition and every object in them that is no relation.
    pub schemas: BTreeSet<u32>,
    /// Extensions whose `CREATE EXTENSION` is taken for itself. A choice that carries needs names
    /// none: they follow from what the tables need.
    pub extensions: BTreeSet<u32>,
    /// Tables, views, materialized views, sequences and foreign tables; what is not here is left
    /// out, except where a need brings its definition.
    pub relations: BTreeMap<u32, Take>,
    /// A manifest chose: what its tables need comes along (schemas, extensions, types, functions,
    /// definitions of relations), although nothing names it.
    pub carries_needs: bool,
    /// Large objects are taken, all of them.
    pub large_objects: bool,
    /// How foreign keys that point outside are dealt with; none is pg_dump's way: not looked at.
    pub foreign_keys: Option<ForeignKeys>,
    /// Tables that came only because a foreign key points at them, in the order they were found.
    pub followed: Vec<Followed>,
    /// Exclusions that matched nothing, as written and where; allowed, but worth a word.
    pub unmatched: Vec<String>,
    /// Relations that an exclusion matched: their configuration rows do not come with an extension.
    pub(super) excluded: BTreeSet<u32>,
    /// Relations whose statistics are taken, besides those of `relations`: only these, where neither
    /// definitions nor contents are wanted.
    pub(super) only_described: BTreeSet<u32>,
    /// Contents are not wanted at all (`-s`).
    pub(super) without_data: bool,
}

/// What is taken of a relation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Take {
    /// Its definition, with everything that hangs on it: indexes, constraints, triggers, grants, ….
    pub schema: bool,
    /// Its contents: rows of a table, the value of a sequence, REFRESH of a materialized view.
    /// Never true for what has none (views, partitioned tables).
    pub data: bool,
    /// Which rows: a boolean SQL expression over the table's columns; none is all of them.
    pub filter: Option<String>,
}

/// A table that a foreign key brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// OID of the table.
    pub table: u32,
    /// OID of the key in `pg_constraint`.
    pub key: u32,
}

/// A foreign key of an archived table that the archive alone cannot satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideKey {
    /// OID of the key in `pg_constraint`.
    pub key: u32,
    /// OID of the referenced table.
    pub parent: u32,
    /// What is missing of it.
    pub missing: Missing,
}

/// What an archive lacks of a referenced table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Its definition: the key can be added only where the target has the table.
    Table,
    /// Some or all of its rows: the key can be added only if the rows turn out to allow it.
    Rows,
}

impl Take {
    /// Definition and contents, all rows.
    pub const BOTH: Take = Take { schema: true, data: true, filter: None };
    /// Definition only.
    pub const SCHEMA: Take = Take { schema: true, data: false, filter: None };

    /// Whether nothing is taken.
    pub fn is_nothing(&self) -> bool {
        !self.schema && !self.data
    }
}

impl Choice {
    /// Whether the relation's definition is taken.
    pub fn has_schema(&self, oid: u32) -> bool {
        self.relations.get(&oid).is_some_and(|take| take.schema)
    }

    /// Whether the relation's contents are taken.
    pub fn has_data(&self, oid: u32) -> bool {
        self.relations.get(&oid).is_some_and(|take| take.data)
    }

    /// The row filter of a relation whose contents are taken.
    pub fn filter(&self, oid: u32) -> Option<&str> {
        self.relations.get(&oid).filter(|take| take.data)?.filter.as_deref()
    }

    /// Relations whose statistics are taken, if any are; some have none.
    pub fn described(&self) -> BTreeSet<u32> {
        self.relations.keys().chain(&self.only_described).copied().collect()
    }

    /// Drops the parts that the dump is not about.
    pub(super) fn limit_to(&mut self, parts: Parts) {
        self.without_data = !parts.data;
        if parts.statistics {
            // What an extension makes is described where its rows are dumped.
            let described = |take: &Take| take.schema || parts.data;
            let described = self.relations.iter().filter(|(_, take)| described(take));
            self.only_described = described.map(|(oid, _)| *oid).collect();
        }
        self.relations.retain(|_, take| {
            take.schema &= parts.schema;
            take.data &= parts.data;
            !take.is_nothing()
        });
    }

    /// Takes no contents of what is unlogged.
    pub(super) fn leave_out_unlogged_rows(&mut self, listing: &Listing) {
        for (oid, take) in &mut self.relations {
            let persistence = listing.relations.get(oid).map(|relation| relation.persistence);
            take.data &= persistence != Some('u');
        }
        self.relations.retain(|_, take| !take.is_nothing());
    }

    /// Takes the configuration rows of an extension that comes along as a need, unless they are
    /// excluded, already spoken for, or no rows are wanted.
    pub fn take_configuration(&mut self, listing: &Listing, extension: u32) {
        if self.without_data {
            return;
        }
        for relation in listing.relations.values() {
            let Some(filter) = &relation.config_filter else { continue };
            if relation.extension == Some(extension)
                && has_contents(relation.kind)
                && !self.excluded.contains(&relation.oid)
            {
                let filter = condition(filter);
                let take = Take { schema: false, data: true, filter };
                self.relations.entry(relation.oid).or_insert(take);
            }
        }
    }
}

/// Whether a relation of that kind has contents of its own to take: rows of a table, the value of a
/// sequence, the refresh of a materialized view. Foreign tables only on request.
pub(super) fn has_contents(kind: char) -> bool {
    matches!(kind, 'r' | 'S' | 'm')
}

/// The expression of an extension's configuration condition, which is registered with its WHERE.
pub fn condition(config: &str) -> Option<String> {
    let text = config.trim();
    let text = match text.get(..5) {
        Some(word) if word.eq_ignore_ascii_case("where") => text[5..].trim(),
        _ => text,
    };
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn configuration_rows_come_with_their_extension_unless_excluded_or_unwanted() {
        let mut listing = sample::listing(&["s.config"]);
        let relation = listing.relations.get_mut(&1).unwrap();
        relation.extension = Some(9);
        relation.config_filter = Some(String::new());
        let taken = |mut choice: Choice, parts| {
            choice.limit_to(parts);
            choice.take_configuration(&listing, 9);
            choice.has_data(1)
        };
        assert!(taken(Choice::default(), Parts::ALL));
        assert!(!taken(Choice::default(), Parts { schema: true, data: false, statistics: false }));
        let excluded = Choice { excluded: BTreeSet::from([1]), ..Choice::default() };
        assert!(!taken(excluded, Parts::ALL));
    }

    #[test]
    fn a_configuration_condition_loses_its_where() {
        assert_eq!(condition("WHERE NOT (srid = 1)").as_deref(), Some("NOT (srid = 1)"));
        assert_eq!(condition(" where x").as_deref(), Some("x"));
        assert_eq!(condition(" where x = 1 ").as_deref(), Some("x = 1"));
        assert_eq!(condition("x").as_deref(), Some("x"));
        assert_eq!(condition(""), None);
    }
}
