//! What a dump of all databases takes, and what it refuses.

use std::fs;
use std::process::Stdio;

use super::{Dumped, databases, execute, fill, target};
use crate::support::{Cluster, Ran, Server, pgx, pgx_command};

/// The databases in an archive, in its order.
fn listed(dumped: &Dumped) -> Vec<String> {
    let file = pgx_core::archive::ClusterFile::open(&dumped.path()).unwrap();
    file.members().iter().filter(|one| !one.is_globals()).map(|one| one.database.clone()).collect()
}

fn with_closed_and_invalid(cluster: &Cluster) {
    cluster.sql(&[
        "CREATE DATABASE aside",
        "CREATE DATABASE closed ALLOW_CONNECTIONS false",
        "CREATE DATABASE half_dropped",
        "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half_dropped'",
    ]);
}

#[test]
fn a_database_that_refuses_connections_stops_the_dump_by_name_unless_it_is_left_out() {
    let Some(cluster) = target() else { return };
    with_closed_and_invalid(&cluster);
    let (dumped, ran) = Dumped::attempt(cluster.server(), &[]);
    let said = ran.fails(2);
    assert!(said.contains("database closed: it refuses connections"), "{said}");
    assert!(said.contains("--exclude-database"), "{said}");
    assert!(!dumped.path().exists());
    let (dumped, ran) = Dumped::attempt(cluster.server(), &["--exclude-database", "clo?ed"]);
    let said = ran.ok().stderr;
    assert!(said.contains("database half_dropped is left out"), "{said}");
    assert_eq!(listed(&dumped), ["template1", "postgres", "aside"]);
    let (dumped, ran) = Dumped::attempt(cluster.server(), &["--skip-unsupported"]);
    let said = ran.fails(3);
    assert!(said.contains("left out: database closed"), "{said}");
    assert_eq!(listed(&dumped), ["template1", "postgres", "aside"]);
}

#[test]
fn a_role_that_may_not_connect_everywhere_learns_where() {
    let Some(cluster) = target() else { return };
    cluster.sql(&[
        "CREATE ROLE reader LOGIN",
        "CREATE DATABASE one",
        "CREATE DATABASE two",
        "REVOKE CONNECT ON DATABASE one, two FROM PUBLIC",
    ]);
    let uri = cluster.server().uri_as("reader", "postgres");
    let said = pgx(&["dump", "--all-databases", "--no-role-passwords", &uri]).fails(11);
    for name in ["one", "two"] {
        assert!(said.contains(&format!("database {name}: the role may not connect")), "{said}");
    }
}

#[test]
fn template1_and_postgres_come_first_and_template0_never() {
    let Some(cluster) = target() else { return };
    fill(&cluster);
    let (dumped, ran) = Dumped::attempt(cluster.server(), &["--schema-only", "-v"]);
    let said = ran.ok().stderr;
    let found = listed(&dumped);
    assert_eq!(found[..2], ["template1", "postgres"]);
    assert_eq!(found[2..], databases(cluster.server()));
    assert!(said.contains("database shop: reading the catalog"), "{said}");
}

/// A database that goes away while others are dumped.
#[test]
fn a_database_that_vanishes_meanwhile_fails_the_dump_and_leaves_no_file() {
    let Some(cluster) = target() else { return };
    cluster.sql(&["CREATE DATABASE first", "CREATE DATABASE later"]);
    execute(cluster.server(), "first", "CREATE TABLE t (x integer)");
    let mut blocker = cluster.server().session_in("first");
    blocker.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cluster.pgx");
    let mut command = pgx_command();
    command.args(["dump", "--all-databases", &cluster.server().uri("postgres"), "-f"]).arg(&path);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    wait_for_lock(cluster.server());
    cluster.sql(&["DROP DATABASE later"]);
    blocker.execute("ROLLBACK").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("while database later was dumped"), "{said}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

fn wait_for_lock(server: &Server) {
    let sql = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted";
    while server.session().query_one(sql).unwrap().int::<u32>("n").unwrap() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_dump_goes_down_a_pipe_into_another_cluster() {
    let (Some(original), Some(copy)) = (target(), target()) else { return };
    fill(&original);
    let (from, to) = (original.server().uri("postgres"), copy.server().uri("postgres"));
    let mut dump = pgx_command();
    dump.args(["dump", "--all-databases", "-d", &from]).stdout(Stdio::piped());
    let mut dump = dump.spawn().unwrap();
    let mut restore = pgx_command();
    restore.args(["restore", "-d", &to]).stdin(Stdio::from(dump.stdout.take().unwrap()));
    Ran::of(&mut restore).ok();
    assert!(dump.wait().unwrap().success());
    assert_eq!(databases(original.server()), databases(copy.server()));
}
