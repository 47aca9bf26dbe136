//! What a manifest means in a database: which item speaks for which relation.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, Take, condition, has_contents};
use super::family::Family;
use super::manifest::{Manifest, TableItem, contradiction};
use super::matching::{self, Target};
use super::pattern::Pattern;
use crate::catalog::Listing;
use crate::catalog::listing::ListedRelation;
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::toc::Parts;

/// A manifest's patterns as OIDs, in the order of its items and exclusions.
#[derive(Debug, Default)]
pub(super) struct Matched {
    pub(super) tables: Vec<BTreeSet<u32>>,
    pub(super) excludes: Vec<BTreeSet<u32>>,
}

/// Asks the server what the patterns of `manifest` match.
///
/// # Errors
/// [`Code::NoMatch`]: a pattern that includes matches nothing.
pub(super) fn matched(
    manifest: &Manifest,
    listing: &Listing,
    session: &mut Session,
) -> Result<Matched> {
    let tables: Vec<Pattern> = manifest.tables.iter().map(|item| item.pattern.clone()).collect();
    let patterns: Vec<&Pattern> = tables.iter().chain(&manifest.excludes).collect();
    let mut matches = matching::relations(&patterns, listing, session)?;
    let excludes = matches.split_off(tables.len());
    matching::all_must_match(Target::Relation, &tables, &matches, listing)?;
    Ok(Matched { tables: matches, excludes })
}

/// What the manifest takes of each relation, before foreign keys are looked at: named relations,
/// partitions of named tables, owned sequences, definitions of ancestors.
///
/// # Errors
/// [`Code::Manifest`]: two items contradict each other, or ask a relation for what it has not.
pub(super) fn choose(manifest: &Manifest, matched: &Matched, listing: &Listing) -> Result<Choice> {
    refuse_only_members(manifest, matched, listing)?;
    let words = Words::of(manifest, matched)?;
    let mut choice = Choice {
        carries_needs: true,
        foreign_keys: Some(manifest.foreign_keys),
        unmatched: unmatched(manifest, matched),
        ..Choice::default()
    };
    for relation in listing.relations.values() {
        match words.verdict(relation.oid, listing)? {
            Verdict::Silent => {}
            Verdict::Excluded => drop(choice.excluded.insert(relation.oid)),
            Verdict::Take { item, own } => {
                let take = take(item, relation, own && item.pattern.is_exact())?;
                if !take.is_nothing() {
                    choice.relations.insert(relation.oid, take);
                }
            }
        }
    }
    complete(listing, &mut choice.relations);
    Ok(choice)
}

/// A pattern that finds nothing but what extensions made would take nothing, and say nothing.
fn refuse_only_members(manifest: &Manifest, matched: &Matched, listing: &Listing) -> Result<()> {
    let is_bare_member = |oid: &u32| {
        let relation = &listing.relations[oid];
        relation.extension.is_some() && relation.config_filter.is_none()
    };
    let items = manifest.tables.iter().zip(&matched.tables);
    let mut barren =
        items.filter(|(item, oids)| !item.pattern.is_exact() && oids.iter().all(is_bare_member));
    match barren.next() {
        None => Ok(()),
        Some((item, _)) => {
            let what = "a pattern matches only what extensions made";
            Err(Error::new(Code::NoMatch, what)
                .object(item.pattern.to_string())
                .hint("leave it out: an extension comes along with what needs it"))
        }
    }
}

fn unmatched(manifest: &Manifest, matched: &Matched) -> Vec<String> {
    let excludes = manifest.excludes.iter().zip(&matched.excludes);
    excludes.filter(|(_, oids)| oids.is_empty()).map(|(pattern, _)| pattern.to_string()).collect()
}

/// What the items say of each relation by name.
#[derive(Default)]
struct Words<'m> {
    /// The item that names it exactly.
    exact: BTreeMap<u32, &'m TableItem>,
    /// The items whose pattern it matches.
    patterns: BTreeMap<u32, Vec<&'m TableItem>>,
    /// Excluded, and not named exactly.
    excluded: BTreeSet<u32>,
}

/// Which item a relation obeys.
#[derive(Clone, Copy)]
enum Verdict<'m> {
    /// None.
    Silent,
    /// An exclusion.
    Excluded,
    /// This one, which names the relation itself (`own`) or a partitioned table above it.
    Take { item: &'m TableItem, own: bool },
}

