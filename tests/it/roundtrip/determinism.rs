//! Equal databases give equal archives, whatever their OIDs.

use std::path::Path;

use pgx_core::archive::FileReader;
use pgx_core::toc::{Entry, Meta};

use crate::support::{self, Archive, Server, TestDb};

/// Objects of many kinds, some in loops and many of equal names; each statement can wait for others.
const SCHEMA: &str = include_str!("determinism.sql");

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18, 19].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

/// The statements of the schema: those between lines of dashes.
fn statements() -> Vec<&'static str> {
    SCHEMA.split("\n----\n").collect()
}

/// Runs statements in their order, but later those that need what later ones make.
fn make(database: &TestDb, mut statements: Vec<&str>) {
    let mut session = database.session();
    while !statements.is_empty() {
        let before = statements.len();
        let mut last = None;
        statements.retain(|sql| match session.execute(sql) {
            Ok(()) => false,
            Err(error) => {
                last = Some((*sql, error));
                true
            }
        });
        assert!(statements.len() < before, "cannot be made: {last:?}");
    }
}

/// The frames between META and the index without the checksum that the archive's UUID is part of.
fn body(file: &Path) -> Vec<u8> {
    const HEADER: usize = 64;
    const FRAME_HEADER: usize = 56;
    const META: u8 = 1;
    const INDEX: u8 = 6;
    let bytes = std::fs::read(file).unwrap();
    let (mut at, mut body) = (HEADER, Vec::new());
    while bytes[at + 4] != INDEX {
        assert_eq!(&bytes[at..at + 4], b"PGXf");
        let stored = u32::from_le_bytes(bytes[at + 24..at + 28].try_into().unwrap());
        let end = at + FRAME_HEADER + stored as usize;
        if bytes[at + 4] != META {
            body.extend_from_slice(&bytes[at..at + FRAME_HEADER - 4]);
            body.extend_from_slice(&bytes[at + FRAME_HEADER..end]);
        }
        at = end;
    }
    body
}

fn meta_without_time(file: &Path) -> Meta {
    let reader = FileReader::open(file).unwrap();
    Meta { started_unix: 0, ..reader.meta().clone() }
}

#[test]
fn two_dumps_of_a_database_differ_in_nothing_but_time_and_uuid() {
    on_some_versions(|server| {
        let database = TestDb::new(server);
        make(&database, statements());
        database.sql(
            "CREATE TABLE a.long AS SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 20000) i; \
             CREATE TABLE b.short AS SELECT i, 1 AS one FROM generate_series(1, 5000) i; \
             SELECT lo_from_bytea(0, 'large')",
        );
        let (one, two) =
            (Archive::with(&database, &["-j", "1"]), Archive::with(&database, &["-j", "1"]));
        assert!(body(one.path()).len() > 100_000, "there are rows");
        assert!(body(one.path()) == body(two.path()), "the bodies differ");
        assert_eq!(meta_without_time(one.path()), meta_without_time(two.path()));
    });
}

/// The table of contents, but for what bytes on disk say.
fn toc(archive: &Archive) -> Vec<Entry> {
    let mut entries = FileReader::open(archive.path()).unwrap().toc().to_vec();
    entries
        .iter_mut()
        .filter_map(|entry| entry.data.as_mut())
        .for_each(|data| data.bytes_estimate = 0);
    entries
}

/// The places of all relations, taken by name, in the order of their OIDs.
fn places(database: &TestDb) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT rank() OVER (ORDER BY c.oid) FROM pg_class c JOIN pg_namespace n \
            ON n.oid = relnamespace AND nspname IN ('a', 'b') ORDER BY nspname, relname",
    )
}

#[test]
fn the_table_of_contents_does_not_tell_in_which_order_objects_were_made() {
    on_some_versions(|server| {
        let (one, two) = (TestDb::new(server), TestDb::new(server));
        make(&one, statements());
        two.sql("CREATE TABLE junk (a serial PRIMARY KEY, b text UNIQUE); CREATE VIEW v AS SELECT * FROM junk");
        two.sql("DROP TABLE junk CASCADE");
        make(&two, statements().into_iter().rev().collect());
        assert_ne!(places(&one), places(&two));
        let (one, two) = (toc(&Archive::of(&one)), toc(&Archive::of(&two)));
        for (a, b) in one.iter().zip(&two) {
            assert_eq!(a, b);
        }
        assert_eq!(one.len(), two.len());
    });
}
