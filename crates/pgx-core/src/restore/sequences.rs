//! Setting sequences so that a rollback takes it back.
//!
//! setval writes into the sequence's file and no rollback undoes it. ALTER SEQUENCE gives the
//! sequence a new file first, and a rollback brings the old one back.

use super::batch::Batch;
use super::plan::Action;
use crate::connect::quote::literal;
use crate::error::Result;
use crate::toc::{Entry, Ref};

/// Sets the sequences of the plan; `existed` tells which were there before the transaction. Returns
/// how many were set.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn set(mut batch: Batch<'_>, existed: impl Fn(&Ref) -> bool) -> Result<u64> {
    let plan = batch.plan;
    let mut count = 0;
    for (step, entry) in plan.of(Action::SetSequence) {
        if existed(&entry.name) {
            let sql = format!("ALTER SEQUENCE {} RESTART", entry.name.sql());
            batch.push(step.entry, sql)?;
        }
        if let Some(sql) = setval(entry) {
            batch.push(step.entry, sql)?;
        }
        batch.done(step)?;
        count += 1;
        batch.between_entries()?;
    }
    batch.flush()?;
    Ok(count)
}

fn setval(entry: &Entry) -> Option<String> {
    let value = entry.sequence?;
    Some(format!(
        "SELECT pg_catalog.setval({}::pg_catalog.regclass, {}, {})",
        literal(&entry.name.sql()),
        value.last_value,
        value.is_called
    ))
}
