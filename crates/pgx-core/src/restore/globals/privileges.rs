//! Privileges: only changes whose effect the target has not.

use std::collections::BTreeSet;

use super::item::{Item, Step};
use crate::ddl::acl;
use crate::toc::{AclChange, Entry};

/// One privilege of one role.
type Atom<'a> = (bool, &'a str, Option<&'a str>, Option<&'a str>, bool);

/// Adds the steps for the changes of `entry` on `on` (keyword and quoted name). `all` are the words
/// behind ALL.
pub(super) fn add(item: &mut Item, entry: &Entry, there: Option<&Entry>, on: &str, all: &[&str]) {
    let held: BTreeSet<Atom<'_>> = there
        .into_iter()
        .flat_map(|there| &there.acl)
        .flat_map(|change| atoms(change, all))
        .collect();
    for change in &entry.acl {
        // These words become SQL as they stand.
        let known = |word: &String| word == "ALL" || all.contains(&word.as_str());
        if !change.privileges.iter().all(known) {
            item.left_out.push("privileges: not of this kind of object".to_owned());
            continue;
        }
        let has = |atom: &Atom<'_>| {
            let (revoke, word, grantee, grantor, _) = *atom;
            held.contains(atom) || held.contains(&(revoke, word, grantee, grantor, true))
        };
        if atoms(change, all).iter().all(has) {
            continue;
        }
        let change = AclChange { on: on.to_owned(), ..change.clone() };
        // In one round trip, so that a refusal ends the other role's authority, too.
        item.steps.push(Step::part("privileges", acl::statement(&change).join("; ")));
    }
}

fn atoms<'a>(change: &'a AclChange, all: &'a [&'a str]) -> Vec<Atom<'a>> {
    let words = change.privileges.iter().map(String::as_str);
    let words = words.flat_map(|word| match word {
        "ALL" => all.to_vec(),
        word => vec![word],
    });
    let (grantee, grantor) = (change.grantee.as_deref(), change.grantor.as_deref());
    words.map(|word| (change.revoke, word, grantee, grantor, change.grant_option)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Kind, Ref};

    fn entry(privileges: &[&str], grant_option: bool) -> Entry {
        let name = Ref { schema: None, name: "p".to_owned() };
        let mut entry = Entry::new(Kind::ParameterAcl, CatalogId::default(), name);
        entry.acl.push(AclChange {
            revoke: false,
            privileges: privileges.iter().map(|&word| word.to_owned()).collect(),
            column: None,
            on: String::new(),
            grantee: Some("ann".to_owned()),
            grantor: None,
            grant_option,
        });
        entry
    }

    fn steps(wanted: &Entry, there: Option<&Entry>) -> usize {
        let mut item = Item::new(String::new(), there.is_some());
        add(&mut item, wanted, there, "PARAMETER p", &["SET", "ALTER SYSTEM"]);
        item.steps.len()
    }

    #[test]
    fn what_is_granted_already_is_not_granted_again() {
        let (set, all) = (entry(&["SET"], false), entry(&["ALL"], false));
        let option = entry(&["SET", "ALTER SYSTEM"], true);
        assert_eq!(steps(&set, None), 1);
        assert_eq!((steps(&set, Some(&all)), steps(&all, Some(&set))), (0, 1));
        assert_eq!((steps(&all, Some(&option)), steps(&option, Some(&all))), (0, 1));
    }
}
