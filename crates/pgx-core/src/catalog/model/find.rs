//! Finding objects in a [`Catalog`]: the readers deliver them sorted, so no index is kept.

use super::{Catalog, ColumnDefault, Constraint, Depend, Index, Relation, Rule, Sequence};
use crate::toc::CatalogId;

impl Catalog {
    /// The table or view with this OID.
    pub fn relation(&self, oid: u32) -> Option<&Relation> {
        find(&self.relations, oid, |relation| relation.object.id.oid)
    }

    /// The sequence with this OID.
    pub fn sequence(&self, oid: u32) -> Option<&Sequence> {
        find(&self.sequences, oid, |sequence| sequence.object.id.oid)
    }

    /// The index with this OID.
    pub fn index(&self, oid: u32) -> Option<&Index> {
        find(&self.indexes, oid, |index| index.object.id.oid)
    }

    /// Constraints of a table.
    pub fn constraints_of(&self, relation: u32) -> &[Constraint] {
        run(&self.constraints, relation, |constraint| constraint.relation)
    }

    /// Defaults and generation expressions of a table or view.
    pub fn defaults_of(&self, relation: u32) -> &[ColumnDefault] {
        run(&self.defaults, relation, |default| default.relation)
    }

    /// The default or generation expression of a column.
    pub fn default_of(&self, relation: u32, column: i32) -> Option<&ColumnDefault> {
        self.defaults_of(relation).iter().find(|default| default.number == column)
    }

    /// Rules of a table or view.
    pub fn rules_of(&self, relation: u32) -> &[Rule] {
        run(&self.rules, relation, |rule| rule.relation)
    }

    /// What an object needs by the server's record.
    pub fn depends_of(&self, id: CatalogId) -> &[Depend] {
        run(&self.depends, id, |depend| depend.of)
    }
}

/// The element with this key, in a slice sorted by it.
fn find<T>(sorted: &[T], key: u32, key_of: impl Fn(&T) -> u32) -> Option<&T> {
    sorted.binary_search_by_key(&key, key_of).ok().map(|at| &sorted[at])
}

/// All elements with this key, in a slice sorted by it.
fn run<T, K: Ord>(sorted: &[T], key: K, key_of: impl Fn(&T) -> K) -> &[T] {
    let from = sorted.partition_point(|element| key_of(element) < key);
    let len = sorted[from..].partition_point(|element| key_of(element) == key);
    &sorted[from..from + len]
}
