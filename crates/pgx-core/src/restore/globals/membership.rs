//! Memberships. Before 16 there is one of a member in a role, whoever granted it, without options but
//! ADMIN.

use super::item::{Item, Step};
use super::target::Target;
use crate::connect::quote::ident;
use crate::toc::Entry;
use crate::toc::global::Membership;

/// `inherits`: whether the member has INHERIT.
pub(super) fn item(entry: &Entry, of: &Membership, inherits: bool, target: &Target) -> Item {
    let role = &entry.name.name;
    match target.major() >= 16 {
        true => with_options(Item::new(entry.label(), false), role, of, target),
        false => without_options(Item::new(entry.label(), false), role, of, inherits, target),
    }
}

fn with_options(mut item: Item, role: &str, of: &Membership, target: &Target) -> Item {
    let grantor = grantor(of, target);
    // Without a grantor's name the bootstrap superuser grants, or whoever restores and is no superuser.
    let own = |there: &&Membership| match there.grantor.as_deref() {
        by @ Some(_) if target.me.superuser => by == grantor,
        Some(grantor) => target.is_me(grantor) || is_same(of, there),
        None => grantor.is_none_or(|name| name == target.bootstrap),
    };
    let there = target.memberships(role, &of.member).find(own);
    item.exists = there.is_some();
    if there.is_some_and(|there| is_same(of, there)) {
        return item;
    }
    let loses_admin = there.is_some_and(|there| there.admin && !of.admin);
    if loses_admin && target.is_me(&of.member) {
        item.kept.push("the ADMIN option stays, so that nobody is locked out".to_owned());
        return item;
    }
    let mut options = vec![format!("ADMIN {}", word(of.admin))];
    options.extend(of.inherit.map(|inherit| format!("INHERIT {}", word(inherit))));
    options.extend(of.set.map(|set| format!("SET {}", word(set))));
    let mut sql = grant(role, &of.member, &options.join(", "));
    if let Some(grantor) = grantor {
        sql += &format!(" GRANTED BY {}", ident(grantor));
    }
    item.steps.push(Step::offer(sql));
    item
}

/// Who is named as the grantor. What servers before 16 say of grantors need not be true, and only a
/// superuser may name another role.
fn grantor<'m>(of: &'m Membership, target: &Target) -> Option<&'m str> {
    let known = target.source_version >= 160_000 || target.major() < 16;
    of.grantor.as_deref().filter(|_| known && target.me.superuser)
}

fn is_same(wanted: &Membership, there: &Membership) -> bool {
    let same = |wanted: Option<bool>, there| wanted.is_none() || wanted == there;
    wanted.admin == there.admin
        && same(wanted.inherit, there.inherit)
        && same(wanted.set, there.set)
}

fn without_options(
    mut item: Item,
    role: &str,
    of: &Membership,
    inherits: bool,
    target: &Target,
) -> Item {
    if of.inherit.is_some_and(|inherit| inherit != inherits) {
        item.left_out.push(format!("servers before 16 have no option INHERIT {}", word(!inherits)));
    }
    if of.set == Some(false) {
        item.left_out.push("servers before 16 have no option SET FALSE".to_owned());
    }
    let there = target.memberships(role, &of.member).next();
    item.exists = there.is_some();
    let (wanted, has) = (of.admin, there.is_some_and(|there| there.admin));
    if item.exists && wanted == has {
        return item;
    }
    if has {
        // Another grant of the same membership may have the option; here there is only one.
        if target.source_version < 160_000 && !target.is_me(&of.member) {
            let (role, member) = (ident(role), ident(&of.member));
            item.steps.push(Step::offer(format!("REVOKE ADMIN OPTION FOR {role} FROM {member}")));
        }
        return item;
    }
    let mut sql = match wanted {
        true => grant(role, &of.member, "ADMIN OPTION"),
        false => format!("GRANT {} TO {}", ident(role), ident(&of.member)),
    };
    if let Some(grantor) = grantor(of, target) {
        sql += &format!(" GRANTED BY {}", ident(grantor));
    }
    item.steps.push(Step::offer(sql));
    item
}

fn grant(role: &str, member: &str, options: &str) -> String {
    format!("GRANT {} TO {} WITH {options}", ident(role), ident(member))
}

fn word(on: bool) -> &'static str {
    if on { "TRUE" } else { "FALSE" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Kind, Ref};

    fn sql(of: &Membership, version: u32) -> Vec<String> {
        let name = Ref { schema: None, name: "r".to_owned() };
        let entry = Entry::new(Kind::RoleMembership, CatalogId::default(), name);
        let mut target = Target::new(version, &[]);
        target.source_version = 180_000;
        let item = item(&entry, of, true, &target);
        let steps = item.steps.into_iter().map(|step| step.sql);
        steps.chain(item.left_out.into_iter().map(|what| format!("left out: {what}"))).collect()
    }

    #[test]
    fn options_are_said_where_they_exist() {
        let of = Membership {
            member: "m".to_owned(),
            admin: true,
            inherit: Some(true),
            set: Some(false),
            grantor: Some("g".to_owned()),
        };
        assert_eq!(
            sql(&of, 160_000),
            [r#"GRANT "r" TO "m" WITH ADMIN TRUE, INHERIT TRUE, SET FALSE GRANTED BY "g""#]
        );
        assert_eq!(
            sql(&of, 150_000),
            [
                r#"GRANT "r" TO "m" WITH ADMIN OPTION GRANTED BY "g""#,
                "left out: servers before 16 have no option SET FALSE"
            ]
        );
    }
}