impl<'m> Words<'m> {
    fn of(manifest: &'m Manifest, matched: &Matched) -> Result<Words<'m>> {
        let mut words = Words::default();
        for (item, oids) in manifest.tables.iter().zip(&matched.tables) {
            for &oid in oids {
                if !item.pattern.is_exact() {
                    words.patterns.entry(oid).or_default().push(item);
                    continue;
                }
                let first = *words.exact.entry(oid).or_insert(item);
                if !first.agrees(item) {
                    return Err(contradiction(&first.pattern, &item.pattern));
                }
            }
        }
        for (pattern, oids) in manifest.excludes.iter().zip(&matched.excludes) {
            for oid in oids {
                match words.exact.get(oid) {
                    Some(item) if pattern.is_exact() => {
                        return Err(contradiction(&item.pattern, pattern));
                    }
                    Some(_) => {}
                    None => drop(words.excluded.insert(*oid)),
                }
            }
        }
        Ok(words)
    }

    /// An exact name comes first; then an exclusion; then an exact name above; then patterns, its
    /// own before those of the tables it is a partition of.
    fn verdict(&self, oid: u32, listing: &Listing) -> Result<Verdict<'m>> {
        if let Some(item) = self.exact.get(&oid) {
            return Ok(Verdict::Take { item, own: true });
        }
        if self.excluded.contains(&oid) {
            return Ok(Verdict::Excluded);
        }
        let above = match partitioned_parent(oid, listing) {
            Some(parent) => self.verdict(parent, listing)?,
            None => Verdict::Silent,
        };
        match (above, self.pattern(oid)) {
            (Verdict::Excluded, _) => Ok(Verdict::Excluded),
            (Verdict::Take { item, .. }, _) if item.pattern.is_exact() => {
                Ok(Verdict::Take { item, own: false })
            }
            (_, Some(item)) => Ok(Verdict::Take { item: item?, own: true }),
            (Verdict::Take { item, .. }, None) => Ok(Verdict::Take { item, own: false }),
            (Verdict::Silent, None) => Ok(Verdict::Silent),
        }
    }

    /// The item whose pattern a relation matches; several must agree.
    fn pattern(&self, oid: u32) -> Option<Result<&'m TableItem>> {
        let (first, rest) = self.patterns.get(&oid)?.split_first()?;
        match rest.iter().find(|item| !first.agrees(item)) {
            Some(other) => Some(Err(contradiction(&first.pattern, &other.pattern))),
            None => Some(Ok(first)),
        }
    }
}

/// The table that a partition is a part of.
fn partitioned_parent(oid: u32, listing: &Listing) -> Option<u32> {
    listing.relations.get(&oid).filter(|relation| relation.is_partition)?;
    listing.parents.get(&oid)?.first().copied()
}

/// What an item takes of a relation. `named`: the item names it exactly, so that what it cannot
/// give is an error and not merely left out.
fn take(item: &TableItem, relation: &ListedRelation, named: bool) -> Result<Take> {
    let Parts { schema, data, .. } = item.take;
    let data = data && has_contents(relation.kind);
    if named {
        refuse_what_it_has_not(item, relation)?;
    }
    let own = item.filter.as_ref().filter(|_| relation.kind == 'r' && data);
    let own = own.map(|filter| filter.expression.clone());
    if relation.extension.is_none() {
        return Ok(Take { schema, data, filter: own });
    }
    let Some(registered) = &relation.config_filter else { return Ok(Take::default()) };
    let filter = match (condition(registered), own) {
        (Some(registered), Some(own)) => Some(format!("({registered}\n) AND ({own}\n)")),
        (registered, own) => registered.or(own),
    };
    Ok(Take { schema: false, data, filter: filter.filter(|_| data) })
}

