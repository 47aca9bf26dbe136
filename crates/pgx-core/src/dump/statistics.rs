//! Statistics of the planner: which relations they are about, and their entries.

use crate::catalog::planner;
use crate::connect::Session;
use crate::error::Result;
use crate::event::Observer;
use crate::toc::{Entry, EntryId};

/// Relations that a warning names; more are counted.
const NAMES_MAX: usize = 5;

/// Appends an entry for each stream of statistics. They are the last: a restore brings them in when
/// everything else is there.
pub(super) fn append(entries: &mut Vec<Entry>, version: u32) {
    for described in planner::described(version) {
        let id = entries.last().map_or(1, |last| last.id.0 + 1);
        entries.push(Entry { id: EntryId(id), ..described.entry() });
    }
}

/// Tells of `relations` whose statistics the role may not see: the server leaves them out without a
/// word.
///
/// # Errors
/// What the server refused.
pub(super) fn tell_hidden(
    session: &mut Session,
    relations: &[u32],
    observer: &dyn Observer,
) -> Result<()> {
    let (count, names) = planner::hidden(session, relations, NAMES_MAX)?;
    if count > 0 {
        let more = count.saturating_sub(names.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        observer.warning(format!(
            "the role may not see all statistics of {}{more}; they are left out",
            names.join(", ")
        ));
    }
    Ok(())
}
