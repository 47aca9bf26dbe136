//! The dump of what a cluster's databases share, as an archive of its own: META and a table of
//! contents, no rows.

use std::collections::HashMap;
use std::io::Write;

use super::{DumpReport, meta_of_server};
use crate::archive::Writer;
use crate::catalog::globals::{self, Parts};
use crate::connect::{Config, Session, open_maintenance, pinned_settings};
use crate::error::Result;
use crate::event::Observer;
use crate::toc::{Content, Entry, EntryId, Kind, Meta, Omitted};

/// A dump of globals, as asked for.
#[derive(Clone, Debug)]
pub struct GlobalsRequest {
    /// The source.
    pub config: Config,
    /// Connect to a database that is surely there, instead of the one that `config` names.
    pub any_database: bool,
    /// What to dump.
    pub parts: Parts,
    /// Comments, labels, privileges that are not wanted.
    pub omitted: Omitted,
    /// The request in the user's words, kept in the archive.
    pub request_text: String,
}

/// Dumps roles and tablespaces into `output` and gives the output back, complete but not synced.
///
/// # Errors
/// Codes 4xx to 6xx and 11xx for the source, 10xx for the output, which then holds no valid archive.
pub fn globals<W: Write + Send>(
    request: &GlobalsRequest,
    output: W,
    observer: &dyn Observer,
) -> Result<(W, DumpReport)> {
    observer.stage("connecting");
    let mut session = match request.any_database {
        true => open_maintenance(&request.config)?,
        false => Session::open(&request.config)?,
    };
    observer.stage("reading roles and tablespaces");
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    session.execute(&format!("{begin}{}", pinned_settings(session.major())))?;
    let found = globals::read(&mut session, request.parts)?;
    found.warnings.iter().for_each(|warning| observer.warning(warning.clone()));
    let wanted = found.entries.into_iter().filter(|entry| !request.omitted.has(entry.kind));
    let mut entries = numbered(wanted.collect());
    entries.iter_mut().for_each(|entry| request.omitted.strip(entry));
    let meta = Meta {
        has_schema: true,
        request: request.request_text.clone(),
        content: Content::Globals,
        ..meta_of_server(&mut session)?
    };
    session.execute("COMMIT")?;
    let mut writer = Writer::new(output, &meta)?;
    writer.toc(&entries)?;
    let (output, totals) = writer.finish()?;
    let report = DumpReport {
        entries: entries.len(),
        stored_bytes: totals.file_bytes,
        ..DumpReport::default()
    };
    Ok((output, report))
}

/// Gives the entries their numbers, and to each the roles that it names as needs. A grantor's own
/// membership stands before what it grants by the order alone.
fn numbered(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut roles: HashMap<String, EntryId> = HashMap::new();
    for (entry, number) in entries.iter_mut().zip(1..) {
        entry.id = EntryId(number);
        let named = names_of_roles(entry);
        entry.deps = named.iter().filter_map(|name| roles.get(*name).copied()).collect();
        entry.deps.sort_unstable();
        entry.deps.dedup();
        if entry.kind == Kind::Role {
            roles.insert(entry.name.name.clone(), entry.id);
        }
    }
    entries
}

/// Every role that an entry names besides the one it makes.
fn names_of_roles(entry: &Entry) -> Vec<&str> {
    let mut names: Vec<&str> = entry.owner.as_deref().into_iter().collect();
    for change in &entry.acl {
        names.extend(change.grantee.as_deref());
        names.extend(change.grantor.as_deref());
    }
    names.extend(entry.roles_of_global());
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::global::{Membership, Role};
    use crate::toc::{CatalogId, Global, Ref};

    fn entry(kind: Kind, name: &str, global: Global) -> Entry {
        let name = Ref { schema: None, name: name.to_owned() };
        Entry { global: Some(global), ..Entry::new(kind, CatalogId::default(), name) }
    }

    #[test]
    fn a_membership_needs_its_roles() {
        let member = Membership {
            member: "b".to_owned(),
            grantor: Some("pg_unknown".to_owned()),
            ..Membership::default()
        };
        let entries = numbered(vec![
            entry(Kind::Role, "a", Global::Role(Role::default())),
            entry(Kind::Role, "b", Global::Role(Role::default())),
            entry(Kind::RoleMembership, "a", Global::Membership(member)),
        ]);
        assert_eq!(entries[2].deps, [EntryId(1), EntryId(2)]);
        assert!(entries[0].deps.is_empty());
    }
}
