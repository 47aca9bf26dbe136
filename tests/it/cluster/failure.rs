//! What fails leaves no database behind, and says what it did.

use pgx_core::archive::ClusterFile;

use super::{Dumped, archive, databases, target, with_changed_byte};
use crate::support::Server;

/// Neither a database of the archive nor a staging database is there, and `postgres` is as it was.
#[track_caller]
fn assert_untouched(server: &Server) {
    assert!(databases(server).is_empty(), "{:?}", databases(server));
    let sql = "SELECT count(*) AS n FROM pg_class WHERE relname LIKE 'in_%' AND relkind = 'r' \
               AND relnamespace = 'public'::regnamespace";
    for name in ["postgres", "template1"] {
        let count: u32 = server.session_in(name).query_one(sql).unwrap().int("n").unwrap();
        assert_eq!(count, 0, "{name}");
    }
}

/// The archive with damage among the rows of a database.
fn damaged_in(dumped: &Dumped, database: &str) -> Dumped {
    let path = dumped.path();
    let file = ClusterFile::open(&path).unwrap();
    let member = file.members().iter().find(|member| member.database == database).unwrap();
    let middle = member.offset + member.length / 2;
    Dumped::with(&with_changed_byte(&path, middle as usize))
}

#[test]
fn damage_in_the_rows_of_the_last_database_leaves_none_and_the_roles() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    let damaged = damaged_in(&dumped, "zoë");
    for ran in
        [damaged.restore(cluster.server(), &[]), damaged.restore_from_pipe(cluster.server(), &[])]
    {
        let said = ran.fails(7);
        assert!(said.contains("no database was made"), "{said}");
        assert!(said.contains("zoë"), "{said}");
        assert_untouched(cluster.server());
    }
    let roles = "SELECT count(*) AS n FROM pg_roles WHERE rolname IN ('app', 'own \"er')";
    let n: u32 = cluster.server().session().query_one(roles).unwrap().int("n").unwrap();
    assert_eq!(n, 2);
    // Nothing of the failure is in the way of another attempt.
    dumped.restore(cluster.server(), &[]).ok();
}

#[test]
fn a_pipe_that_ends_where_a_member_ends_is_no_smaller_cluster() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    let whole = std::fs::read(dumped.path()).unwrap();
    let file = ClusterFile::open(&dumped.path()).unwrap();
    for member in &file.members()[2..] {
        let cut = Dumped::with(&whole[..(member.offset + member.length) as usize]);
        let said = cut.restore_from_pipe(cluster.server(), &[]).fails(7);
        assert!(said.contains("E0701"), "{said}");
        assert_untouched(cluster.server());
    }
}

#[test]
fn databases_that_exist_are_all_named_before_anything_is_done() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    cluster.sql(&["CREATE DATABASE shop", "CREATE DATABASE \"postgresql://x\""]);
    let said = dumped.restore(cluster.server(), &[]).fails(8);
    assert!(said.contains("2 databases of the archive exist already"), "{said}");
    for name in ["shop", "postgresql://x"] {
        assert!(said.contains(&format!("= database {name}")), "{said}");
    }
    let roles = "SELECT count(*) AS n FROM pg_roles WHERE rolname = 'app'";
    let n: u32 = cluster.server().session().query_one(roles).unwrap().int("n").unwrap();
    assert_eq!(n, 0, "no role was made");
    let options = ["--exclude-database", "shop", "--exclude-database", "\"postgresql://x\""];
    dumped.restore(cluster.server(), &options).ok();
    // From a pipe a database is looked at when it comes, and what was built before goes away.
    cluster.sql(&["DROP DATABASE \"zoë\""]);
    let left = databases(cluster.server());
    let only = ["--only-database", "zoë", "--only-database", "shop"];
    dumped.restore_from_pipe(cluster.server(), &only).fails(8);
    assert_eq!(databases(cluster.server()), left);
}

#[test]
fn what_is_in_the_way_in_postgres_is_found_before_a_database_is_made() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    cluster.sql(&["CREATE TABLE in_postgres (x integer)"]);
    let said = dumped.restore(cluster.server(), &[]).fails(8);
    assert!(said.contains("in_postgres") && said.contains("before database postgres"), "{said}");
    assert!(databases(cluster.server()).is_empty());
    // From a pipe it is found at the end, which costs the work and nothing else.
    let said = dumped.restore_from_pipe(cluster.server(), &[]).fails(8);
    assert!(said.contains("in_postgres") && said.contains("no database was made"), "{said}");
    assert!(databases(cluster.server()).is_empty());
    dumped.restore(cluster.server(), &["--exclude-database", "postgres"]).ok();
}

#[test]
fn a_database_that_the_archive_lacks_is_refused_by_name() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    let options = ["--only-database", "shop", "--only-database", "shoop"];
    for ran in [
        dumped.restore(cluster.server(), &options),
        dumped.restore_from_pipe(cluster.server(), &options),
    ] {
        assert!(ran.fails(2).contains("no database shoop"));
        assert_untouched(cluster.server());
    }
}

#[test]
fn a_dry_run_prints_every_plan_and_asks_no_server() {
    let Some(dumped) = archive() else { return };
    let path = dumped.path();
    let path = crate::support::arg(&path);
    let ran = crate::support::pgx(&["restore", path, "--dry-run"]).ok();
    let plan = ran.stdout_text();
    for line in
        ["== globals", "== database postgres", "make database shop", "restore into database"]
    {
        assert!(plan.contains(line), "{line}: {plan}");
    }
    assert!(!plan.contains("secret") && !plan.contains("SCRAM"), "{plan}");
}
