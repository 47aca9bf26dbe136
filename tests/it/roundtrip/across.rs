//! From an old server to a newer one.

use pgx_core::verify::fingerprint::Fingerprint;

use super::fixtures;
use crate::support::{self, Archive, Server, TestDb, brief, fingerprint_of, scenario, unique};

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

/// Functions of conversions have got other arguments in 14: those of a user must be written anew.
const NOT_ACROSS: &[&str] = &["231-conversions.sql"];

/// How an upgrade changes what fixtures make, by parts of the differences.
const CHANGED: &[&str] = &[
    // System columns have no target from 17 on.
    "pg_attribute | priv.t.ctid | attstattarget = ",
    // Where collations of ICU keep their locale changed in 15.
    "pg_collation | col.german | collcollate = ",
    "pg_collation | col.german | collctype = ",
    // What everybody may not call any more.
    "pg_proc | pg_catalog.pg_read_file(pg_catalog.text,bigint,bigint) | proacl = ",
    // A server that was built without lz4.
    "pg_attribute | lz.t.q | attcompression = ",
    "pg_attribute | lz.m.q | attcompression = ",
    // The name of a target of MERGE stands behind AS, or alone.
    "pg_proc | deli15.merge_it(integer) | prosqlbody = ",
    // Streaming has more than two states from 16 on.
    " | substream = ",
    // A multirange belongs to the owner of its range from 16 on.
    "pg_type | typ14.a_multirange | typowner = ",
    "pg_type | typ14.a_multirange[] | typowner = ",
];

/// Every fixture that the older server takes.
fn fixtures_move(from: u32, to: u32) {
    let (Some(from), Some(to)) = (support::server(from), support::server(to)) else { return };
    let original = fixtures::filled_without(&from, NOT_ACROSS);
    let archive = Archive::of(&original);
    let texts =
        fixtures::files("schema").into_iter().filter_map(|path| fixtures::text_for(&from, &path));
    let all: String = texts.collect();
    let roles = all.lines().filter(|line| line.contains("BEGIN CREATE ROLE"));
    let mut session = to.session();
    roles.for_each(|role| session.execute(role).expect("a role can be made"));
    let copy = TestDb::adopt(&to, &unique("made"));
    let restored = archive.restore(&copy, &["--create"]);
    // What a system catalog of another version lacks is left out and named.
    assert!(matches!(restored.code, Some(0 | 3)), "{}", restored.stderr);
    archive.rows_equal(&copy);
    let found = Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy));
    let told = |line: &&String| CHANGED.iter().any(|part| line.contains(part));
    let more: Vec<String> = found.iter().filter(|line| !told(line)).cloned().collect();
    assert!(more.is_empty(), "{} differences\n{}", more.len(), brief(&more));
}

#[test]
fn every_fixture_moves_from_10_to_18() {
    fixtures_move(10, 18);
}

#[test]
fn every_fixture_moves_from_13_to_17() {
    fixtures_move(13, 17);
}

#[test]
fn every_fixture_moves_from_15_to_18() {
    fixtures_move(15, 18);
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
