//! Triggers.

use crate::toc::CatalogId;

/// A trigger that a user declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Name.
    pub name: String,
    /// OID of the relation.
    pub relation: u32,
    /// `pg_get_triggerdef`.
    pub definition: String,
    /// `tgenabled`: `O D R A`.
    pub enabled: char,
    /// A clone on a partition whose enabled state differs from its parent's: only the state is dumped.
    pub clone: bool,
}
