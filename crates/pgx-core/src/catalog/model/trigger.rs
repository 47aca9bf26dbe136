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
    /// `pg_get_triggerdef`; empty for a clone.
    pub definition: String,
    /// `tgenabled`: `O D R A`.
    pub enabled: char,
    /// A clone on a partition that is not simply enabled: only the state is dumped.
    pub clone: bool,
    /// OID of the trigger a user declared that the clone comes from.
    pub clone_of: Option<u32>,
}
