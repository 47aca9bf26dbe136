//! Roles and tablespaces that become others: `--map-role`, `--map-owner`, `--map-tablespace`.

use std::collections::HashSet;

use crate::restore::maps::mapped_acl;
use crate::toc::{Entry, Global, Kind, Maps};

/// Maps every name in the entries; returns what the user should know. Of two roles that become one the
/// first decides; a tablespace that becomes the default is none any more.
pub(super) fn apply(maps: &Maps, entries: &mut Vec<Entry>) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut roles = HashSet::new();
    entries.retain_mut(|entry| {
        let kept = map(maps, entry, &mut warnings);
        kept && (entry.kind != Kind::Role || roles.insert(entry.name.name.clone()))
    });
    warnings
}

/// Whether anything of the entry is left.
fn map(maps: &Maps, entry: &mut Entry, warnings: &mut Vec<String>) -> bool {
    entry.acl = mapped_acl(maps, entry.owner.as_deref(), &entry.acl);
    entry.owner = entry.owner.take().map(|owner| maps.owner(&owner).to_owned());
    let role = |name: &mut String| *name = maps.role(name).to_owned();
    let name = &mut entry.name.name;
    match &mut entry.global {
        Some(Global::Role(of)) => {
            let old = name.clone();
            role(name);
            // The server mixes the name into an md5 verifier.
            if *name != old && of.password.as_ref().is_some_and(|one| one.0.starts_with("md5")) {
                of.password = None;
                warnings.push(format!("{name} has no password: that of {old} is of its old name"));
            }
        }
        Some(Global::Membership(of)) => {
            role(name);
            role(&mut of.member);
            of.grantor.as_mut().map(role);
            return *name != of.member;
        }
        Some(Global::Setting(of)) => {
            of.role.as_mut().map(role);
        }
        Some(Global::Tablespace(_)) => match maps.tablespace(name).map(str::to_owned) {
            Some(mapped) => *name = mapped,
            None => return name.starts_with("pg_"),
        },
        None => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::global::{Membership, Password, Role, Setting, Tablespace};
    use crate::toc::{CatalogId, NameMap, Ref};

    fn entry(kind: Kind, name: &str, global: Global) -> Entry {
        let name = Ref { schema: None, name: name.to_owned() };
        Entry { global: Some(global), ..Entry::new(kind, CatalogId::default(), name) }
    }

    fn role(name: &str, password: &str) -> Entry {
        let password = Some(Password(password.to_owned()));
        entry(Kind::Role, name, Global::Role(Role { password, ..Role::default() }))
    }

    fn map_of(text: &str) -> NameMap {
        NameMap::parse("--map-x", &[text.to_owned()]).unwrap()
    }

    #[test]
    fn every_name_of_a_role_is_mapped() {
        let maps = Maps { roles: map_of("a=b"), ..Maps::default() };
        let member =
            Membership { member: "a".into(), grantor: Some("a".into()), ..Membership::default() };
        let setting = Setting { role: Some("a".into()), value: "1".into() };
        let mut entries = vec![
            role("a", "SCRAM-SHA-256$x"),
            entry(Kind::RoleMembership, "staff", Global::Membership(member)),
            entry(Kind::RoleSetting, "work_mem", Global::Setting(setting)),
        ];
        assert!(apply(&maps, &mut entries).is_empty());
        assert!(!format!("{entries:?}").contains("\"a\""), "{entries:?}");
        assert_eq!(entries[0].name.name, "b");
    }

    #[test]
    fn an_md5_password_is_of_one_name_only() {
        let maps = Maps { roles: map_of("a=b"), ..Maps::default() };
        let mut entries = vec![role("a", "md5x"), role("c", "md5y")];
        assert_eq!(apply(&maps, &mut entries).len(), 1);
        let has = |entry: &Entry| {
            matches!(&entry.global, Some(Global::Role(Role { password: Some(_), .. })))
        };
        assert_eq!(entries.iter().map(has).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn two_roles_may_become_one_and_a_tablespace_none() {
        let maps = Maps { roles: map_of("a=b"), tablespaces: map_of("t="), ..Maps::default() };
        let member = Membership { member: "a".into(), ..Membership::default() };
        let mut entries = vec![
            role("a", ""),
            role("b", ""),
            entry(Kind::RoleMembership, "b", Global::Membership(member)),
            entry(Kind::Tablespace, "t", Global::Tablespace(Tablespace::default())),
        ];
        apply(&maps, &mut entries);
        assert_eq!(entries.len(), 1);
    }
}
