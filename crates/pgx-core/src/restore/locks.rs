//! How many locks one transaction of a restore takes.

use super::plan::{Action, Plan};
use super::target::Target;
use crate::toc::{Entry, Kind};

/// The first version whose GRANT locks a large object.
const LOCKS_GRANTED: u32 = 18;

/// Locks that are held to the end: of a table also those of its TOAST table and index.
pub(super) fn estimate(plan: &Plan, target: &Target) -> u64 {
    let weight = |entry: &Entry| match entry.kind {
        Kind::LargeObjectMetadata => (entry.comments.len() + entry.labels.len()) as u64,
        Kind::Table | Kind::MaterializedView => 3,
        Kind::ForeignTable | Kind::View | Kind::Sequence | Kind::Index | Kind::Constraint => 1,
        _ => u64::from(entry.owner.is_some() || !entry.comments.is_empty()),
    };
    let granted = plan.of(Action::GrantLargeObjects).map(|(_, entry)| entry.large_objects());
    let granted: u64 = if target.major() >= LOCKS_GRANTED { granted.sum() } else { 0 };
    granted + plan.made().map(weight).sum::<u64>()
}
