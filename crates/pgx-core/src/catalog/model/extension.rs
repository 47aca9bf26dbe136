//! Extensions.

use std::collections::BTreeSet;

use super::object::Object;
use crate::toc::CatalogId;

/// An extension that a user created (built-in ones have OIDs below 16384 and are not dumped).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// Identity; `schema` is the one it is installed in.
    pub object: Object,
    /// Installed version.
    pub version: String,
    /// The superuser that initdb made: members of a trusted extension are its.
    pub superuser: String,
    /// Made by initdb (plpgsql): never created by a restore.
    pub built_in: bool,
}

/// What users put on the relations of extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Keys, indexes, triggers, rules, policies, extended statistics.
    pub objects: BTreeSet<CatalogId>,
    /// OIDs of the relations.
    pub relations: BTreeSet<u32>,
}
