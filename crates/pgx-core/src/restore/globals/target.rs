//! The cluster as it is.

use std::collections::{BTreeSet, HashMap};

use crate::catalog::globals::{self, Parts};
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::global::{Membership, Role, Setting};
use crate::toc::{Entry, Global, Kind};

/// What is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) version: u32,
    /// The version of the server the archive is from.
    pub(super) source_version: u32,
    pub(super) in_recovery: bool,
    /// The restoring role, and the one that logged in: the same, as a rule.
    pub(super) user: String,
    pub(super) login: String,
    /// The attributes of the restoring role.
    pub(super) me: Role,
    /// The superuser that initdb made.
    pub(super) bootstrap: String,
    /// Objects by kind and name; those that nobody can name by it alone are below.
    entries: HashMap<(Kind, String), Entry>,
    memberships: Vec<(String, Membership)>,
    settings: HashMap<(Option<String>, String), String>,
    /// Directories of the archive's tablespaces that the server does not have.
    pub(super) missing_directories: BTreeSet<String>,
}

impl Target {
    /// Reads the cluster, and looks for the directories that `entries` name.
    pub(super) fn read(
        session: &mut Session,
        entries: &[Entry],
        source_version: u32,
    ) -> Result<Target> {
        let row = session.query_one(GENERAL)?;
        let mut target = Target { version: session.version(), source_version, ..general(&row)? };
        let passwords = globals::passwords_are_readable(session)?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let pins = crate::connect::pinned_settings(session.major());
        session.execute(&format!("{begin}{pins}"))?;
        let parts = Parts { roles: true, passwords, tablespaces: true };
        for entry in globals::read(session, parts)?.entries {
            target.take(entry);
        }
        session.execute("COMMIT")?;
        if target.me.superuser {
            target.missing_directories = missing_directories(session, entries)?;
        }
        Ok(target)
    }

    /// A cluster that has nothing but the superuser that initdb made, as in `entries`.
    pub(super) fn new(version: u32, entries: &[Entry]) -> Target {
        let me = Role { superuser: true, ..Role::default() };
        let mut target = Target { version, source_version: version, me, ..Target::default() };
        let is_bootstrap =
            |entry: &&Entry| matches!(&entry.global, Some(Global::Role(role)) if role.bootstrap);
        entries.iter().filter(is_bootstrap).for_each(|entry| target.take(entry.clone()));
        target
    }

    fn take(&mut self, entry: Entry) {
        let name = entry.name.name.clone();
        match &entry.global {
            Some(Global::Membership(of)) => self.memberships.push((name, of.clone())),
            Some(Global::Setting(Setting { role, value })) => {
                self.settings.insert((role.clone(), name), value.clone());
            }
            _ => drop(self.entries.insert((entry.kind, name), entry)),
        }
    }

    pub(super) fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// The object of that kind and name.
    pub(super) fn entry(&self, kind: Kind, name: &str) -> Option<&Entry> {
        self.entries.get(&(kind, name.to_owned()))
    }

    pub(super) fn role(&self, name: &str) -> Option<&Role> {
        match &self.entry(Kind::Role, name)?.global {
            Some(Global::Role(role)) => Some(role),
            _ => None,
        }
    }

    /// The memberships of `member` in `role`; several from 16 on, if several roles granted them.
    pub(super) fn memberships<'t>(
        &'t self,
        role: &'t str,
        member: &'t str,
    ) -> impl Iterator<Item = &'t Membership> {
        let found =
            self.memberships.iter().filter(move |(of, is)| of == role && is.member == member);
        found.map(|(_, membership)| membership)
    }

    pub(super) fn setting(&self, role: Option<&str>, name: &str) -> Option<&str> {
        let key = (role.map(str::to_owned), name.to_owned());
        self.settings.get(&key).map(String::as_str)
    }

    /// Whether this is the role that restores.
    pub(super) fn is_me(&self, role: &str) -> bool {
        role == self.user || role == self.login
    }
}

const GENERAL: &str = "\
SELECT pg_catalog.pg_is_in_recovery() AS in_recovery, current_user AS user, session_user AS login, \
 b.rolname AS bootstrap, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls \
FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles b ON b.oid = 10 \
WHERE r.rolname = current_user";

fn general(row: &Row) -> Result<Target> {
    Ok(Target {
        in_recovery: row.bool("in_recovery")?,
        user: row.text("user")?,
        login: row.text("login")?,
        bootstrap: row.text("bootstrap")?,
        me: Role {
            superuser: row.bool("rolsuper")?,
            create_role: row.bool("rolcreaterole")?,
            create_database: row.bool("rolcreatedb")?,
            replication: row.bool("rolreplication")?,
            bypass_rls: row.bool("rolbypassrls")?,
            ..Role::default()
        },
        ..Target::default()
    })
}

/// Only a superuser may look.
fn missing_directories(session: &mut Session, entries: &[Entry]) -> Result<BTreeSet<String>> {
    let mut missing = BTreeSet::new();
    for entry in entries {
        let Some(Global::Tablespace(space)) = &entry.global else { continue };
        if space.location.is_empty() {
            continue;
        }
        let row = session.query_one(&format!(
            "SELECT isdir FROM pg_catalog.pg_stat_file({}, true)",
            literal(&space.location)
        ));
        // A path that cannot even be looked at is CREATE TABLESPACE's to complain of.
        if row.is_ok_and(|row| row.bool("isdir").is_ok_and(|is_dir| !is_dir)) {
            missing.insert(space.location.clone());
        }
    }
    Ok(missing)
}
