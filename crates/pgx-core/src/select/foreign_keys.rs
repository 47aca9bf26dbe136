//! Foreign keys that point outside what is taken: refused, followed, or kept for the target.

use super::choice::{Choice, Followed, Missing, OutsideKey, Take};
use super::family::Family;
use super::manifest::ForeignKeys;
use super::resolve;
use crate::catalog::Listing;
use crate::catalog::listing::ListedForeignKey;
use crate::error::{Code, Error, Result};

/// Does to `choice` what its policy says, by the catalog alone.
///
/// # Errors
/// [`Code::MissingParent`]: `check` found keys that point outside, or `follow` an excluded table.
pub(super) fn apply(choice: &mut Choice, listing: &Listing) -> Result<()> {
    match choice.foreign_keys {
        Some(ForeignKeys::Check) => check(choice, listing),
        Some(ForeignKeys::Follow) => follow(choice, listing),
        Some(ForeignKeys::Ignore) | None => Ok(()),
    }
}

/// A key whose referring table is taken with rows, and the tables whose rows it lacks.
struct Gap<'l> {
    key: &'l ListedForeignKey,
    tables: Vec<u32>,
}

/// Keys between tables of the database's own. What an extension made is there, rows included, once
/// the extension is.
pub(super) fn own_keys(listing: &Listing) -> impl Iterator<Item = &ListedForeignKey> {
    let is_own =
        |oid| listing.relations.get(oid).is_some_and(|relation| relation.extension.is_none());
    listing.foreign_keys.iter().filter(move |key| is_own(&key.child) && is_own(&key.parent))
}

fn gap<'l>(key: &'l ListedForeignKey, choice: &Choice, family: &Family<'_>) -> Option<Gap<'l>> {
    if !family.leaves(key.child).iter().any(|leaf| choice.has_data(*leaf)) {
        return None;
    }
    let mut tables = family.leaves(key.parent);
    tables.retain(|leaf| !choice.has_data(*leaf));
    (!tables.is_empty()).then_some(Gap { key, tables })
}

fn check(choice: &Choice, listing: &Listing) -> Result<()> {
    let family = Family::of(listing);
    let gaps: Vec<Gap<'_>> =
        own_keys(listing).filter_map(|key| gap(key, choice, &family)).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    let mut tables: Vec<String> =
        gaps.iter().flat_map(|gap| &gap.tables).map(|oid| listing.label(*oid)).collect();
    tables.sort();
    tables.dedup();
    let what = match gaps.len() {
        1 => "a foreign key points to rows that are not in the dump".to_owned(),
        n => format!("{n} foreign keys point to rows that are not in the dump"),
    };
    let error = Error::new(Code::MissingParent, what)
        .object(format!("missing {}", tables.join(", ")))
        .hint(
            "add the tables with their rows, or set foreign_keys = \"follow\" or \"ignore\" in a \
             TOML manifest",
        );
    Err(gaps.iter().fold(error, |error, gap| error.note(describe(gap, listing))))
}

/// `key orders_customer_fkey: shop.orders (customer) → shop.customers (id)`, and which partitions.
fn describe(gap: &Gap<'_>, listing: &Listing) -> String {
    let line = describe_key(gap.key, listing);
    if gap.tables == [gap.key.parent] {
        return line;
    }
    let partitions: Vec<_> = gap.tables.iter().map(|oid| listing.label(*oid)).collect();
    format!("{line}, without partitions {}", partitions.join(", "))
}

pub(super) fn describe_key(key: &ListedForeignKey, listing: &Listing) -> String {
    format!(
        "key {}: {} ({}) → {} ({})",
        key.name,
        listing.label(key.child),
        key.child_columns.join(", "),
        listing.label(key.parent),
        key.parent_columns.join(", ")
    )
}

/// Adds referenced tables until no key points outside. What a referring table brings, its
/// referenced table brings too: a definition for a definition, rows for rows.
fn follow(choice: &mut Choice, listing: &Listing) -> Result<()> {
    let family = Family::of(listing);
    loop {
        let mut grown = false;
        for key in own_keys(listing) {
            grown |= follow_key(key, choice, listing, &family)?;
        }
        if !grown {
            return Ok(());
        }
        resolve::complete(listing, &mut choice.relations);
    }
}

