//! What is whole of a damaged archive is brought back, and what is lost is told.

mod loss;
mod refusal;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pgx_core::archive::FileReader;
use pgx_core::toc::Kind;
use tempfile::TempDir;

use crate::support::{Archive, Ran, Server, TestDb, arg, pgx};

/// Header and tail (docs/archive-format.md), and the header of a frame.
const BORDER: usize = 64;
const FRAME_HEADER: usize = 56;
const DATA: u8 = 3;
const INDEX: u8 = 6;

/// Some 250 bytes a row of `parent`; a child, a table that refers to itself, partitions and a
/// sequence.
const TABLES: &str = "
CREATE TABLE parent (id int PRIMARY KEY, note text);
CREATE TABLE child (id int PRIMARY KEY REFERENCES parent, note text);
CREATE TABLE tree (id serial PRIMARY KEY, up int REFERENCES tree);
CREATE TABLE empty (id int PRIMARY KEY);
CREATE TABLE \"by\" (part int, note text) PARTITION BY LIST (part);
CREATE TABLE by_1 PARTITION OF \"by\" FOR VALUES IN (1);
CREATE TABLE by_2 PARTITION OF \"by\" FOR VALUES IN (2);
CREATE VIEW notes AS SELECT parent.note FROM parent JOIN child USING (id);
INSERT INTO parent
  SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, current_setting('pgx.rows')::int) i;
INSERT INTO child SELECT id, md5(note) FROM parent WHERE id % 3 = 0;
INSERT INTO tree (up) SELECT nullif(i - 1, 0) FROM generate_series(1, 100) i;
INSERT INTO \"by\" SELECT i % 2 + 1, 'note ' || i FROM generate_series(1, 200) i;";

/// A database, its archive, and room for damaged ones.
struct Bench {
    database: TestDb,
    bytes: Vec<u8>,
    folder: TempDir,
    /// Kind, table and place of each frame; the table of those of streams.
    frames: Vec<Frame>,
}

#[derive(Clone)]
struct Frame {
    kind: u8,
    table: Option<String>,
    place: Range<usize>,
}

impl Bench {
    fn new(server: &Server, rows: u32) -> Bench {
        let database = TestDb::new(server);
        database.sql(&format!("SET pgx.rows = {rows}; {TABLES}"));
        let archive = Archive::of(&database);
        let bytes = fs::read(archive.path()).unwrap();
        let frames = frames(&bytes, &FileReader::open(archive.path()).unwrap());
        Bench { database, bytes, folder: tempfile::tempdir().unwrap(), frames }
    }

    /// The places of the chunks of a table.
    fn chunks(&self, table: &str) -> Vec<Range<usize>> {
        let own = self.frames.iter().filter(|frame| frame.table.as_deref() == Some(table));
        own.filter(|frame| frame.kind == DATA).map(|frame| frame.place.clone()).collect()
    }

    /// The bytes with one bit changed in the middle of the payload of a frame.
    fn damaged(&self, frame: &Range<usize>) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[(frame.start + FRAME_HEADER + frame.end) / 2] ^= 4;
        bytes
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Salvages `bytes`, with options.
    fn salvage(&self, bytes: &[u8], options: &[&str]) -> Salvaged {
        let (damaged, repaired) = (self.path("damaged.pgx"), self.path("repaired.pgx"));
        fs::write(&damaged, bytes).unwrap();
        let listed = pgx(&["salvage", arg(&damaged), "--list"]);
        let write = ["salvage", arg(&damaged), "-f", arg(&repaired), "--force"];
        let ran = pgx(&[&write, options].concat());
        assert_eq!(fs::read(&damaged).unwrap(), bytes, "the damaged archive was changed");
        Salvaged { listed, ran, repaired }
    }
}

/// What two runs of `pgx salvage` said, and what the second one wrote.
struct Salvaged {
    listed: Ran,
    ran: Ran,
    repaired: PathBuf,
}

impl Salvaged {
    /// Both ended with this code, and the archive is a valid one.
    #[track_caller]
    fn ended(self, code: i32) -> Salvaged {
        assert_eq!(self.listed.code, Some(code), "{}", self.listed.stderr);
        assert_eq!(self.ran.code, Some(code), "{}", self.ran.stderr);
        pgx(&["verify", "--deep", arg(&self.repaired)]).ok();
        self
    }

    /// Rows, rows there were, and state, by `--list`.
    #[track_caller]
    fn state(&self, table: &str) -> (String, String, String) {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines = self.listed.stdout_text().lines().map(words);
        let mut found = lines.filter(|words| words.first().map(String::as_str) == Some(table));
        let words = found.next().unwrap_or_else(|| panic!("{}", self.listed.stdout_text()));
        (words[1].clone(), words[2].clone(), words[3..].join(" "))
    }

    #[track_caller]
    fn said(&self, text: &str) {
        assert!(self.ran.stderr.contains(text), "{text:?} is not in\n{}", self.ran.stderr);
    }

    /// The tables whose rows it holds.
    fn tables(&self) -> BTreeSet<String> {
        let reader = FileReader::open(&self.repaired).unwrap();
        let rows = reader.toc().iter().filter(|entry| entry.kind == Kind::TableData);
        rows.map(|entry| entry.name.name.clone()).collect()
    }

    /// Restored into a new database, whose rows are then those of the archive.
    #[track_caller]
    fn restored(&self, server: &Server) -> TestDb {
        let copy = TestDb::new(server);
        pgx(&["restore", arg(&self.repaired), "-d", &copy.uri()]).ok();
        self.rows_equal(&copy);
        copy
    }

    #[track_caller]
    fn rows_equal(&self, database: &TestDb) {
        let uri = database.uri();
        let ran = pgx(&["verify", arg(&self.repaired), "--against", &uri]);
        assert_eq!(ran.code, Some(0), "{}", ran.stdout_text());
    }
}

fn frames(bytes: &[u8], reader: &FileReader) -> Vec<Frame> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let name = |stream: u32| {
        let entry = reader.toc().iter().find(|entry| entry.id.0 == stream);
        entry.map(|entry| entry.name.name.clone())
    };
    let mut frames = Vec::new();
    let mut at = BORDER;
    while at < bytes.len() - BORDER {
        let end = at + FRAME_HEADER + number(at + 24) as usize;
        frames.push(Frame { kind: bytes[at + 4], table: name(number(at + 8)), place: at..end });
        at = end;
    }
    frames
}

/// What the tables of a database are called that have a foreign key.
fn keys(database: &TestDb) -> Vec<String> {
    let sql = "SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY conname";
    database.rows(sql).into_iter().map(|row| row[0].clone().unwrap()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
