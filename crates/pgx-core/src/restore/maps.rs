//! Names of the archive that become others: owners, roles and tablespaces here, by changing fields;
//! schemas by renaming them when all is restored (`schemas`).

use std::collections::BTreeSet;

use super::texts;
use crate::connect::quote::ident;
use crate::ddl::default_acl;
use crate::error::{Code, Error, Result};
use crate::toc::{AclChange, DatabaseSpec, Entry, Kind, Maps, Meta, NameMap, RoleSlot};

/// Bytes of a name (`NAMEDATALEN` less one).
const NAME_BYTES: usize = 63;

/// Refuses a map of what the archive does not hold, which is a slip of the pen, and one to what no
/// server takes as a name.
///
/// # Errors
/// [`Code::NoMatch`]; [`Code::Usage`].
pub(super) fn refuse_unmatched(maps: &Maps, meta: &Meta, entries: &[Entry]) -> Result<()> {
    for (option, map) in [
        ("--map-owner", &maps.owners),
        ("--map-role", &maps.roles),
        ("--map-schema", &maps.schemas),
    ] {
        refuse_names(option, map)?;
    }
    let database = &meta.database;
    let owners: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry.owner.as_deref())
        .chain([&*database.owner])
        .collect();
    let tablespaces = entries.iter().map(|entry| &entry.tablespace).chain([&database.tablespace]);
    let mut tablespaces: BTreeSet<&str> = tablespaces.flatten().map(String::as_str).collect();
    let is_tablespace = |entry: &&Entry| entry.kind == Kind::Tablespace;
    tablespaces.extend(entries.iter().filter(is_tablespace).map(|entry| &*entry.name.name));
    let schemas: BTreeSet<&str> = entries.iter().flat_map(schemas_of).collect();
    let mut roles = owners.clone();
    roles.extend(entries.iter().flat_map(roles_of));
    roles.extend(database.acl.iter().flat_map(roles_of_change));
    roles.extend(database.role_settings.iter().map(|setting| setting.role.as_str()));
    unmatched("--map-owner", "owner", &maps.owners, &owners)?;
    unmatched("--map-role", "role", &maps.roles, &roles)?;
    unmatched("--map-tablespace", "tablespace", &maps.tablespaces, &tablespaces)?;
    unmatched("--map-schema", "schema", &maps.schemas, &schemas)
}

/// A longer name would be cut; what begins with `pg_` is the system's.
fn refuse_names(option: &str, map: &NameMap) -> Result<()> {
    let is_systems = |name: &str| option == "--map-schema" && name.starts_with("pg_");
    let is_name = |name: &str| (1..=NAME_BYTES).contains(&name.len()) && !is_systems(name);
    let Some((from, to)) = map.iter().find(|(_, to)| !is_name(to)) else { return Ok(()) };
    Err(Error::new(Code::Usage, format!("nothing can have the name {}", ident(to)))
        .object(format!("{option} {from}={to}"))
        .hint(format!("a name has 1 to {NAME_BYTES} bytes, and that of a schema no pg_ before it")))
}

fn unmatched(option: &str, what: &str, map: &NameMap, known: &BTreeSet<&str>) -> Result<()> {
    let Some((name, _)) = map.iter().find(|(name, _)| !known.contains(name)) else { return Ok(()) };
    Err(Error::new(Code::NoMatch, format!("the archive has no {what} {}", ident(name)))
        .object(format!("{option} {name}"))
        .hint(
            "write the name as the archive has it, capitals too: pgx inspect lists what it holds",
        ))
}

/// The schemas an entry is, or stands in.
fn schemas_of(entry: &Entry) -> impl Iterator<Item = &str> {
    let itself = Some(entry.name.name.as_str()).filter(|_| entry.kind == Kind::Schema);
    let schemas = itself.into_iter().chain(entry.name.schema.as_deref());
    // The system's own stay what they are.
    schemas.filter(|schema| !matches!(*schema, "pg_catalog" | "information_schema"))
}

/// The roles an entry names beside its owner.
fn roles_of(entry: &Entry) -> impl Iterator<Item = &str> {
    let slots = entry.role_slots.iter().map(|slot| slot.role.as_str());
    slots.chain(entry.acl.iter().flat_map(roles_of_change)).chain(entry.roles_of_global())
}

fn roles_of_change(change: &AclChange) -> impl Iterator<Item = &str> {
    [change.grantee.as_deref(), change.grantor.as_deref()].into_iter().flatten()
}

