//! Large objects: their bytes, owners, privileges and comments.

mod choice;
mod many;
mod ordinary;
mod ranges;
mod round_trip;
mod snapshot;

use crate::support::{self, Role, Server, TestDb};

/// Runs the test on an old, a middle and the newest version.
fn on_some_versions(test: impl Fn(&Server)) {
    for server in [10, 14, 18].into_iter().filter_map(support::server) {
        eprintln!("on PostgreSQL {}", server.name);
        test(&server);
    }
}

/// Large objects of every form: empty, short, with holes, of zeros, cut, of 2 MB, larger than a chunk.
/// `INV_READ | INV_WRITE` is 393216.
const FORMS: &str = "
SELECT lo_create(50001), lo_create(50002), lo_from_bytea(50003, 'three');
SELECT lo_create(50010);
SELECT lo_put(50010, 0, 'head'), lo_put(50010, 2048 * 500 + 7, 'tail');
SELECT lo_from_bytea(50011, decode(repeat(md5('two'), 65536), 'hex'));
SELECT lo_from_bytea(50012, decode(repeat(md5('six'), 393216), 'hex'));
SELECT lo_from_bytea(50020, decode(repeat('00', 2048 * 5), 'hex'));
SELECT lo_from_bytea(50021, decode(repeat('00', 2048 * 5) || '01', 'hex'));
SELECT lo_create(50022);
SELECT lo_put(50022, 2048 * 3, 'x');
SELECT lo_truncate(lo_open(50022, 393216), 4096);
SELECT lo_from_bytea(50023, decode(repeat('ab', 2048 * 4), 'hex'));
SELECT lo_truncate(lo_open(50023, 393216), 4096);
SELECT lo_from_bytea(50024, decode(repeat('ab', 2048 * 4), 'hex'));
SELECT lo_truncate(lo_open(50024, 393216), 4096);
SELECT lo_put(50024, 10000, 'zz');
SELECT lo_from_bytea(50025, 'q');
SELECT lo_truncate(lo_open(50025, 393216), 8192);
SELECT lo_create(50026);
SELECT lo_truncate(lo_open(50026, 393216), 4096);
SELECT lo_truncate(lo_open(50026, 393216), 6144);
SELECT lo_from_bytea(50027, 'gone');
SELECT lo_truncate(lo_open(50027, 393216), 0);
SELECT lo_from_bytea(4000000000, 'beyond two to the 31');
";

/// A database with [`FORMS`], which belong to `owner`, who has granted on some of them.
fn forms(server: &Server, owner: &Role, reader: &Role) -> TestDb {
    let database = TestDb::new(server);
    let (owner, reader) = (owner.name(), reader.name());
    database.sql(&format!(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1); GRANT SELECT ON t TO PUBLIC;
         SET ROLE {owner};
         {FORMS}
         GRANT SELECT ON LARGE OBJECT 50003, 50010 TO {reader};
         GRANT ALL ON LARGE OBJECT 50011 TO PUBLIC;
         GRANT SELECT ON LARGE OBJECT 50012 TO {reader} WITH GRANT OPTION;
         REVOKE UPDATE ON LARGE OBJECT 50020 FROM {owner};
         COMMENT ON LARGE OBJECT 50003 IS 'it''s three';
         COMMENT ON LARGE OBJECT 50012 IS E'six\\nmegabytes';
         RESET ROLE"
    ));
    database
}

/// Every large object with its size and the hash of its bytes, in one line.
fn bytes_of(database: &TestDb) -> String {
    database.value(
        "SELECT string_agg(oid || ' ' || length(lo_get(oid)) || ' ' || md5(lo_get(oid)), ', ' \
         ORDER BY oid) FROM pg_largeobject_metadata",
    )
}

/// How many large objects there are.
fn count_of(database: &TestDb) -> String {
    database.value("SELECT count(*) FROM pg_largeobject_metadata")
}
