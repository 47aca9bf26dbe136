//! Comparing two fingerprints.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::identity::{ENFORCING, NOT_NULL};
use super::{Fingerprint, Line};

/// What means or reads something else from a major version on: (`catalog.column`, or the catalog
/// alone; the version; what changed). Between servers on both sides of it nothing is compared
/// there.
const CHANGES: &[(&str, u32, &str)] = &[
    ("pg_class.relam", 12, "tables have an access method"),
    ("pg_attribute.attcollation", 12, "columns of type name have a collation"),
    ("pg_trigger.tgisinternal", 15, "triggers cloned for partitions are no longer internal"),
    ("pg_trigger.tgparentid", 15, "triggers that enforce keys of partitions have a parent"),
    ("pg_statistic_ext.stxkind", 12, "lists of common values are made where no kind is named"),
    ("pg_rewrite.ev_action", 14, "EXTRACT is a function of its own"),
    ("pg_rewrite.ev_action", 16, "columns are qualified only where they must be"),
];

/// Compared within a major version only, because every version has its own.
const OF_THE_VERSION: &[&str] = &[
    "pg_collation.collversion",
    "pg_database.datcollversion",
    "pg_depend",
    "pg_extension.extversion",
    "pg_extension.members",
];

/// The version that lets roles VACUUM and ANALYZE by the privilege `m`.
const MAINTAIN: u32 = 17;

pub(super) fn difference(a: &Fingerprint, b: &Fingerprint) -> Vec<String> {
    let (left, right) = (comparable(a, b), comparable(b, a));
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < left.len() || j < right.len() {
        let order = match (left.get(i), right.get(j)) {
            (Some(x), Some(y)) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => found.push(format!("- {}", left[i])),
            Ordering::Greater => found.push(format!("+ {}", right[j])),
            Ordering::Equal => {}
        }
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    found
}

/// The lines of `one` that can be compared with `other`.
fn comparable<'f>(one: &'f Fingerprint, other: &Fingerprint) -> Vec<Cow<'f, Line>> {
    let both = |line: &&Line| other.known.contains(&(line.catalog, line.column));
    let lines = one.lines.iter().filter(both);
    if one.major == other.major {
        return lines.map(Cow::Borrowed).collect();
    }
    let apart = Apart(one.major.min(other.major), one.major.max(other.major));
    let lines = lines.filter(|line| !apart.changed(line));
    let mut lines: Vec<Cow<'f, Line>> = lines.map(|line| apart.translated(line)).collect();
    lines.sort_unstable();
    lines
}

/// Two major versions, the older first.
struct Apart(u32, u32);

impl Apart {
    /// Whether `version` brought something that only the newer one has.
    fn by(&self, version: u32) -> bool {
        self.0 < version && version <= self.1
    }

    fn changed(&self, line: &Line) -> bool {
        let full = format!("{}.{}", line.catalog, line.column);
        let named = |name: &str| name == full || name == line.catalog;
        let object: &str = &line.object;
        object.starts_with("information_schema.")
            || object.starts_with(NOT_NULL) && (self.by(17) || self.by(18))
            || OF_THE_VERSION.iter().any(|name| named(name))
            || CHANGES.iter().any(|&(name, version, _)| named(name) && self.by(version))
            || self.made_by_the_server(line)
    }

    /// Objects that newer servers make along with a user's.
    fn made_by_the_server(&self, line: &Line) -> bool {
        let arrays = self.by(11) && (line.column == "typarray" || line.object.ends_with("[]"));
        let multiranges = self.by(14) && line.object.contains("multirange");
        let public = self.by(15) && &*line.object == "public";
        match line.catalog {
            "pg_type" => arrays || multiranges,
            "pg_proc" | "pg_cast" => multiranges,
            // Keys of partitioned tables are enforced by triggers there as well.
            "pg_trigger" => self.by(15) && line.object.starts_with(ENFORCING),
            "pg_namespace" => public,
            _ => false,
        }
    }

    /// The line without what only the newer version can say.
    fn translated<'l>(&self, line: &'l Line) -> Cow<'l, Line> {
        let relation = matches!((line.catalog, line.column), ("pg_class", "relacl"));
        let default = matches!((line.catalog, line.column), ("pg_default_acl", "defaclacl"));
        if !self.by(MAINTAIN) || !(relation || default) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(Line { value: without_maintain(&line.value), ..line.clone() })
    }
}

/// `{joe=arwm/ann}` without the `m`, with grant option or not.
fn without_maintain(acl: &str) -> String {
    let mut items = Vec::new();
    for item in acl.split(',') {
        let Some((grantee, rest)) = item.rsplit_once('=') else {
            items.push(item.to_owned());
            continue;
        };
        let (privileges, grantor) = rest.split_once('/').unwrap_or((rest, ""));
        let privileges = privileges.replace("m*", "").replace('m', "");
        items.push(format!("{grantee}={privileges}/{grantor}"));
    }
    items.join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn fingerprint(major: u32, lines: &[(&'static str, &str, &'static str, &str)]) -> Fingerprint {
        let lines = lines.iter().map(|&(catalog, object, column, value)| Line {
            catalog,
            object: object.into(),
            column,
            value: value.into(),
        });
        let lines: Vec<Line> = lines.collect();
        let known: BTreeSet<_> = lines.iter().map(|line| (line.catalog, line.column)).collect();
        Fingerprint { major, known, lines }
    }

    #[test]
    fn a_difference_names_both_sides() {
        let a = fingerprint(15, &[("pg_class", "s.t", "relkind", "r")]);
        let b = fingerprint(15, &[("pg_class", "s.t", "relkind", "p")]);
        assert_eq!(
            Fingerprint::difference(&a, &b),
            ["+ pg_class | s.t | relkind = p", "- pg_class | s.t | relkind = r"]
        );
        assert!(Fingerprint::difference(&a, &a).is_empty());
    }

    #[test]
    fn equal_lines_are_counted() {
        let line = ("pg_depend", "view s.v", "on", "n table s.t");
        let (once, twice) = (fingerprint(15, &[line]), fingerprint(15, &[line, line]));
        assert_eq!(
            Fingerprint::difference(&once, &twice),
            ["+ pg_depend | view s.v | on = n table s.t"]
        );
    }

    #[test]
    fn columns_that_one_side_lacks_are_not_compared() {
        let a = fingerprint(14, &[("pg_class", "s.t", "relkind", "r")]);
        let b = fingerprint(
            15,
            &[("pg_class", "s.t", "relkind", "r"), ("pg_index", "s.i", "indnullsnotdistinct", "t")],
        );
        assert!(Fingerprint::difference(&a, &b).is_empty());
    }

    #[test]
    fn maintain_is_not_compared_with_a_server_that_lacks_it() {
        let old = [("pg_class", "s.t", "relacl", "{ann=arwdDxt/ann,joe=r*/ann}")];
        let new = [("pg_class", "s.t", "relacl", "{ann=arwdDxtm/ann,joe=r*m*/ann}")];
        let (a, b) = (fingerprint(16, &old), fingerprint(17, &new));
        assert!(Fingerprint::difference(&a, &b).is_empty());
        assert_eq!(Fingerprint::difference(&fingerprint(17, &old), &b).len(), 2);
    }
}