/// Whether the key brought anything.
fn follow_key(
    key: &ListedForeignKey,
    choice: &mut Choice,
    listing: &Listing,
    family: &Family<'_>,
) -> Result<bool> {
    let children = family.members(key.child);
    let schema = children.iter().any(|oid| choice.has_schema(*oid));
    let data = children.iter().any(|oid| choice.has_data(*oid));
    let leaves = family.leaves(key.parent);
    let mut brought = false;
    for oid in family.members(key.parent) {
        let wanted_rows = data && leaves.contains(&oid);
        // A definition alone is wanted of the referenced table, not of each of its partitions.
        let wanted_schema = schema && (data || oid == key.parent);
        let has = choice.relations.get(&oid).cloned().unwrap_or_default();
        if (has.schema || !wanted_schema) && (has.data || !wanted_rows) {
            continue;
        }
        refuse_excluded(oid, key, choice, listing)?;
        let schema = has.schema || wanted_schema;
        let take = Take { schema, data: has.data || wanted_rows, filter: has.filter.clone() };
        if take != has {
            choice.relations.insert(oid, take);
            choice.followed.push(Followed { table: oid, key: key.oid });
            brought = true;
        }
    }
    Ok(brought)
}

fn refuse_excluded(
    oid: u32,
    key: &ListedForeignKey,
    choice: &Choice,
    listing: &Listing,
) -> Result<()> {
    if !choice.excluded.contains(&oid) {
        return Ok(());
    }
    Err(Error::new(Code::MissingParent, "a foreign key leads to a table that is excluded")
        .object(listing.label(oid))
        .note(describe_key(key, listing))
        .hint("remove the exclusion, or set foreign_keys = \"ignore\""))
}

impl Choice {
    /// Keys of archived definitions that the archive alone may not satisfy, in catalog order: of
    /// tables taken by `-t` and by the policy `ignore`, and of tables taken without rows.
    pub fn outside_keys(&self, listing: &Listing) -> Vec<OutsideKey> {
        let family = Family::of(listing);
        let keys = own_keys(listing).filter(|key| self.has_schema(key.child));
        keys.filter_map(|key| {
            let missing = self.missing(key, &family)?;
            Some(OutsideKey { key: key.oid, parent: key.parent, missing })
        })
        .collect()
    }

