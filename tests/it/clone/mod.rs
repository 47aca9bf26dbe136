//! `pgx clone`: what it makes is what a dump and a restore make. How it fails is in `faults/clone.rs`.

mod choice;
mod equal;
mod refusal;

use crate::support::{Archive, Ran, Server, TestDb, assert_same, pgx, unique};

/// Clones into another database.
fn clone(source: &TestDb, target: &TestDb, options: &[&str]) -> Ran {
    pgx(&[&["clone", &source.uri(), &target.uri()], options].concat())
}

/// A clone in a database that exists and was empty.
#[track_caller]
fn into_empty(source: &TestDb, server: &Server, options: &[&str]) -> TestDb {
    let copy = TestDb::new(server);
    clone(source, &copy, options).ok();
    copy
}

/// A clone in a database that it makes.
#[track_caller]
fn with_create(source: &TestDb, server: &Server, options: &[&str]) -> TestDb {
    let copy = TestDb::adopt(server, &unique("made"));
    clone(source, &copy, &[&["--create"], options].concat()).ok();
    copy
}

/// The copy is the original, for the catalogs, for pg_dump and row by row.
#[track_caller]
fn assert_cloned(original: &TestDb, copy: &TestDb) {
    assert_same(original, copy);
    Archive::of(original).rows_equal(copy);
}
