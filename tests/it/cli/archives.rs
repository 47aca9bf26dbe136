//! The same rows give the same chunks and the same sums, wherever they lie and however they travel.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use pgx_core::archive::FileReader;
use serde_json::Value;

use crate::support::{self, Archive, Server, TestDb, arg, pgx};

/// Some 100 bytes a row.
const FACTS: &str = "
CREATE TABLE facts (id int, at timestamptz, value float8, note text);
INSERT INTO facts
SELECT i, timestamptz '2020-01-01 00:00+00' + i * interval '17 min', 1.1 * i / 3,
       CASE WHEN i % 7 > 0 THEN repeat(md5(i::text), i % 5) END
  FROM generate_series(1, current_setting('pgx.rows')::int) AS i;
CREATE TABLE twins (a text);
INSERT INTO twins SELECT 'same' FROM generate_series(1, 100);
CREATE TABLE empty (a int);";

/// Several chunks.
const MANY: u32 = 50_000;
const FEW: u32 = 2_000;

fn fill(database: &TestDb, rows: u32) {
    database.sql(&format!("SET pgx.rows = {rows}; {FACTS}"));
}

/// Name, rows and sum of every table.
fn sums(file: &Path) -> Vec<(Value, Value, Value)> {
    let listed = pgx(&["inspect", "--json", arg(file)]).ok();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let tables = listed["tables"].as_array().unwrap().iter();
    let mut tables: Vec<_> = tables
        .map(|table| (table["name"].clone(), table["rows"].clone(), table["row_sum"].clone()))
        .collect();
    tables.sort_by_key(|(name, ..)| name.to_string());
    tables
}

/// Range, sequence and bytes of every chunk, table by table.
fn chunks(file: &Path) -> Vec<(String, u32, u32, Vec<u8>)> {
    let reader = FileReader::open(file).unwrap();
    let tables: Vec<_> = reader
        .toc()
        .iter()
        .filter(|entry| entry.data.is_some())
        .map(|e| (e.id, e.label()))
        .collect();
    let mut all = Vec::new();
    for (id, label) in tables {
        for chunk in reader.chunks(id) {
            let chunk = chunk.unwrap();
            let key = chunk.head.key;
            all.push((label.clone(), key.range, key.sequence, chunk.payload));
        }
    }
    all
}

#[test]
fn two_dumps_of_one_database_hold_the_same_chunks() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        fill(&database, MANY);
        let (one, two) = (Archive::of(&database), Archive::of(&database));
        assert_eq!(sums(one.path()), sums(two.path()));
        let (one, two) = (chunks(one.path()), chunks(two.path()));
        assert!(one.len() >= 3, "only {} chunks", one.len());
        assert!(one == two, "chunks differ");
    });
}

#[test]
fn a_sum_is_that_of_the_rows_wherever_they_lie() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        fill(&database, FEW);
        let before = Archive::of(&database);
        database.sql(
            "CREATE TABLE moved AS SELECT * FROM facts ORDER BY md5(id::text);
             TRUNCATE facts; INSERT INTO facts SELECT * FROM moved; DROP TABLE moved;
             UPDATE twins SET a = a;",
        );
        let after = Archive::of(&database);
        assert_eq!(sums(before.path()), sums(after.path()));
        assert!(chunks(before.path()) != chunks(after.path()), "the rows were not moved");
        database.sql("UPDATE facts SET value = value + 1e-9 WHERE id = 77");
        assert_ne!(sums(after.path()), sums(Archive::of(&database).path()));
    });
}

#[test]
fn a_sum_counts_rows_that_are_equal() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE twins (a text); INSERT INTO twins VALUES ('x'), ('x')");
    let before = Archive::of(&database);
    database.sql("UPDATE twins SET a = 'y'");
    assert_ne!(sums(before.path()), sums(Archive::of(&database).path()));
}

#[test]
fn versions_agree_on_the_sum_of_equal_rows() {
    let all = std::cell::RefCell::new(Vec::new());
    support::each_version(|server| {
        let database = TestDb::new(server);
        fill(&database, FEW);
        all.borrow_mut().push((server.major, sums(Archive::of(&database).path())));
    });
    for (major, sums) in all.borrow().iter() {
        assert_eq!(sums, &all.borrow()[0].1, "PostgreSQL {major}");
    }
}

/// Hands everything on in pieces of odd sizes.
fn trickle(mut from: impl Read, mut to: impl Write) {
    let sizes = [1, 7, 100, 4096, 13, 65536, 1000, 3];
    let mut buffer = [0; 65536];
    for size in sizes.iter().cycle() {
        match from.read(&mut buffer[..*size]) {
            Ok(n) if n > 0 && to.write_all(&buffer[..n]).is_ok() => {}
            _ => return,
        }
    }
}

/// A directory with a socket that leads to the server through [`trickle`].
fn slow_way(server: &Server) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join(format!(".s.PGSQL.{}", server.port()));
    let listener = UnixListener::bind(socket).unwrap();
    let (host, port) = (server.host().to_owned(), server.port());
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let back = client.try_clone().unwrap();
            if host.starts_with('/') {
                let server = UnixStream::connect(format!("{host}/.s.PGSQL.{port}")).unwrap();
                let forth = server.try_clone().unwrap();
                thread::spawn(move || trickle(server, back));
                thread::spawn(move || pass_on(client, forth));
            } else {
                let server = TcpStream::connect((host.as_str(), port)).unwrap();
                let forth = server.try_clone().unwrap();
                thread::spawn(move || trickle(server, back));
                thread::spawn(move || pass_on(client, forth));
            }
        }
    });
    dir
}

fn pass_on(mut from: impl Read, mut to: impl Write) {
    let _ = std::io::copy(&mut from, &mut to);
}

#[test]
fn chunks_do_not_depend_on_how_the_network_cuts_them() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    fill(&database, MANY);
    let fast = Archive::of(&database);
    let way = slow_way(&server);
    let slow = way.path().join("slow.pgx");
    let port = server.port().to_string();
    let mut dump = support::pgx_command();
    dump.args(["dump", "-f", arg(&slow), "-h", arg(way.path()), "-p", &port]);
    support::Ran::of(dump.args(["-U", server.user(), "-d", database.name()])).ok();
    assert!(chunks(fast.path()) == chunks(&slow), "chunks differ");
}
