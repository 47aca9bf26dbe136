//! Making tables partitions of tables, and indexes parts of partitioned indexes.

use super::Context;
use crate::catalog::model::{ConstraintKind, Index, Relation};
use crate::toc::{CatalogId, Entry, Kind};

/// The entry that attaches a partition. None where the parent was not read, and for a partition
/// that was being detached: restoring it as attached would undo what somebody has begun.
pub fn entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    let partition = relation.partition.as_ref().filter(|_| !relation.is_detaching())?;
    let parent = ctx.catalog.relation(partition.parent)?.object.name_ref();
    let child = relation.object.name_ref();
    let mut entry = Entry::new(Kind::TableAttach, synthetic(relation.object.id), child.clone());
    entry.create.push(format!(
        "ALTER TABLE ONLY {} ATTACH PARTITION {} {}",
        parent.sql(),
        child.sql(),
        partition.bound
    ));
    entry.on = Some(parent);
    Some(entry)
}

/// The entry that attaches an index, be it a constraint's or not, to the index of the partitioned
/// table; none where that was not read.
pub fn index_entry(index: &Index, ctx: &Context<'_>) -> Option<Entry> {
    let parent = ctx.catalog.index(index.parent?)?.object.name_ref();
    let table = ctx.catalog.relation(index.relation)?;
    if table.is_detaching() || comes_with_parent(index, ctx) {
        return None;
    }
    let child = index.object.name_ref();
    let mut entry = Entry::new(Kind::IndexAttach, synthetic(index.object.id), child.clone());
    entry.create.push(format!("ALTER INDEX {} ATTACH PARTITION {}", parent.sql(), child.sql()));
    entry.on = Some(table.object.name_ref());
    Some(entry)
}

/// The index of an exclusion constraint is made together with the partitioned table's.
fn comes_with_parent(index: &Index, ctx: &Context<'_>) -> bool {
    ctx.catalog.constraints_of(index.relation).iter().any(|constraint| {
        Some(constraint.object.id.oid) == index.constraint
            && constraint.kind == ConstraintKind::Exclusion
    })
}

/// For entries that have no row of their own in a catalog: no class, and the object's OID.
pub(super) fn synthetic(id: CatalogId) -> CatalogId {
    CatalogId { class: 0, oid: id.oid }
}
