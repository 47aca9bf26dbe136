//! From the archive's entries to what is done about each.

use std::fmt;

use super::item::Item;
use super::target::Target;
use super::{membership, names, parameter, role, setting, tablespace};
use crate::error::{Code, Error, Result};
use crate::restore::maps;
use crate::restore::plan::one_line;
use crate::restore::request::RestoreRequest;
use crate::toc::global::Password;
use crate::toc::{Entry, Global, Kind, Meta, Parts, Sections};

/// Refuses what is about a database.
///
/// # Errors
/// [`Code::Usage`].
pub(super) fn check_request(request: &RestoreRequest) -> Result<()> {
    let options = [
        (request.create.is_some(), "--create makes a database"),
        (!request.tables.is_empty(), "-t chooses from a database"),
        (!request.schemas.is_empty(), "-n chooses from a database"),
        (request.parts != Parts::ALL, "definitions and rows are of a database"),
        (request.sections != Sections::ALL, "--section chooses from a database"),
    ];
    match options.into_iter().find(|(set, _)| *set) {
        None => Ok(()),
        Some((_, what)) => {
            Err(Error::new(Code::Usage, format!("{what}, the archive holds roles and tablespaces"))
                .hint("leave the option out"))
        }
    }
}

/// The archive's entries without what is not wanted, under the names they will have; and what the user
/// should know of that.
///
/// # Errors
/// [`Code::NoMatch`]: a map of what the archive does not hold.
pub(super) fn wanted(
    meta: &Meta,
    toc: &[Entry],
    request: &RestoreRequest,
) -> Result<(Vec<Entry>, Vec<String>)> {
    maps::refuse_unmatched(&request.maps, meta, toc)?;
    let mut entries: Vec<Entry> =
        toc.iter().filter(|entry| !request.omitted.has(entry.kind)).cloned().collect();
    for entry in &mut entries {
        request.omitted.strip(entry);
        if let (Some(Global::Role(role)), false) = (&mut entry.global, request.role_passwords) {
            role.password = None;
        }
    }
    let warnings = names::apply(&request.maps, &mut entries);
    Ok((entries, warnings))
}

/// What is done about each entry, in order.
pub(super) fn items(entries: &[Entry], target: &Target) -> Vec<Item> {
    entries.iter().filter_map(|entry| item(entry, entries, target)).collect()
}

fn item(entry: &Entry, entries: &[Entry], target: &Target) -> Option<Item> {
    Some(match &entry.global {
        Some(Global::Role(role)) => role::item(entry, role, target),
        Some(Global::Membership(of)) => {
            let inherits = inherits(&of.member, entries, target);
            membership::item(entry, of, inherits, target)
        }
        Some(Global::Setting(of)) => setting::item(entry, of, target),
        Some(Global::Tablespace(of)) => tablespace::item(entry, of, target),
        None if entry.kind == Kind::ParameterAcl => parameter::item(entry, target),
        None => return None,
    })
}

/// Whether the member will have INHERIT, which decides for servers before 16.
fn inherits(member: &str, entries: &[Entry], target: &Target) -> bool {
    let is_it = |entry: &&Entry| entry.kind == Kind::Role && entry.name.name == member;
    match entries.iter().find(is_it).map(|entry| &entry.global) {
        Some(Some(Global::Role(role))) => role.inherit,
        _ => target.role(member).is_none_or(|role| role.inherit),
    }
}

/// What a restore of globals would do in a new cluster of the source's version. It prints itself,
/// without passwords.
#[derive(Clone, Debug)]
pub struct GlobalsPlan(Vec<Item>);

impl GlobalsPlan {
    /// The plan for an archive of this `meta` and these `entries`.
    ///
    /// # Errors
    /// [`Code::Usage`]: the request is about a database.
    pub fn new(meta: &Meta, entries: &[Entry], request: &RestoreRequest) -> Result<GlobalsPlan> {
        check_request(request)?;
        let (mut entries, _) = wanted(meta, entries, request)?;
        for entry in &mut entries {
            if let Some(Global::Role(role)) = &mut entry.global {
                role.password = role.password.take().map(Password::hidden);
            }
        }
        let target = Target::new(meta.server_version, &entries);
        Ok(GlobalsPlan(items(&entries, &target)))
    }
}

impl fmt::Display for GlobalsPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [(false, "in one transaction"), (true, "one by one, after it")];
        for (alone, heading) in groups {
            let items: Vec<&Item> = self.0.iter().filter(|item| item.alone == alone).collect();
            if items.is_empty() {
                continue;
            }
            writeln!(f, "{heading}:")?;
            for sql in items.iter().flat_map(|item| &item.steps).map(|step| &step.sql) {
                writeln!(f, "  {};", one_line(sql))?;
            }
        }
        writeln!(f, "what the target has already is compared, and only what differs is done")
    }
}
