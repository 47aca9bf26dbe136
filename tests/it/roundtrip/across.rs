//! From an old server to a newer one.

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{self, Archive, Server, TestDb, brief, fingerprint_of, scenario};

fn moves(from: Option<Server>, to: Option<Server>) {
    let (Some(from), Some(to)) = (from, to) else { return };
    for name in ["types", "application"] {
        moves_one(&from, &to, name, scenario(name).sql);
    }
    moves_one(&from, &to, "rare kinds", &RARE_KINDS.concat());
}

/// Kinds that few databases have. Functions of conversions have got other arguments in 14.
const RARE_KINDS: [&str; 6] = [
    include_str!("../../fixtures/schema/230-text-search.sql"),
    include_str!("../../fixtures/schema/232-transforms.sql"),
    include_str!("../../fixtures/schema/233-languages.sql"),
    include_str!("../../fixtures/schema/234-access-methods.sql"),
    include_str!("../../fixtures/schema/240-base-types.sql"),
    include_str!("../../fixtures/schema/242-range-canonical.sql"),
];

fn moves_one(from: &Server, to: &Server, name: &str, sql: &str) {
    let original = TestDb::new(from);
    original.sql(sql);
    let archive = Archive::of(&original);
    // Roles belong to the server, and a dump of one database holds none: the scenario makes them.
    TestDb::new(to).sql(sql);
    let copy = archive.restored_with_create(to);
    archive.rows_equal(&copy);
    let found = Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy));
    // Columns that only one version has, and what versions are known to change, are not among them.
    assert!(found.is_empty(), "{name}: {}", brief(&found));
}

#[test]
fn from_10_to_14() {
    moves(support::server(10), support::server(14));
}

#[test]
fn from_10_to_18() {
    moves(support::server(10), support::server(18));
}

#[test]
fn from_14_to_18() {
    moves(support::server(14), support::server(18));
}

/// Minor versions differ too: Debian's server numbers each column among its options.
#[test]
fn from_debians_server_to_the_newest() {
    moves(support::gis(), support::newest());
}
