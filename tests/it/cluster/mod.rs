//! Clusters: all databases into one archive, and back. Each test has clusters of its own.

mod damage;
mod dump;
mod failure;
mod guide;
mod members;
mod round_trip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use pgx_core::verify::fingerprint::{self, Fingerprint};
use tempfile::TempDir;

use crate::support::{self, Cluster, Ran, Server, arg, pgx, pgx_command};

/// Names that could be taken for something else, one of them outside of ASCII.
const NAMES: [&str; 4] = ["shop", "zoë", "it's a \"b\" = c", "postgresql://x"];

/// Databases of other encodings, owners, settings, templates; rows in three of them, and something in
/// `postgres` and `template1`.
fn fill(cluster: &Cluster) {
    cluster.sql(&[
        "CREATE ROLE \"own \"\"er\"",
        "CREATE ROLE app LOGIN PASSWORD 'secret'",
        "CREATE DATABASE shop OWNER \"own \"\"er\" ENCODING 'LATIN1' TEMPLATE template0",
        "CREATE DATABASE \"zoë\" ENCODING 'LATIN1' TEMPLATE template0 CONNECTION LIMIT 7",
        "CREATE DATABASE \"it's a \"\"b\"\" = c\" TEMPLATE template0 IS_TEMPLATE true",
        "CREATE DATABASE \"postgresql://x\" ENCODING 'SQL_ASCII' TEMPLATE template0",
        "ALTER DATABASE shop SET work_mem = '3MB'",
        "ALTER ROLE app IN DATABASE shop SET work_mem = '4MB'",
        "COMMENT ON DATABASE shop IS 'it''s the shop'",
        "REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC",
        "GRANT CREATE ON DATABASE shop TO app",
        "ALTER DATABASE postgres SET statement_timeout = '7s'",
        "CREATE TABLE in_postgres AS SELECT 1 AS x",
    ]);
    let server = cluster.server();
    execute(server, "template1", "CREATE TABLE in_template (x integer)");
    for name in ["shop", "zoë"] {
        execute(
            server,
            name,
            "CREATE TABLE orders (id integer PRIMARY KEY, note text); \
             INSERT INTO orders SELECT n, md5(n::text) || md5((-n)::text) FROM generate_series(1, 4000) n; \
             ALTER TABLE orders OWNER TO app",
        );
    }
}

fn execute(server: &Server, database: &str, sql: &str) {
    server.session_in(database).execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

/// A cluster archive.
struct Dumped {
    dir: TempDir,
}

impl Dumped {
    fn attempt(server: &Server, options: &[&str]) -> (Dumped, Ran) {
        let dumped = Dumped { dir: tempfile::tempdir().unwrap() };
        let (uri, path) = (server.uri("postgres"), dumped.path());
        let ran = pgx(&[&["dump", "--all-databases", &uri, "-f", arg(&path)], options].concat());
        (dumped, ran)
    }

    fn of(server: &Server) -> Dumped {
        let (dumped, ran) = Dumped::attempt(server, &[]);
        ran.ok();
        dumped
    }

    fn with(bytes: &[u8]) -> Dumped {
        let dumped = Dumped { dir: tempfile::tempdir().unwrap() };
        fs::write(dumped.path(), bytes).unwrap();
        dumped
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("cluster.pgx")
    }

    fn restore(&self, server: &Server, options: &[&str]) -> Ran {
        let (path, uri) = (self.path(), server.uri("postgres"));
        pgx(&[&["restore", arg(&path), "-d", &uri], options].concat())
    }

    fn restore_from_pipe(&self, server: &Server, options: &[&str]) -> Ran {
        let uri = server.uri("postgres");
        let mut command = pgx_command();
        command.args([&["restore", "-", "-d", &uri], options].concat());
        Ran::of(command.stdin(Stdio::from(fs::File::open(self.path()).unwrap())))
    }
}

/// The archive of a filled cluster of version 18; none, and a word about it, where there can be none.
fn archive() -> Option<Dumped> {
    static BYTES: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let make = || {
        let cluster = Cluster::new(&support::server(18)?)?;
        fill(&cluster);
        Some(fs::read(Dumped::of(cluster.server()).path()).unwrap())
    };
    BYTES.get_or_init(make).as_deref().map(Dumped::with)
}

/// An empty cluster of version 18.
fn target() -> Option<Cluster> {
    Cluster::new(&support::server(18)?)
}

/// The databases that initdb does not make.
fn databases(server: &Server) -> Vec<String> {
    let sql = "SELECT datname FROM pg_database WHERE datname NOT IN \
               ('postgres', 'template0', 'template1') ORDER BY datname";
    server.session().query(sql).unwrap().iter().map(|row| row.text("datname").unwrap()).collect()
}

/// What the catalogs of a cluster say of its databases: a line each.
fn properties(server: &Server) -> Vec<String> {
    let sql = "SELECT concat_ws(' | ', datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), \
         datcollate, datctype, datistemplate, datallowconn, datconnlimit, \
         (SELECT array_agg(a::text ORDER BY a::text) FROM \
          unnest(coalesce(datacl, acldefault('d', datdba))) a), \
         shobj_description(d.oid, 'pg_database'), (SELECT array_agg( \
          coalesce((SELECT rolname FROM pg_roles WHERE oid = setrole), '-') || setconfig::text \
          ORDER BY setrole = 0, setconfig) FROM pg_db_role_setting WHERE setdatabase = d.oid)) AS line \
         FROM pg_database d ORDER BY datname";
    server.session().query(sql).unwrap().iter().map(|row| row.text("line").unwrap()).collect()
}

fn fingerprint_of(server: &Server, database: &str) -> Fingerprint {
    fingerprint::read(&mut server.session_in(database)).unwrap()
}

/// The rows of `orders`, in one text.
fn orders(server: &Server, database: &str) -> String {
    let sql =
        "SELECT count(*) || md5(string_agg(id || note, ',' ORDER BY id)) AS sum FROM public.orders";
    server.session_in(database).query_one(sql).unwrap().text("sum").unwrap()
}

/// Bytes of a file with one of them changed.
fn with_changed_byte(path: &Path, at: usize) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x40;
    bytes
}