/// Maps owners, roles and the tablespace of an entry.
///
/// # Errors
/// [`Code::Usage`]: the archive does not say where a statement names roles.
/// [`Code::ArchiveDamaged`]: it says so wrongly.
pub(super) fn apply(maps: &Maps, entry: &mut Entry) -> Result<()> {
    if let Some(tablespace) = &mut entry.tablespace {
        entry.tablespace = maps.tablespace(tablespace).map(str::to_owned);
    }
    let owner = entry.owner.clone();
    entry.acl = mapped_acl(maps, owner.as_deref(), &entry.acl);
    entry.owner = owner.map(|owner| maps.owner(&owner).to_owned());
    if entry.kind == Kind::DefaultAcl && !maps.roles.is_empty() {
        default_acl::renew(entry);
    }
    if maps.roles.is_empty() { Ok(()) } else { fill_slots(maps, entry) }
}

/// Maps the owner, the roles, the tablespace and the search paths of the database.
pub(super) fn apply_to_database(maps: &Maps, database: &mut DatabaseSpec) {
    texts::map_settings(database, &maps.schemas);
    database.acl = mapped_acl(maps, Some(&database.owner), &database.acl);
    database.owner = maps.owner(&database.owner).to_owned();
    for setting in &mut database.role_settings {
        setting.role = maps.role(&setting.role).to_owned();
    }
    if let Some(tablespace) = &database.tablespace {
        database.tablespace = maps.tablespace(tablespace).map(str::to_owned);
    }
}

/// The changes of privileges on what belonged to `owner`. As with ALTER … OWNER TO, the new owner has
/// what the old one had, and gave what it gave.
pub(super) fn mapped_acl(maps: &Maps, owner: Option<&str>, acl: &[AclChange]) -> Vec<AclChange> {
    let new_owner = owner.map(|owner| maps.owner(owner));
    let mapped = |role: &String| match owner {
        Some(owner) if owner == role => maps.owner(owner).to_owned(),
        _ => maps.role(role).to_owned(),
    };
    let mut changes: Vec<AclChange> = acl
        .iter()
        .map(|change| AclChange {
            grantee: change.grantee.as_ref().map(mapped),
            grantor: change.grantor.as_ref().map(mapped),
            ..change.clone()
        })
        .collect();
    for change in &mut changes {
        // An owner grants without being named.
        change.grantor.take_if(|grantor| new_owner == Some(grantor.as_str()));
    }
    // Of two roles that become one, what one gave the other.
    changes.retain(|change| {
        owner.is_none() || change.grantor.is_none() || change.grantor != change.grantee
    });
    changes
}

/// Puts other roles into the statements that name them.
fn fill_slots(maps: &Maps, entry: &mut Entry) -> Result<()> {
    if entry.role_slots.is_empty() && names_roles(entry) {
        let what = "the archive does not say where this names its roles";
        return Err(Error::new(Code::Usage, what)
            .object(entry.label())
            .hint("dump again with this version of pgx, or leave --map-role out"));
    }
    if entry.kind == Kind::UserMapping
        && let Some(slot) = entry.role_slots.first()
        && let Some(rest) = entry.name.name.strip_prefix(&slot.role)
    {
        entry.name.name = format!("{}{rest}", maps.role(&slot.role));
    }
    let slots = std::mem::take(&mut entry.role_slots);
    let mut filled_slots = 0;
    for (at, statement) in entry.create.iter_mut().enumerate() {
        let here: Vec<&RoleSlot> =
            slots.iter().filter(|slot| slot.statement as usize == at).collect();
        if let Some(filled) = filled(statement, &here, maps) {
            *statement = filled;
            filled_slots += here.len();
        }
    }
    if filled_slots == slots.len() {
        return Ok(());
    }
    Err(Error::new(Code::ArchiveDamaged, "the archive names a role where its statement has none")
        .object(entry.label())
        .hint("the archive was not written by pgx as it is; do not trust it"))
}

/// A statement with the roles of its slots mapped; none where a slot is not what it says.
fn filled(statement: &str, slots: &[&RoleSlot], maps: &Maps) -> Option<String> {
    let mut filled = String::with_capacity(statement.len());
    let mut done = 0;
    for slot in slots {
        let offset = slot.offset as usize;
        filled.push_str(statement.get(done..offset)?);
        let name = ident(&slot.role);
        statement.get(offset..)?.strip_prefix(&name)?;
        filled.push_str(&ident(maps.role(&slot.role)));
        done = offset + name.len();
    }
    filled.push_str(&statement[done..]);
    Some(filled)
}

