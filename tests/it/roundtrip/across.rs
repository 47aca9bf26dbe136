//! From an old server to a newer one.

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{self, Archive, Server, TestDb, brief, fingerprint_of, scenario};

/// What a newer server makes of the same definitions, by the beginnings of the differences.
const CHANGES: &[&str] = &[];

fn moves(from: u32, to: u32) {
    let (Some(from), Some(to)) = (support::server(from), support::server(to)) else { return };
    for name in ["types", "application"] {
        moves_one(&from, &to, name);
    }
}

fn moves_one(from: &Server, to: &Server, name: &str) {
    let original = TestDb::new(from);
    original.sql(scenario(name).sql);
    let archive = Archive::of(&original);
    let copy = archive.into_new(to);
    archive.rows_equal(&copy);
    let found = Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy));
    let known = |line: &&String| CHANGES.iter().any(|start| line[2..].starts_with(start));
    let more: Vec<String> = found.iter().filter(|line| !known(line)).cloned().collect();
    assert!(more.is_empty(), "{name}: {}", brief(&more));
}

#[test]
fn from_10_to_14() {
    moves(10, 14);
}

#[test]
fn from_10_to_18() {
    moves(10, 18);
}

#[test]
fn from_14_to_18() {
    moves(14, 18);
}
