//! Roles: only attributes that differ are set.

use super::item::{Item, Step};
use super::remarks;
use super::target::Target;
use crate::connect::quote::{ident, literal};
use crate::toc::Entry;
use crate::toc::global::{Password, Role};

/// What CREATE ROLE makes by itself.
const NEW: Role = Role {
    superuser: false,
    inherit: true,
    create_role: false,
    create_database: false,
    login: false,
    replication: false,
    bypass_rls: false,
    connection_limit: -1,
    password: Some(Password(String::new())),
    valid_until: None,
    bootstrap: false,
};

/// An attribute that is to change.
struct Change {
    /// Its name, for messages.
    name: &'static str,
    sql: String,
    /// What it takes away may be somebody's way in.
    locks_out: bool,
}

pub(super) fn item(entry: &Entry, wanted: &Role, target: &Target) -> Item {
    let name = &entry.name.name;
    let there = target.role(name);
    let mut item = Item::new(entry.label(), there.is_some());
    let mut options = Vec::new();
    for change in changes(wanted, there.unwrap_or(&NEW)) {
        if change.locks_out && there.is_some() && is_the_way_in(name, &change, target) {
            item.kept.push(format!("{} stays as it is, so that nobody is locked out", change.name));
        } else if may_give(&change, target) {
            options.push(change.sql);
        } else {
            item.left_out.push(format!("{}: role {:?} may not give it", change.name, target.user));
        }
    }
    let verb = if item.exists { "ALTER" } else { "CREATE" };
    if !item.exists || !options.is_empty() {
        let with = if options.is_empty() { "" } else { " WITH " };
        let sql = format!("{verb} ROLE {}{with}{}", ident(name), options.join(" "));
        item.steps.push(Step::main(sql));
    }
    let before = target.entry(entry.kind, name);
    remarks::add(&mut item, entry, before, &format!("ROLE {}", ident(name)));
    item
}

/// What leads from one set of attributes to another.
fn changes(wanted: &Role, there: &Role) -> Vec<Change> {
    let flags = [
        ("SUPERUSER", wanted.superuser, there.superuser, true),
        ("INHERIT", wanted.inherit, there.inherit, false),
        ("CREATEROLE", wanted.create_role, there.create_role, true),
        ("CREATEDB", wanted.create_database, there.create_database, false),
        ("LOGIN", wanted.login, there.login, true),
        ("REPLICATION", wanted.replication, there.replication, false),
        ("BYPASSRLS", wanted.bypass_rls, there.bypass_rls, false),
    ];
    let mut changes: Vec<Change> = flags
        .into_iter()
        .filter(|(_, wanted, there, _)| wanted != there)
        .map(|(name, wanted, _, is_a_way_in)| Change {
            name,
            sql: if wanted { name.to_owned() } else { format!("NO{name}") },
            locks_out: is_a_way_in && !wanted,
        })
        .collect();
    let mut push = |name, sql| changes.push(Change { name, sql, locks_out: true });
    if wanted.connection_limit != there.connection_limit {
        push("CONNECTION LIMIT", format!("CONNECTION LIMIT {}", wanted.connection_limit));
    }
    if let Some(sql) = password(wanted, there) {
        push("PASSWORD", sql);
    }
    if let Some(until) = valid_until(wanted, there) {
        push("VALID UNTIL", format!("VALID UNTIL {}", literal(until)));
    }
    changes
}

/// A password that cannot be read on the target is set anyway; that there is none, only where there is
/// one.
fn password(wanted: &Role, there: &Role) -> Option<String> {
    let Password(wanted) = wanted.password.as_ref()?;
    let there = there.password.as_ref().map(|Password(there)| there);
    match (wanted.is_empty(), there) {
        (true, None) => None,
        _ if there == Some(wanted) => None,
        (true, Some(_)) => Some("PASSWORD NULL".to_owned()),
        (false, _) => Some(format!("PASSWORD {}", literal(wanted))),
    }
}

/// Once there is a time it cannot be taken away, only put off for ever.
fn valid_until<'r>(wanted: &'r Role, there: &Role) -> Option<&'r str> {
    const FOR_EVER: &str = "infinity";
    match (wanted.valid_until.as_deref(), there.valid_until.as_deref()) {
        (wanted, there) if wanted == there => None,
        (None, Some(FOR_EVER)) => None,
        (None, Some(_)) => Some(FOR_EVER),
        (wanted, _) => wanted,
    }
}

/// Whether the role is the one that restores, or the one that initdb made: that stays a superuser who
/// may log in.
fn is_the_way_in(role: &str, change: &Change, target: &Target) -> bool {
    let last_resort = role == target.bootstrap && matches!(change.name, "SUPERUSER" | "LOGIN");
    target.is_me(role) || last_resort
}

/// What a role gives that is no superuser: before 16 all but the dangerous attributes, since 16 those
/// it has itself.
fn may_give(change: &Change, target: &Target) -> bool {
    let (me, since_16) = (&target.me, target.major() >= 16);
    me.superuser
        || match change.name {
            "SUPERUSER" => false,
            "REPLICATION" => since_16 && me.replication,
            "BYPASSRLS" => since_16 && me.bypass_rls,
            "CREATEDB" => !since_16 || me.create_database,
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(wanted: &Role, there: &Role) -> Vec<String> {
        changes(wanted, there).into_iter().map(|change| change.sql).collect()
    }

    #[test]
    fn only_what_differs_is_changed() {
        assert_eq!(sql(&NEW, &NEW), Vec::<String>::new());
        let wanted = Role {
            login: true,
            inherit: false,
            connection_limit: 3,
            password: Some(Password("md5x".to_owned())),
            valid_until: Some("infinity".to_owned()),
            ..NEW
        };
        let all = [
            "NOINHERIT",
            "LOGIN",
            "CONNECTION LIMIT 3",
            "PASSWORD 'md5x'",
            "VALID UNTIL 'infinity'",
        ];
        assert_eq!(sql(&wanted, &NEW), all);
        let back = ["INHERIT", "NOLOGIN", "CONNECTION LIMIT -1", "PASSWORD NULL"];
        assert_eq!(sql(&NEW, &wanted), back);
    }

    #[test]
    fn a_password_that_was_not_read_changes_nothing() {
        let unread = Role { password: None, ..NEW };
        let with = Role { password: Some(Password("md5x".to_owned())), ..NEW };
        assert!(sql(&unread, &with).is_empty());
        assert!(sql(&NEW, &unread).is_empty());
        assert_eq!(sql(&with, &unread), ["PASSWORD 'md5x'"]);
    }
}
