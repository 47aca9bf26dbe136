//! Two entries of one name.

use super::Change;
use crate::ddl::{acl, comment, label};
use crate::toc::{AclChange, Entry, Kind};

/// Kind and name for people; functions of one name are told apart by their arguments.
pub(super) fn title(entry: &Entry) -> String {
    match entry.kind {
        Kind::TableData => format!("rows of {}", entry.name),
        Kind::SequenceSet => format!("value of sequence {}", entry.name),
        Kind::LargeObjects => "large objects".to_owned(),
        _ if entry.on.is_some() => entry.label(),
        _ => {
            let behind = entry.address.split_once(&entry.name.sql()).map(|(_, behind)| behind);
            let arguments = behind.filter(|behind| behind.starts_with('(')).unwrap_or_default();
            format!("{}{arguments}", entry.label())
        }
    }
}

/// All that differs but rows.
pub(super) fn changes(a: &Entry, b: &Entry) -> Vec<Change> {
    let owner = |entry: &Entry| entry.owner.iter().cloned().collect();
    let tablespace = |entry: &Entry| entry.tablespace.iter().cloned().collect();
    let method = |entry: &Entry| entry.access_method.iter().cloned().collect();
    let version = |entry: &Entry| entry.version.iter().cloned().collect();
    let comments = |entry: &Entry| entry.comments.iter().map(comment::statement).collect();
    let labels = |entry: &Entry| entry.labels.iter().map(label::statement).collect();
    let value = |entry: &Entry| {
        let value = entry.sequence.iter();
        value
            .map(|of| format!("{}{}", of.last_value, if of.is_called { "" } else { " next" }))
            .collect()
    };
    let changes = [
        definition(a, b),
        of("owner", owner(a), owner(b)),
        of("grants", grants(&a.acl), grants(&b.acl)),
        of("comments", comments(a), comments(b)),
        of("security labels", labels(a), labels(b)),
        of("tablespace", tablespace(a), tablespace(b)),
        of("access method", method(a), method(b)),
        of("compression", a.toast_compression.clone(), b.toast_compression.clone()),
        of("version", version(a), version(b)),
        of("value", value(a), value(b)),
    ];
    changes.into_iter().flatten().collect()
}

/// What statements or values only one of two lists has; none when they are the same.
pub(super) fn of(what: &'static str, a: Vec<String>, b: Vec<String>) -> Option<Change> {
    (a != b).then(|| Change { what, a: without(&a, &b), b: without(&b, &a) })
}

pub(super) fn grants(changes: &[AclChange]) -> Vec<String> {
    changes.iter().map(|change| acl::statement(change).join("; ")).collect()
}

/// The lines of the statements that differ. Those of some kinds hold passwords, as roles do.
fn definition(a: &Entry, b: &Entry) -> Option<Change> {
    let secret = matches!(a.kind, Kind::UserMapping | Kind::Subscription | Kind::ForeignServer);
    if a.global != b.global || secret && a.create != b.create {
        return Some(Change { what: "definition", a: Vec::new(), b: Vec::new() });
    }
    if a.create == b.create {
        return None;
    }
    let lines = |entry: &Entry| -> Vec<String> {
        let lines = entry.create.iter().flat_map(|sql| sql.lines());
        lines.map(|line| line.trim().trim_end_matches(',').to_owned()).collect()
    };
    let (a, b) = (lines(a), lines(b));
    let what = "definition";
    Some(of(what, a, b).unwrap_or(Change { what, a: Vec::new(), b: Vec::new() }))
}

/// What `these` have more than `those`, in order.
fn without(these: &[String], those: &[String]) -> Vec<String> {
    let mut left: Vec<&String> = those.iter().collect();
    let mut more = Vec::new();
    for one in these {
        match left.iter().position(|other| *other == one) {
            Some(at) => drop(left.swap_remove(at)),
            None => more.push(one.clone()),
        }
    }
    more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Ref};

    fn table(lines: &str) -> Entry {
        let mut entry = Entry::new(Kind::Table, CatalogId::default(), Ref::new("s", "t"));
        entry.create = vec![format!("CREATE TABLE (\n{lines}\n)")];
        entry
    }

    #[test]
    fn an_added_column_is_one_change() {
        let changes = changes(&table("    a int"), &table("    a int,\n    b text"));
        let [Change { what: "definition", a, b }] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!((a.as_slice(), b.as_slice()), (&[][..], &["b text".to_owned()][..]));
    }

    #[test]
    fn numbers_and_oids_say_nothing() {
        let (a, mut b) = (table("a int"), table("a int"));
        b.id = crate::toc::EntryId(7);
        b.catalog = CatalogId { class: 1, oid: 2 };
        b.deps = vec![crate::toc::EntryId(3)];
        assert_eq!(changes(&a, &b), []);
    }

    #[test]
    fn passwords_are_not_told() {
        let mapping = |password: &str| {
            let mut entry = table("");
            entry.kind = Kind::UserMapping;
            entry.create = vec![format!("CREATE USER MAPPING … OPTIONS (password '{password}')")];
            entry
        };
        let changes = changes(&mapping("sesame"), &mapping("poppy"));
        assert_eq!(changes, [Change { what: "definition", a: Vec::new(), b: Vec::new() }]);
    }
}
