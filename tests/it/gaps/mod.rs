//! What pg_dump loses, and pgx does not.

mod list;

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{self, Archive, Server, TestDb, assert_same};
use list::{GAPS, Gap};

/// A database with every gap that the server can have, and the gaps.
fn filled(server: &Server) -> (TestDb, Vec<&'static Gap>) {
    let database = TestDb::new(server);
    let gaps: Vec<&Gap> = GAPS.iter().filter(|gap| gap.from <= server.major).collect();
    gaps.iter().for_each(|gap| database.sql(gap.sql));
    (database, gaps)
}

/// The gaps whose probe does not give the same in both databases.
fn lost(gaps: &[&'static Gap], original: &TestDb, copy: &TestDb) -> Vec<&'static str> {
    let differs = |gap: &&&Gap| original.rows(gap.probe) != copy.rows(gap.probe);
    gaps.iter().filter(differs).map(|gap| gap.what).collect()
}

#[test]
fn pgx_closes_every_gap() {
    support::each_version(|server| {
        let (original, gaps) = filled(server);
        let copy = Archive::of(&original).restored_with_create(server);
        assert_eq!(lost(&gaps, &original, &copy), Vec::<&str>::new());
        assert_same(&original, &copy);
    });
}

/// What psql makes of pg_dump's text, going on after errors.
fn copied_by_pg_dump(original: &TestDb) -> Option<TestDb> {
    let text = support::pg_dump(original, &[])?;
    let psql = support::psql()?;
    let copy = TestDb::new(original.server());
    let mut child = Command::new(psql)
        .args(["-X", "-q", "-d", &copy.uri()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("psql reads");
    child.wait().expect("psql ends");
    Some(copy)
}

#[test]
fn pg_dump_leaves_every_gap() {
    support::each_version(|server| {
        let (original, gaps) = filled(server);
        let Some(copy) = copied_by_pg_dump(&original) else { return };
        let all: Vec<&str> = gaps.iter().map(|gap| gap.what).collect();
        assert_eq!(lost(&gaps, &original, &copy), all);
    });
}
