//! What a dump cannot bring as it is, and goes on without.

use crate::catalog::Catalog;
use crate::event::Observer;
use crate::select::Choice;
use crate::toc::{Entry, Kind};

/// Built-in types whose values name databases of the server: `regdatabase` and arrays of it.
const DATABASE_NAMES: [u32; 2] = [6490, 6491];

/// Warns of them.
pub(super) fn make(entries: &[Entry], catalog: &Catalog, choice: &Choice, observer: &dyn Observer) {
    if choice.everything && entries.iter().any(|entry| entry.kind == Kind::Publication) {
        for publication in &catalog.publications {
            for table in &publication.except_unread {
                let name = &publication.object.name;
                observer.warning(format!(
                    "PUBLICATION {name} excepts the table {table}, which is not in the dump"
                ));
            }
        }
    }
    for entry in entries {
        for column in entry.data.iter().flat_map(|data| &data.columns) {
            if DATABASE_NAMES.contains(&column.type_oid) {
                observer.warning(format!(
                    "column {} of {} names databases: where the target lacks one, its row cannot \
                     be loaded",
                    column.name, entry.name
                ));
            }
        }
    }
}