fn refuse_what_it_has_not(item: &TableItem, relation: &ListedRelation) -> Result<()> {
    let refused = |what: &str| {
        let what = format!("{}.{} {what}", relation.schema, relation.name);
        let error = Error::new(Code::Manifest, what);
        match &item.pattern.place {
            Some(place) => error.object(place.to_string()),
            None => error,
        }
    };
    if relation.extension.is_some() && (relation.config_filter.is_none() || !item.take.data) {
        return Err(refused("is made by its extension and has no rows of its own to take")
            .hint("leave it out: an extension comes along with what needs it"));
    }
    if item.filter.is_some() && !matches!(relation.kind, 'r' | 'p') {
        return Err(refused("is no table, so it has no rows to filter").hint("remove where"));
    }
    if !item.take.schema && matches!(relation.kind, 'v' | 'f') {
        return Err(refused("has no rows to take").hint("take = \"schema\", or leave it out"));
    }
    Ok(())
}

/// Adds what hangs on taken tables: definitions of ancestors, and owned sequences.
pub(super) fn complete(listing: &Listing, relations: &mut BTreeMap<u32, Take>) {
    let mut open: Vec<u32> =
        relations.iter().filter(|(_, take)| take.schema).map(|(oid, _)| *oid).collect();
    while let Some(oid) = open.pop() {
        for &parent in listing.parents.get(&oid).into_iter().flatten() {
            let take = relations.entry(parent).or_default();
            if !take.schema {
                take.schema = true;
                open.push(parent);
            }
        }
    }
    let family = Family::of(listing);
    for (&sequence, table) in &listing.owned_sequences {
        let of_extension =
            listing.relations.get(table).is_none_or(|relation| relation.extension.is_some());
        let schema = relations.get(table).is_some_and(|take| take.schema);
        let has_data = |oid: &u32| relations.get(oid).is_some_and(|take| take.data);
        let data = family.leaves(*table).iter().any(has_data);
        if of_extension || !(schema || data) {
            continue;
        }
        let take = relations.entry(sequence).or_default();
        take.schema |= schema;
        take.data |= data;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{list_file, sample};
    use super::*;

    /// 1 s.p_m, its partitions 2 s.m1 and 3 s.p_m2 with partition 4 s.m2x; 5 s.seq_m owned by 1;
    /// 6 s.v_v; 7 s.base with inheritance child 8 s.kid.
    fn listing() -> Listing {
        let mut listing = sample::listing(&[
            "s.p_m", "s.m1", "s.p_m2", "s.m2x", "s.seq_m", "s.v_v", "s.base", "s.kid",
        ]);
        sample::attach(&mut listing, 2, 1);
        sample::attach(&mut listing, 3, 1);
        sample::attach(&mut listing, 4, 3);
        listing.owned_sequences.insert(5, 1);
        listing.parents.insert(8, vec![7]);
        listing
    }

    /// Matches without a server: no test here needs more than wildcards.
    fn resolve(text: &str) -> Result<Choice> {
        let listing = listing();
        let manifest = Manifest::parse("m.toml", text)?;
        let all = |pattern: &Pattern| {
            let relations = listing.relations.values();
            relations.filter(|r| pattern.matches(&r.schema, &r.name)).map(|r| r.oid).collect()
        };
        let matched = Matched {
            tables: manifest.tables.iter().map(|item| all(&item.pattern)).collect(),
            excludes: manifest.excludes.iter().map(all).collect(),
        };
        choose(&manifest, &matched, &listing)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(u32, &str)]) {
        let choice = resolve(text).unwrap();
        let found: Vec<(u32, String)> = choice
            .relations
            .iter()
            .map(|(oid, take)| {
                let word = format!(
                    "{}{}{}",
                    if take.schema { "s" } else { "" },
                    if take.data { "d" } else { "" },
                    take.filter.as_ref().map(|f| format!(" {f}")).unwrap_or_default()
                );
                (*oid, word)
            })
            .collect();
        let found: Vec<_> = found.iter().map(|(oid, word)| (*oid, word.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn table(name: &str, more: &str) -> String {
        format!("[[table]]\nname = \"{name}\"\n{more}\n")
    }

    #[test]
    fn partitions_and_owned_sequences_come_along() {
        let all = [(1, "s"), (2, "sd"), (3, "s"), (4, "sd"), (5, "sd")];
        check(&table("p_m", ""), &all);
        let filtered = [(1, "s"), (2, "sd a = 1"), (3, "s"), (4, "sd a = 1"), (5, "sd")];
        check(&table("p_m", "where = \"a = 1\""), &filtered);
        check(
            &table("p_m", "take = \"schema\""),
            &[(1, "s"), (2, "s"), (3, "s"), (4, "s"), (5, "s")],
        );
        check(&table("p_m", "take = \"data\""), &[(2, "d"), (4, "d"), (5, "d")]);
    }

    #[test]
    fn ancestors_come_along_without_rows() {
        check(&table("m2x", ""), &[(1, "s"), (3, "s"), (4, "sd"), (5, "sd")]);
        check(&table("kid", ""), &[(7, "s"), (8, "sd")]);
        check(&table("base", ""), &[(7, "sd")]);
        check(&table("kid", "take = \"data\""), &[(8, "d")]);
    }

    #[test]
    fn an_exact_name_wins_over_patterns_and_reaches_its_partitions() {
        let text =
            table("*", "take = \"schema\"") + &table("p_m", "") + &table("m1", "where = \"b\"");
        check(
            &text,
            &[(1, "s"), (2, "sd b"), (3, "s"), (4, "sd"), (5, "sd"), (6, "s"), (7, "s"), (8, "s")],
        );
    }

    #[test]
    fn an_exclusion_wins_over_patterns_and_reaches_partitions() {
        let out = "[[exclude]]\nname = \"p_m2\"\n";
        check(&(table("p_m", "") + out), &[(1, "s"), (2, "sd"), (5, "sd")]);
        check(&(table("*m*", "") + out), &[(1, "s"), (2, "sd"), (5, "sd")]);
        let wide = "[[exclude]]\nname = \"*m*\"\n";
        check(
            &(table("base", "") + &table("m1", "") + wide),
            &[(1, "s"), (2, "sd"), (5, "sd"), (7, "sd")],
        );
    }

    #[track_caller]
    fn refused(text: &str, what: &str) {
        let error = resolve(text).unwrap_err();
        assert_eq!(error.code(), Code::Manifest);
        assert!(format!("{error:?}").contains(what), "{error:?}");
    }

    #[test]
    fn contradictions_that_only_a_database_shows_are_refused() {
        refused(&(table("base", "") + &table("s.base", "take = \"schema\"")), "line 5, column 8");
        refused(&(table("b*", "") + &table("*e", "take = \"schema\"")), "contradicts itself");
        refused(&(table("base", "") + "[[exclude]]\nname=\"s.base\""), "line 5, column 6");
        let settled = table("b*", "") + &table("*e", "take = \"schema\"") + &table("base", "");
        check(&settled, &[(7, "sd")]);
    }

    #[test]
    fn what_a_relation_has_not_cannot_be_asked_of_it() {
        refused(&table("v_v", "where = \"true\""), "no rows to filter");
        refused(&table("v_v", "take = \"data\""), "has no rows to take");
        check(&table("v*", "where = \"true\""), &[(6, "s")]);
    }

    #[test]
    fn a_pattern_that_finds_only_members_of_extensions_is_refused() {
        let mut listing = listing();
        listing.relations.get_mut(&7).unwrap().extension = Some(9);
        let manifest = list_file::parse("l", "bas*").unwrap();
        let matched = Matched { tables: vec![BTreeSet::from([7])], excludes: Vec::new() };
        let error = choose(&manifest, &matched, &listing).unwrap_err();
        assert_eq!(error.code(), Code::NoMatch);
        assert!(error.to_string().contains("bas* (l, line 1, column 1)"), "{error}");
    }

    #[test]
    fn an_exclusion_that_matches_nothing_is_reported() {
        let choice = resolve(&(table("base", "") + "[[exclude]]\nname=\"nosuch\"")).unwrap();
        assert_eq!(choice.unmatched, ["nosuch (m.toml, line 5, column 6)"]);
        assert!(choice.carries_needs && !choice.everything);
    }

    #[test]
    fn rows_of_an_extension_table_keep_the_registered_condition() {
        let list = list_file::parse("l", "t").unwrap();
        let mut relation = listing().relations[&7].clone();
        relation.extension = Some(9);
        assert!(take(&list.tables[0], &relation, true).is_err());
        assert!(take(&list.tables[0], &relation, false).unwrap().is_nothing());
        relation.config_filter = Some("WHERE own".to_owned());
        let taken = take(&list.tables[0], &relation, true).unwrap();
        assert_eq!(taken, Take { schema: false, data: true, filter: Some("own".to_owned()) });
    }
}
