//! While a database is built nobody sees it; when it cannot be published it is kept.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use pgx_core::connect::Session;

use super::create::databases;
use super::{Archived, SHOP, some_versions};
use crate::support::{Role, Server, TestDb, pgx_command, unique};

/// A restore that waits for the end of its archive, with its staging database made.
struct Held {
    child: Child,
    stdin: ChildStdin,
    rest: Vec<u8>,
    staging: String,
}

impl Held {
    fn new(archive: &Archived, target: &TestDb, uri: &str, options: &[&str]) -> Held {
        let mut command = pgx_command();
        command.args(["restore", "-q", "--create", "-d", uri]).args(options);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut bytes = archive.bytes();
        let rest = bytes.split_off(bytes.len() - 16);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&bytes).unwrap();
        let staging = staging(target.server(), target.name());
        Held { child, stdin, rest, staging }
    }

    /// Lets it go on; its exit code and what it said.
    fn finish(mut self) -> (Option<i32>, String) {
        self.stdin.write_all(&self.rest).unwrap();
        drop(self.stdin);
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

/// The name of the staging database, once somebody works in it.
fn staging(server: &Server, name: &str) -> String {
    let sql = format!(
        "SELECT datname FROM pg_stat_activity WHERE datname LIKE '{name}\\_\\_pgx\\_%' LIMIT 1"
    );
    let start = Instant::now();
    let mut session = server.session();
    while start.elapsed() < Duration::from_secs(30) {
        if let [row] = &session.query(&sql).unwrap()[..] {
            return row.text("datname").unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no staging database of {name}");
}

#[test]
fn nobody_else_connects_to_a_database_that_is_being_built() {
    some_versions(|server| {
        let builder = Role::new(server, "builder", "LOGIN CREATEDB");
        let curious = Role::new(server, "curious", "LOGIN");
        let source = TestDb::new(server);
        source.sql("CREATE TABLE t AS SELECT generate_series(1, 100) AS a");
        let archive = Archived::new(&source, &[]);
        let target = TestDb::adopt(server, &unique("made"));
        let uri = target.uri_as(builder.name());
        let held = Held::new(&archive, &target, &uri, &["--no-owner"]);
        let refused = Session::open(&server.config(curious.name(), &held.staging)).err().unwrap();
        assert_eq!(refused.sqlstate(), Some("42501"), "{refused:?}");
        assert_eq!(databases(server, target.name()), 1, "only the staging database is there");
        let (code, said) = held.finish();
        assert_eq!(code, Some(0), "{said}");
        archive.verify(&target).ok();
        assert!(Session::open(&server.config(curious.name(), target.name())).is_ok());
    });
}

#[test]
fn a_database_that_cannot_get_its_name_is_kept_whole_with_one_command_left() {
    some_versions(|server| {
        let owner = Role::new(server, "owner", "LOGIN");
        let source = TestDb::new(server);
        source.sql(SHOP);
        source.sql(&format!(
            "ALTER DATABASE {name} OWNER TO {}; ALTER DATABASE {name} SET work_mem = '7MB';
             COMMENT ON DATABASE {name} IS 'kept'",
            owner.name(),
            name = source.name()
        ));
        let archive = Archived::new(&source, &[]);
        let target = TestDb::adopt(server, &unique("made"));
        let held = Held::new(&archive, &target, &target.uri(), &[]);
        let kept = TestDb::adopt(server, &held.staging);
        let taken = format!("CREATE DATABASE {} TEMPLATE template0", target.name());
        server.session().execute(&taken).unwrap();
        let (code, said) = held.finish();
        assert_eq!(code, Some(9), "{said}");
        assert!(said.contains("E0902") && said.contains("42P04"), "{said}");
        archive.verify(&kept).ok();
        let left = format!("ALTER DATABASE \"{}\" RENAME TO \"{}\"", kept.name(), target.name());
        assert!(said.contains(&left), "{said}");
        let mut session = server.session();
        session.execute(&format!("DROP DATABASE {}", target.name())).unwrap();
        session.execute(&left).unwrap();
        archive.verify(&target).ok();
        let like_the_source = "SELECT pg_get_userbyid(datdba) || shobj_description(oid, 'pg_database') \
             || current_setting('work_mem') FROM pg_database WHERE datname = current_database()";
        assert_eq!(target.value(like_the_source), source.value(like_the_source));
        assert!(Session::open(&server.config(owner.name(), target.name())).is_ok());
    });
}
