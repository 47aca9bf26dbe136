//! Partitioned tables and where their rows are.

use std::collections::HashMap;

use crate::catalog::Listing;

/// Who is whose partition.
pub(super) struct Family<'l> {
    listing: &'l Listing,
    children: HashMap<u32, Vec<u32>>,
}

impl<'l> Family<'l> {
    pub(super) fn of(listing: &'l Listing) -> Family<'l> {
        Family { listing, children: listing.children() }
    }

    /// The tables that hold the rows of `table`: itself, or the partitions at the bottom in OID
    /// order. Foreign partitions are left out: no foreign key can point at their rows.
    pub(super) fn leaves(&self, table: u32) -> Vec<u32> {
        let mut leaves = Vec::new();
        self.walk(table, &mut |oid, kind| {
            if kind != 'p' && kind != 'f' {
                leaves.push(oid);
            }
        });
        leaves.sort_unstable();
        leaves
    }

    /// `table` and every partition below it, top down.
    pub(super) fn members(&self, table: u32) -> Vec<u32> {
        let mut members = Vec::new();
        self.walk(table, &mut |oid, _| members.push(oid));
        members
    }

    fn walk(&self, table: u32, visit: &mut impl FnMut(u32, char)) {
        let mut open = vec![table];
        while let Some(oid) = open.pop() {
            let Some(relation) = self.listing.relations.get(&oid) else { continue };
            visit(oid, relation.kind);
            if relation.kind == 'p' {
                open.extend(self.children.get(&oid).into_iter().flatten());
            }
        }
    }
}
