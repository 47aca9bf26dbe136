//! In which order objects are made: the dependency graph, its topological order, and the loops in it.
//!
//! [`sort`] makes a node of every object of a [`Catalog`], draws an edge for every dependency the
//! server records and for those it does not (`edges`), breaks loops by taking objects apart (`repair`)
//! and sorts the rest, deviating as little as possible from an order of kinds and names (`topological`),
//! so that equal schemas give equal dumps. [`rows_order`] sorts tables by their foreign keys.

mod edges;
mod graph;
mod later;
mod node;
mod repair;
mod row_order;
mod scc;
mod topological;

use std::collections::HashSet;

pub use graph::Graph;
pub use node::{Node, NodeId};
pub use row_order::rows_order;
pub use scc::strong_components;

use crate::catalog::Catalog;
use crate::error::Result;
use crate::toc::CatalogId;

/// What was done to objects to break dependency loops; `ddl/` prints them accordingly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Defaults, CHECK constraints and domain constraints that get an entry of their own instead of a
    /// place inside their table or domain; domains whose default, and functions whose body, gets one.
    pub separate: HashSet<CatalogId>,
    /// Views made with a stand-in query first; their `_RETURN` rule makes the real query later.
    pub dummy_views: HashSet<CatalogId>,
    /// Types that are announced before the functions they need.
    pub shells: HashSet<CatalogId>,
    /// Functions and materialized views that are made after the rows.
    pub postponed: HashSet<CatalogId>,
}

/// Nodes in the order in which they are made, and what they need.
pub struct Ordered<'c> {
    /// The graph after the repairs.
    pub graph: Graph<'c>,
    /// Every node, in order.
    pub sequence: Vec<NodeId>,
    /// How loops were broken.
    pub repairs: Repairs,
}

/// Sorts everything in `catalog`.
///
/// # Errors
/// A loop that cannot be broken: [`crate::Code::Unsupported`], naming its members.
pub fn sort(catalog: &Catalog) -> Result<Ordered<'_>> {
    let mut graph = Graph::new(catalog);
    edges::draw(&mut graph, catalog);
    let repairs = repair::break_loops(&mut graph)?;
    let sequence = topological::sort(&graph);
    Ok(Ordered { graph, sequence, repairs })
}
