//! Triggers.

use crate::toc::{CatalogId, Ref};

/// A trigger that a user declared, or one behind a key that is not simply enabled.
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
    /// A clone on a partition that is not simply enabled, or has a comment: only these are dumped.
    pub clone: bool,
    /// OID of the trigger a user declared that the clone comes from.
    pub clone_of: Option<u32>,
    /// The key that it is behind: its own name has an OID in it, and only its state is dumped.
    pub key: Option<TriggerKey>,
}

/// The constraint behind which a trigger stands; of a partition's, the one that a user declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriggerKey {
    /// OID in `pg_constraint`.
    pub oid: u32,
    /// The table it was declared on.
    pub table: Ref,
    /// Its name.
    pub name: String,
    /// The trigger's function, as SQL.
    pub function: String,
}