    fn missing(&self, key: &ListedForeignKey, family: &Family<'_>) -> Option<Missing> {
        if !self.has_schema(key.parent) {
            return Some(Missing::Table);
        }
        let has_rows = family.leaves(key.child).iter().any(|leaf| self.has_data(*leaf));
        let whole = |leaf: &u32| self.has_data(*leaf) && self.filter(*leaf).is_none();
        let proven = self.foreign_keys.is_some_and(|policy| policy != ForeignKeys::Ignore);
        (has_rows && !proven && !family.leaves(key.parent).iter().all(whole))
            .then_some(Missing::Rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    /// 1 s.orders → 2 s.customers → 3 s.countries; 4 s.p_log → 1; 5 s.log1, 6 s.log2 partitions of
    /// 4; 7 s.notes → 4; 3 refers to itself.
    fn listing() -> Listing {
        let mut listing = sample::listing(&[
            "s.orders",
            "s.customers",
            "s.countries",
            "s.p_log",
            "s.log1",
            "s.log2",
            "s.notes",
        ]);
        sample::attach(&mut listing, 5, 4);
        sample::attach(&mut listing, 6, 4);
        for (child, parent) in [(1, 2), (2, 3), (4, 1), (7, 4), (3, 3)] {
            sample::refer(&mut listing, child, parent);
        }
        listing
    }

    fn choice(policy: ForeignKeys, takes: &[(u32, Take)]) -> Choice {
        Choice {
            carries_needs: true,
            foreign_keys: Some(policy),
            relations: takes.iter().cloned().collect(),
            ..Choice::default()
        }
    }

    fn both(oids: &[u32]) -> Vec<(u32, Take)> {
        oids.iter().map(|oid| (*oid, Take::BOTH)).collect()
    }

    #[test]
    fn check_names_every_missing_table_and_key() {
        let mut takes = both(&[1, 7, 5]);
        takes.push((2, Take::SCHEMA));
        takes.push((4, Take::SCHEMA));
        let error = apply(&mut choice(ForeignKeys::Check, &takes), &listing()).unwrap_err();
        assert_eq!(error.code(), Code::MissingParent);
        assert_eq!(error.object_name(), Some("missing s.customers, s.log2"));
        assert_eq!(
            error.notes(),
            [
                "key key_100: s.orders (ref) → s.customers (id)",
                "key key_103: s.notes (ref) → s.p_log (id), without partitions s.log2"
            ]
        );
    }

    #[test]
    fn check_passes_when_rows_are_in_and_when_none_are_taken() {
        let listing = listing();
        apply(&mut choice(ForeignKeys::Check, &both(&[1, 2, 3])), &listing).unwrap();
        apply(&mut choice(ForeignKeys::Check, &[(1, Take::SCHEMA)]), &listing).unwrap();
        let mut whole = both(&[7, 5, 6, 1, 2, 3]);
        whole.push((4, Take::SCHEMA));
        apply(&mut choice(ForeignKeys::Check, &whole), &listing).unwrap();
    }

    #[test]
    fn a_table_made_by_an_extension_is_never_missing() {
        let mut listing = listing();
        listing.relations.get_mut(&2).unwrap().extension = Some(9);
        for policy in [ForeignKeys::Check, ForeignKeys::Follow, ForeignKeys::Ignore] {
            let mut orders = choice(policy, &both(&[1]));
            apply(&mut orders, &listing).unwrap();
            assert_eq!(orders.relations.len(), 1);
            assert_eq!(orders.outside_keys(&listing), []);
        }
    }

    #[test]
    fn follow_adds_parents_all_the_way_and_reports_them() {
        let listing = listing();
        let mut notes = choice(ForeignKeys::Follow, &both(&[7]));
        apply(&mut notes, &listing).unwrap();
        for oid in [1, 2, 3, 5, 6] {
            assert_eq!(notes.relations[&oid], Take::BOTH, "{oid}");
        }
        assert_eq!(notes.relations[&4], Take::SCHEMA);
        let tables: Vec<u32> = notes.followed.iter().map(|followed| followed.table).collect();
        assert_eq!(tables.len(), 6);
        assert!(!tables.contains(&7));
        let again = notes.clone();
        apply(&mut notes, &listing).unwrap();
        assert_eq!(notes, again);
    }

    #[test]
    fn follow_brings_a_definition_for_a_definition_and_rows_for_rows() {
        let listing = listing();
        let mut schema = choice(ForeignKeys::Follow, &[(7, Take::SCHEMA)]);
        apply(&mut schema, &listing).unwrap();
        assert!(schema.relations.values().all(|take| *take == Take::SCHEMA));
        assert_eq!(schema.relations.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 7]);
        let data = Take { schema: false, data: true, filter: None };
        let mut data_only = choice(ForeignKeys::Follow, &[(1, data.clone())]);
        apply(&mut data_only, &listing).unwrap();
        assert!(data_only.relations.values().all(|take| *take == data));
        assert_eq!(data_only.relations.len(), 3);
    }

    #[test]
    fn follow_takes_rows_of_a_table_named_without_and_refuses_an_excluded_one() {
        let listing = listing();
        let mut takes = both(&[1]);
        takes.push((2, Take::SCHEMA));
        let mut choice = choice(ForeignKeys::Follow, &takes);
        choice.excluded.insert(3);
        let error = apply(&mut choice, &listing).unwrap_err();
        assert_eq!(error.object_name(), Some("s.countries"));
        choice.excluded.clear();
        apply(&mut choice, &listing).unwrap();
        assert!(choice.has_data(2) && choice.has_data(3));
    }

    #[test]
    fn keys_that_point_outside_are_listed_with_what_is_missing() {
        let listing = listing();
        let keys = |choice: &Choice| -> Vec<(u32, Missing)> {
            choice.outside_keys(&listing).iter().map(|key| (key.key, key.missing)).collect()
        };
        let mut takes = both(&[1]);
        assert_eq!(keys(&choice(ForeignKeys::Ignore, &takes)), [(100, Missing::Table)]);
        takes.push((2, Take::SCHEMA));
        assert_eq!(
            keys(&choice(ForeignKeys::Ignore, &takes)),
            [(100, Missing::Rows), (101, Missing::Table)]
        );
        takes = both(&[1, 3]);
        takes.push((2, Take { filter: Some("x".to_owned()), ..Take::BOTH }));
        assert_eq!(keys(&choice(ForeignKeys::Ignore, &takes)), [(100, Missing::Rows)]);
        assert_eq!(keys(&choice(ForeignKeys::Check, &takes)), []);
    }
}
