//! In which order objects are made: the dependency graph, its topological order, and the loops in it.

use std::collections::HashSet;

use crate::toc::CatalogId;

/// What was done to objects to break dependency loops; `ddl/` prints them accordingly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Defaults, CHECK constraints and domain constraints that get an entry of their own instead of a
    /// place inside their table or domain.
    pub separate: HashSet<CatalogId>,
    /// Views made with a stand-in query first; their `_RETURN` rule makes the real query later.
    pub dummy_views: HashSet<CatalogId>,
    /// Functions and materialized views that are made after the rows.
    pub postponed: HashSet<CatalogId>,
}
