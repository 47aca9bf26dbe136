//! Listings made by hand, for tests.

use crate::catalog::Listing;
use crate::catalog::listing::{ListedForeignKey, ListedRelation};

/// Tables named `schema.name`, with OIDs from 1 in that order; a name that starts with `seq_` is a
/// sequence, `v_` a view, `p_` a partitioned table.
pub(super) fn listing(names: &[&str]) -> Listing {
    let mut listing = Listing::default();
    for (oid, label) in (1..).zip(names) {
        let (schema, name) = label.split_once('.').unwrap();
        let kind = match name.split('_').next() {
            Some("seq") => 'S',
            Some("v") => 'v',
            Some("p") => 'p',
            _ => 'r',
        };
        if !listing.schemas.values().any(|known| known == schema) {
            listing.schemas.insert(1000 + oid, schema.to_owned());
        }
        listing.relations.insert(oid, relation(oid, schema, name, kind));
    }
    listing
}

fn relation(oid: u32, schema: &str, name: &str, kind: char) -> ListedRelation {
    ListedRelation {
        oid,
        schema: schema.to_owned(),
        name: name.to_owned(),
        kind,
        persistence: 'p',
        filenode: oid,
        is_partition: false,
        extension: None,
        config_filter: None,
        bytes_estimate: u64::from(oid) << 20,
    }
}

/// Makes `child` a partition of `parent`.
pub(super) fn attach(listing: &mut Listing, child: u32, parent: u32) {
    listing.parents.entry(child).or_default().push(parent);
    listing.relations.get_mut(&child).unwrap().is_partition = true;
}

/// A key from `child` to `parent`, with the OID 100 plus its number.
pub(super) fn refer(listing: &mut Listing, child: u32, parent: u32) {
    let oid = 100 + u32::try_from(listing.foreign_keys.len()).unwrap();
    listing.foreign_keys.push(ListedForeignKey {
        oid,
        name: format!("key_{oid}"),
        child,
        parent,
        child_columns: vec!["ref".to_owned()],
        parent_columns: vec!["id".to_owned()],
        match_type: 's',
    });
}
