//! Finding objects in a [`Catalog`]: the readers deliver them sorted, so no index is kept.

use super::{Catalog, ColumnDefault, Constraint, Index, Relation, Sequence};

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
}

/// The element with this key, in a slice sorted by it.
fn find<T>(sorted: &[T], key: u32, key_of: impl Fn(&T) -> u32) -> Option<&T> {
    sorted.binary_search_by_key(&key, key_of).ok().map(|at| &sorted[at])
}

/// All elements with this key, in a slice sorted by it.
fn run<T>(sorted: &[T], key: u32, key_of: impl Fn(&T) -> u32) -> &[T] {
    let from = sorted.partition_point(|element| key_of(element) < key);
    let len = sorted[from..].partition_point(|element| key_of(element) == key);
    &sorted[from..from + len]
}
