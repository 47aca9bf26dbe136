//! Comparing two fingerprints.

use std::cmp::Ordering;

use super::identity::NOT_NULL;
use super::{Fingerprint, Line};

/// Columns that mean or read something else from a major version on: (`catalog.column`, or the
/// catalog alone; the version; what changed). Between servers on both sides of it they are not compared.
const CHANGES: &[(&str, u32, &str)] = &[];

/// Columns that depend on where a server runs; compared within a major version only.
const OF_THE_PLACE: &[&str] = &[];

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
fn comparable(one: &Fingerprint, other: &Fingerprint) -> Vec<Line> {
    let both = |line: &&Line| other.known.contains(&(line.catalog, line.column));
    let lines = one.lines.iter().filter(both).cloned();
    if one.major == other.major {
        return lines.collect();
    }
    lines.filter(|line| !changed(line, one.major, other.major)).collect()
}

fn changed(line: &Line, one: u32, other: u32) -> bool {
    let full = format!("{}.{}", line.catalog, line.column);
    let apart = |version: u32| (one < version) != (other < version);
    line.object.starts_with(NOT_NULL) && apart(18)
        || OF_THE_PLACE.contains(&full.as_str())
        || CHANGES.iter().any(|&(name, version, _)| {
            (name == full || name == line.catalog) && apart(version)
        })
}
