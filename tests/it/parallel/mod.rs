//! A restore by several sessions: the same database as one session makes, all or nothing with
//! `--create`, and continued where it stopped in a database that is there.

mod create;
mod existing;
mod resume;

use std::io::Write;
use std::process::Stdio;

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{Archive, Ran, Server, TestDb, fingerprint_of, pgx_command};

/// Tables of every size, with what is made before, between and behind their rows.
const SHOP: &str = "
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL UNIQUE, code int);
INSERT INTO person SELECT i, md5(i::text), i % 100 FROM generate_series(1, 60000) i;
CREATE INDEX person_code ON person (code);
CREATE INDEX person_both ON person (name, code);
CREATE TABLE sale (id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED,
  person int REFERENCES person, other int REFERENCES person (id) ON DELETE CASCADE DEFERRABLE, note text);
INSERT INTO sale SELECT i, 1 + i % 60000, NULL, repeat(md5(i::text), 4) FROM generate_series(1, 60000) i;
ALTER TABLE sale CLUSTER ON sale_pkey;
CREATE TABLE booking (room int, during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO booking SELECT i, int4range(i * 10, i * 10 + 5) FROM generate_series(1, 500) i;
CREATE TABLE loose (a int);
INSERT INTO loose VALUES (1), (2);
ALTER TABLE loose ADD CONSTRAINT loose_to FOREIGN KEY (a) REFERENCES person NOT VALID;
CREATE SEQUENCE ticket;
SELECT setval('ticket', 4711);
CREATE MATERIALIZED VIEW counted AS SELECT code, count(*) AS n FROM person GROUP BY code;
CREATE UNIQUE INDEX counted_code ON counted (code);
CREATE TABLE parted (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (500);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (500) TO (2000);
INSERT INTO parted SELECT i, 'p' || i FROM generate_series(1, 1500) i;
CREATE UNIQUE INDEX parted_low_b ON parted_low (b);
ALTER TABLE parted_high ADD FOREIGN KEY (a) REFERENCES person;
SELECT lo_from_bytea(4000 + i, convert_to(repeat(md5(i::text), 1000), 'UTF8')) FROM generate_series(1, 5) i;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'no trigger fires in a restore'; END $$;
CREATE TRIGGER noted BEFORE INSERT OR UPDATE OR DELETE ON sale FOR EACH ROW EXECUTE PROCEDURE noted();
ALTER TABLE loose ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON loose USING (false);
DO $$ BEGIN
  FOR i IN 1..130 LOOP
    EXECUTE format('CREATE TABLE small_%s (a int PRIMARY KEY, b text UNIQUE)', i);
    EXECUTE format('INSERT INTO small_%s SELECT n, md5(n::text) FROM generate_series(1, %s) n', i, i);
  END LOOP;
END $$;
ANALYZE;";

/// Partitions whose rows go through their root, from the version that has hash partitions.
const HASHED: &str = "
CREATE TABLE hashed (a text PRIMARY KEY) PARTITION BY HASH (a);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT md5(i::text) FROM generate_series(1, 1000) i;";

/// A reference to a partitioned table, from the version that has them.
const REFERRING: &str = "
CREATE TABLE referring (a text REFERENCES hashed);
INSERT INTO referring SELECT a FROM hashed;";

fn shop(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(SHOP);
    if server.major >= 11 {
        database.sql(HASHED);
    }
    if server.major >= 12 {
        database.sql(REFERRING);
    }
    database
}

/// Restores what `archive` holds, from a pipe.
fn restore_from_pipe(archive: &Archive, target: &TestDb, options: &[&str]) -> Ran {
    let mut command = pgx_command();
    command.args(["restore", "-d", &target.uri()]).args(options);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let bytes = std::fs::read(archive.path()).unwrap();
    // Where the restore fails early, it reads no further.
    let _ = pipe.write_all(&bytes);
    drop(pipe);
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    Ran { code: ended.status.code(), stdout: ended.stdout, stderr }
}

/// The catalogs and the rows are the same, whatever the order of the rows.
#[track_caller]
fn assert_equal(original: &TestDb, archive: &Archive, copy: &TestDb) {
    let (a, b) = (fingerprint_of(original), fingerprint_of(copy));
    assert_eq!(Fingerprint::difference(&a, &b), Vec::<String>::new());
    archive.rows_equal(copy);
    let journal = "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgx_journal'";
    assert_eq!(copy.value(journal), "0", "the journal is still there");
}
