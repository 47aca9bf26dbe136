//! Memberships: `pg_auth_members`.

use std::collections::HashSet;

use super::{BOOTSTRAP, Globals, entry};
use crate::catalog::model::class;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::global::Membership;
use crate::toc::{CatalogId, Entry, Global, Kind};

/// A membership whose names were looked up; none is a role that is gone.
struct Found {
    role: String,
    of: Membership,
    /// The grantor is gone.
    dangling: bool,
}

/// Reads the memberships, those of and in the server's own roles included, in an order in which every
/// grantor can grant.
pub(super) fn read(session: &mut Session, globals: &mut Globals) -> Result<()> {
    let version = session.version();
    let mut found = Vec::new();
    for row in &session.query(&sql(version))? {
        found.extend(membership(row, &mut globals.warnings)?);
    }
    for one in &mut found {
        if std::mem::take(&mut one.dangling) {
            let Found { role, of, .. } = one;
            let what = format!("the membership of {} in {role}", of.member);
            globals.warnings.push(format!("{what} was granted by a role that is gone"));
        }
    }
    // Before 16 any role may be named as the grantor by a superuser.
    if version >= 160_000 {
        found = in_order(found, &mut globals.warnings);
    }
    globals.entries.extend(found.into_iter().map(made));
    Ok(())
}

/// Options and several grantors of one membership came with 16.
fn sql(version: u32) -> String {
    let options = match version {
        160_000.. => "a.inherit_option, a.set_option",
        _ => "NULL AS inherit_option, NULL AS set_option",
    };
    format!(
        "SELECT r.rolname AS role, m.rolname AS member, g.rolname AS grantor, \
          a.grantor AS grantor_oid, a.admin_option, {options}, \
          a.roleid, a.member AS member_oid \
         FROM pg_catalog.pg_auth_members a \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.roleid \
         LEFT JOIN pg_catalog.pg_roles m ON m.oid = a.member \
         LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor \
         WHERE NOT COALESCE(pg_catalog.left(r.rolname::pg_catalog.text, 3) = 'pg_' \
          AND pg_catalog.left(m.rolname::pg_catalog.text, 3) = 'pg_', false) \
         ORDER BY 1, 2, 3"
    )
}

fn membership(row: &Row, warnings: &mut Vec<String>) -> Result<Option<Found>> {
    let (Some(role), Some(member)) = (row.opt_text("role")?, row.opt_text("member")?) else {
        let (role, member) = (row.str("roleid")?, row.str("member_oid")?);
        warnings.push(format!("a membership of role {member} in role {role}: one of them is gone"));
        return Ok(None);
    };
    let option = |name| row.opt(name).map(|value| value.map(|text| text == "t"));
    let grantor = row.opt_text("grantor")?;
    let dangling = grantor.is_none();
    let by_bootstrap = row.oid("grantor_oid")? == BOOTSTRAP;
    let of = Membership {
        member,
        admin: row.bool("admin_option")?,
        inherit: option("inherit_option")?,
        set: option("set_option")?,
        grantor: grantor.filter(|_| !by_bootstrap),
    };
    Ok(Some(Found { role, of, dangling }))
}

/// Whoever grants must have got the ADMIN option before. What is left over at the end was granted by
/// roles that have lost it since: it is taken for granted by the bootstrap superuser.
fn in_order(mut open: Vec<Found>, warnings: &mut Vec<String>) -> Vec<Found> {
    let mut admins: HashSet<(String, String)> = HashSet::new();
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let can = |found: &Found| {
            let grantor = found.of.grantor.as_ref();
            grantor.is_none_or(|name| admins.contains(&(found.role.clone(), name.clone())))
        };
        let (mut ready, waiting): (Vec<_>, Vec<_>) = open.into_iter().partition(can);
        open = waiting;
        if ready.is_empty() {
            ready = open.drain(..).map(|found| without_grantor(found, warnings)).collect();
        }
        let now = ready.iter().filter(|found| found.of.admin);
        admins.extend(now.map(|found| (found.role.clone(), found.of.member.clone())));
        ordered.extend(ready);
    }
    ordered
}

fn without_grantor(mut found: Found, warnings: &mut Vec<String>) -> Found {
    if let Some(grantor) = found.of.grantor.take() {
        let what = format!("the membership of {} in {}", found.of.member, found.role);
        warnings.push(format!("{what} was granted by {grantor}, who may not grant it any more"));
    }
    found
}

fn made(found: Found) -> Entry {
    let id = CatalogId { class: class::AUTH_MEMBERS, oid: 0 };
    let mut made = entry(Kind::RoleMembership, id, found.role);
    made.global = Some(Global::Membership(found.of));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(member: &str, admin: bool, grantor: &str) -> Found {
        let grantor = Some(grantor.to_owned()).filter(|name| !name.is_empty());
        let of = Membership { member: member.to_owned(), admin, grantor, ..Membership::default() };
        Found { role: "r".to_owned(), of, dangling: false }
    }

    #[test]
    fn who_grants_was_granted_the_option_before() {
        let open = vec![found("c", false, "b"), found("b", true, "a"), found("a", true, "")];
        let mut warnings = Vec::new();
        let ordered = in_order(open, &mut warnings);
        let members: Vec<&str> = ordered.iter().map(|found| found.of.member.as_str()).collect();
        assert_eq!((members, warnings.len()), (vec!["a", "b", "c"], 0));
    }

    #[test]
    fn who_lost_the_option_is_no_grantor_any_more() {
        let mut warnings = Vec::new();
        let ordered = in_order(vec![found("b", false, "a"), found("a", false, "")], &mut warnings);
        assert_eq!(ordered.len(), 2);
        assert!(ordered.iter().all(|found| found.of.grantor.is_none()));
        assert_eq!(warnings.len(), 1);
    }
}