/// Whether the statement of a policy or user mapping names roles, as an archive without slots has it.
fn names_roles(entry: &Entry) -> bool {
    let Some(statement) = entry.create.first() else { return false };
    match entry.kind {
        Kind::UserMapping => statement.starts_with("CREATE USER MAPPING FOR \""),
        Kind::Policy => {
            let rest = statement.strip_prefix(&format!("CREATE {}", entry.address));
            let clauses =
                [" AS RESTRICTIVE", " FOR SELECT", " FOR INSERT", " FOR UPDATE", " FOR DELETE"];
            let rest = clauses.iter().fold(rest.unwrap_or_default(), |rest, clause| {
                rest.strip_prefix(clause).unwrap_or(rest)
            });
            rest.starts_with(" TO ")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Ref};

    fn map(texts: &[&str]) -> NameMap {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        NameMap::parse("--map", &texts).unwrap()
    }

    fn change(grantee: &str, grantor: Option<&str>) -> AclChange {
        AclChange {
            revoke: false,
            privileges: vec!["SELECT".into()],
            column: None,
            on: "TABLE t".into(),
            grantee: Some(grantee.into()),
            grantor: grantor.map(str::to_owned),
            grant_option: false,
        }
    }

    fn policy() -> Entry {
        let mut entry = Entry::new(Kind::Policy, CatalogId::default(), Ref::new("s", "p"));
        entry.address = "POLICY \"p\" ON \"s\".\"t\"".into();
        let head = format!("CREATE {} FOR SELECT TO ", entry.address);
        let slot = |offset: usize, role: &str| RoleSlot {
            statement: 0,
            offset: offset as u32,
            role: role.into(),
        };
        entry.role_slots = vec![slot(head.len(), "a"), slot(head.len() + 5, "b\"c")];
        entry.create = vec![format!("{head}\"a\", \"b\"\"c\" USING (x = '\"a\"')")];
        entry
    }

    #[test]
    fn a_new_owner_has_and_gave_what_the_old_one_had_and_gave() {
        let maps = Maps { owners: map(&["a=b"]), ..Maps::default() };
        let acl = [
            change("a", None),
            change("c", Some("b")),
            change("c", Some("a")),
            change("a", Some("d")),
        ];
        let mapped = mapped_acl(&maps, Some("a"), &acl);
        let pairs: Vec<_> =
            mapped.iter().map(|c| (c.grantee.as_deref().unwrap(), c.grantor.as_deref())).collect();
        assert_eq!(pairs, [("b", None), ("c", None), ("c", None), ("b", Some("d"))]);
        assert_eq!(mapped_acl(&maps, Some("x"), &acl)[0].grantee.as_deref(), Some("a"));
    }

    #[test]
    fn two_roles_that_become_one_grant_nothing_to_each_other() {
        let maps = Maps { roles: map(&["a=c", "b=c"]), ..Maps::default() };
        let acl = [change("a", None), change("b", Some("a")), change("d", Some("a"))];
        assert_eq!(mapped_acl(&maps, Some("o"), &acl).len(), 2);
    }

    #[test]
    fn roles_in_a_statement_are_replaced_where_the_archive_says_they_are() {
        let maps = Maps { roles: map(&["a=long \"name", "b\"c=a"]), ..Maps::default() };
        let mut entry = policy();
        apply(&maps, &mut entry).unwrap();
        let tail = "FOR SELECT TO \"long \"\"name\", \"a\" USING (x = '\"a\"')";
        assert!(entry.create[0].ends_with(tail), "{}", entry.create[0]);
        let mut unsaid = Entry { role_slots: Vec::new(), ..policy() };
        assert_eq!(apply(&maps, &mut unsaid).unwrap_err().code(), Code::Usage);
        unsaid.create[0] = unsaid.create[0].replace(" TO \"a\", \"b\"\"c\"", "");
        apply(&maps, &mut unsaid).unwrap();
        let changes: [fn(&mut RoleSlot); 4] = [
            |slot| slot.offset += 1,
            |slot| slot.role = "x".into(),
            |slot| slot.offset = u32::MAX,
            |slot| slot.statement = 1,
        ];
        for change in changes {
            let mut wrong = policy();
            change(&mut wrong.role_slots[1]);
            assert_eq!(apply(&maps, &mut wrong).unwrap_err().code(), Code::ArchiveDamaged);
        }
    }

    #[test]
    fn a_map_of_nothing_is_refused() {
        let entries = [policy()];
        let check = |maps: &Maps| refuse_unmatched(maps, &Meta::default(), &entries);
        check(&Maps { roles: map(&["a=x"]), schemas: map(&["s=x"]), ..Maps::default() }).unwrap();
        for maps in [
            Maps { roles: map(&["z=x"]), ..Maps::default() },
            Maps { owners: map(&["a=x"]), ..Maps::default() },
            Maps { schemas: map(&["p=x"]), ..Maps::default() },
            Maps { tablespaces: map(&["a=x"]), ..Maps::default() },
        ] {
            assert_eq!(check(&maps).unwrap_err().code(), Code::NoMatch);
        }
        let long = format!("s={}", "x".repeat(64));
        for schemas in [map(&["s="]), map(&["s=pg_x"]), map(&[&long])] {
            let error = check(&Maps { schemas, ..Maps::default() }).unwrap_err();
            assert_eq!(error.code(), Code::Usage);
        }
    }
}
