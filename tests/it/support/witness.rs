//! Other programs that tests compare with, where they are installed.

use std::path::PathBuf;
use std::process::Command;

use super::{TestDb, skip};

/// What pg_dump says of a database; `None`, and a word about it, without one that knows the server.
pub(crate) fn pg_dump(database: &TestDb, arguments: &[&str]) -> Option<String> {
    let major = database.server().major;
    let Some(program) = program("PGX_TEST_PG_DUMP").filter(|file| version(file) >= major) else {
        skip(&format!("no pg_dump that knows PostgreSQL {major}"));
        return None;
    };
    let output = Command::new(program).arg("-d").arg(database.uri()).args(arguments).output();
    let output = output.expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where the psql beside that pg_dump is; `None`, and a word about it, when there is none.
pub(crate) fn psql() -> Option<PathBuf> {
    let pg_dump = program("PGX_TEST_PG_DUMP");
    let psql = pg_dump.map(|file| file.with_file_name("psql")).filter(|file| file.is_file());
    if psql.is_none() {
        skip("no psql beside a pg_dump");
    }
    psql
}

/// A psql that speaks TLS, that one or the one on the path, and its major version; `None`, and a word
/// about it, when there is none.
pub(crate) fn psql_with_tls() -> Option<(PathBuf, u32)> {
    let beside = program("PGX_TEST_PG_DUMP").map(|file| file.with_file_name("psql"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&paths).map(|directory| directory.join("psql"));
    let speaks = |psql: &PathBuf| {
        let mut command = Command::new(psql);
        let output = command.args(["-w", "-X", "-d", "host=/nonexistent sslmode=require"]).output();
        output.is_ok_and(|output| !String::from_utf8_lossy(&output.stderr).contains("compiled in"))
    };
    let found = beside.into_iter().chain(on_path).filter(|psql| psql.is_file()).find(speaks);
    if found.is_none() {
        skip("no psql that speaks TLS");
    }
    found.map(|psql| {
        let major = version(&psql);
        (psql, major)
    })
}

/// Where pgbouncer is; `None`, and a word about it, when it is nowhere.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    let found = program("PGX_TEST_PGBOUNCER");
    if found.is_none() {
        skip("no pgbouncer");
    }
    found
}

fn program(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file())
}

/// The major version: `pg_dump (PostgreSQL) 15.20 (Debian …)`.
fn version(program: &PathBuf) -> u32 {
    let output = Command::new(program).arg("--version").output().expect("pg_dump runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let word = text.split_whitespace().nth(2).expect("pg_dump says its version");
    let digits = word.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().expect("a version begins with a number")
}
