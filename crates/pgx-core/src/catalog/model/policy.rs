//! Row security policies.

use crate::toc::CatalogId;

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Name.
    pub name: String,
    /// OID of the table.
    pub relation: u32,
    /// False for RESTRICTIVE.
    pub permissive: bool,
    /// `polcmd`: `* r a w d`.
    pub command: char,
    /// Roles; empty is PUBLIC.
    pub roles: Vec<String>,
    /// USING
    pub using: Option<String>,
    /// WITH CHECK
    pub check: Option<String>,
}
