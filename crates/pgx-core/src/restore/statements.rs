//! An entry as the statements that restore it.

use super::plan::Action;
use crate::connect::quote::{ident, literal};
use crate::ddl::{acl, comment, label};
use crate::toc::{Entry, Kind};

/// Every statement that brings an entry to a server of its own major version, without final semicolons:
/// making, owner, comments, labels, privileges. Empty for rows, sequence values, large objects and what
/// belongs to a cluster. Where a table is stored is said around the statement that makes it, since a
/// restore says it by settings, too.
pub fn of_entry(entry: &Entry, major: u32) -> Vec<String> {
    if entry.large_objects.is_some() {
        return Vec::new();
    }
    let method = entry.access_method.as_deref().filter(|_| !entry.partitioned);
    let storage = [
        ("default_tablespace", entry.tablespace.as_deref()),
        ("default_table_access_method", method),
    ];
    let storage = || storage.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let mut all: Vec<String> =
        storage().map(|(name, value)| format!("SET {name} = {}", literal(value))).collect();
    if entry.kind != Kind::DefaultAcl {
        all.extend(of_step(entry, Action::Define, major));
    }
    all.extend(storage().map(|(name, _)| format!("RESET {name}")));
    all.extend(of_step(entry, Action::Grant, major));
    all
}

/// The statements of a step, on a server of a major version: making, owner, comments; or privileges.
pub(super) fn of_step(entry: &Entry, action: Action, major: u32) -> Vec<String> {
    match action {
        Action::Define | Action::DefineAfter | Action::DefineLast => {
            let mut statements = entry.create.clone();
            statements.extend(partitions_method(entry));
            statements.extend(entry.toast_compression.iter().cloned());
            statements.extend(owner(entry));
            statements.extend(entry.comments.iter().map(comment::statement));
            statements.extend(entry.labels.iter().map(label::statement));
            statements
        }
        Action::Complete { comments } => {
            let mut statements: Vec<String> = owner(entry).into_iter().collect();
            if comments {
                statements.extend(entry.comments.iter().map(comment::statement));
                statements.extend(entry.labels.iter().map(label::statement));
            }
            statements
        }
        // Default privileges are changes of privileges themselves.
        Action::Grant if entry.kind == Kind::DefaultAcl => entry.create.clone(),
        Action::Grant => {
            entry.acl.iter().flat_map(|change| acl::statements(change, major)).collect()
        }
        Action::MakeLargeObjects
        | Action::Load
        | Action::LoadLargeObjects
        | Action::LoadStatistics
        | Action::SetSequence
        | Action::GrantLargeObjects => Vec::new(),
    }
}

/// Asks for the version of an extension that the archive names.
pub(super) fn pin_version(entry: &mut Entry) {
    let Some(version) = &entry.version else { return };
    let version = literal(version);
    entry.create.iter_mut().for_each(|sql| sql.push_str(&format!(" VERSION {version}")));
}

/// A partitioned table has no storage of its own: `default_table_access_method` does not set the
/// access method its partitions get.
fn partitions_method(entry: &Entry) -> Option<String> {
    let method = entry.access_method.as_deref().filter(|_| entry.partitioned)?;
    let table = entry.name.sql();
    Some(format!("ALTER TABLE ONLY {table} SET ACCESS METHOD {}", ident(method)))
}

fn owner(entry: &Entry) -> Option<String> {
    let owner = entry.owner.as_deref().filter(|_| !entry.address.is_empty())?;
    Some(format!("ALTER {} OWNER TO {}", entry.address, ident(owner)))
}
