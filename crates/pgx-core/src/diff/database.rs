//! What belongs to the database itself, its name aside.

use super::entry::{grants, of};
use super::{Difference, How};
use crate::toc::{AclChange, DatabaseSpec, Meta, Ref};

pub(super) fn difference(a: &Meta, b: &Meta) -> Option<Difference> {
    let encoding = |meta: &Meta| vec![meta.encoding.clone()];
    let (of_a, of_b) = (&a.database, &b.database);
    let changes = [
        of("owner", vec![of_a.owner.clone()], vec![of_b.owner.clone()]),
        of("encoding", encoding(a), encoding(b)),
        of("locale", locale(of_a), locale(of_b)),
        of("settings", settings(of_a), settings(of_b)),
        of("comment", comment(of_a), comment(of_b)),
        of("grants", acl(of_a), acl(of_b)),
        of("tablespace", tablespace(of_a), tablespace(of_b)),
    ];
    let changes: Vec<_> = changes.into_iter().flatten().collect();
    (!changes.is_empty()).then(|| Difference {
        object: "DATABASE".to_owned(),
        kind: "DATABASE",
        name: Ref { schema: None, name: of_a.name.clone() },
        how: How::Changed(changes),
    })
}

fn locale(database: &DatabaseSpec) -> Vec<String> {
    let DatabaseSpec { locale_provider, collate, ctype, locale, icu_rules, .. } = database;
    let mut all = vec![
        format!("provider {locale_provider}"),
        format!("collation {collate}"),
        format!("character type {ctype}"),
    ];
    all.extend(locale.iter().map(|locale| format!("locale {locale}")));
    all.extend(icu_rules.iter().map(|rules| format!("rules {rules}")));
    all
}

fn settings(database: &DatabaseSpec) -> Vec<String> {
    let roles = database.role_settings.iter();
    let roles = roles.map(|one| format!("{} for {}", one.setting, one.role));
    database.settings.iter().cloned().chain(roles).collect()
}

fn comment(database: &DatabaseSpec) -> Vec<String> {
    database.comment.iter().cloned().collect()
}

fn tablespace(database: &DatabaseSpec) -> Vec<String> {
    database.tablespace.iter().cloned().collect()
}

fn acl(database: &DatabaseSpec) -> Vec<String> {
    let named = |change: &AclChange| AclChange { on: "DATABASE".to_owned(), ..change.clone() };
    grants(&database.acl.iter().map(named).collect::<Vec<_>>())
}
