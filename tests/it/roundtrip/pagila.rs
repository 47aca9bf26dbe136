//! A real sample database, as pg_dump wrote it.

use crate::support::{self, Archive, Server, TestDb, assert_same, assert_same_contents};

const SCHEMA: &str = include_str!("../../fixtures/pagila/schema.sql");
const ROWS: &[u8] = include_bytes!("../../fixtures/pagila/data.sql.zst");

fn filled(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.script(SCHEMA);
    let rows = zstd::decode_all(ROWS).unwrap();
    database.script(std::str::from_utf8(&rows).unwrap());
    database
}

fn comes_back(major: u32) {
    let Some(server) = support::server(major) else { return };
    let original = filled(&server);
    assert_eq!(original.value("SELECT count(*) FROM public.film"), "1000");
    let archive = Archive::of(&original);
    let made = archive.into_new(&server);
    assert_same(&original, &made);
    archive.rows_equal(&made);
    assert_same_contents(&archive, &Archive::of(&made));
    let existing = archive.into_empty(&server);
    assert_same(&original, &existing);
    archive.rows_equal(&existing);
}

#[test]
fn pagila_comes_back_the_same_on_17() {
    comes_back(17);
}

#[test]
fn pagila_comes_back_the_same_on_18() {
    comes_back(18);
}
