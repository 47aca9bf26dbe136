//! From database to database.

use std::process::Stdio;

use super::{ANALYZED, TABLES, analyzed, of_columns, of_relations};
use crate::support::{self, Archive, Server, TestDb, arg};

/// Servers that take statistics.
fn takers() -> impl Iterator<Item = Server> {
    [18, 19].into_iter().filter_map(support::server)
}

#[test]
fn what_the_planner_knew_it_knows_again() {
    for server in takers() {
        let source = TestDb::new(&server);
        source.sql(TABLES);
        let archive = Archive::with(&source, &["--statistics"]);
        for copy in [archive.restored_into_empty(&server), archive.restored_with_create(&server)] {
            assert_eq!(of_columns(&copy, ANALYZED), of_columns(&source, ANALYZED));
            assert_eq!(of_relations(&copy), of_relations(&source));
            assert_eq!(analyzed(&copy), "never", "what came along is not analyzed again");
        }
    }
}

#[test]
fn statistics_of_older_servers_are_taken_too() {
    let Some(target) = support::server(18) else { return };
    for source in [10, 14].into_iter().filter_map(support::server) {
        let original = TestDb::new(&source);
        original.sql(TABLES);
        let archive = Archive::with(&original, &["--statistics"]);
        let copy = archive.restored_into_empty(&target);
        let columns = of_columns(&original, ANALYZED);
        assert!(columns.len() > 15, "{columns:?}");
        let mut copied = of_columns(&copy, ANALYZED);
        copied.iter_mut().for_each(|row| row.truncate(columns[0].len()));
        assert_eq!(copied, columns);
        let tables = "SELECT array_agg(reltuples ORDER BY relname) FROM pg_class \
                      WHERE relname IN ('m', 'shifted', 'up', 'down')";
        assert_eq!(copy.value(tables), original.value(tables));
        // Before 14 nobody knows whether there are no rows or nobody has counted.
        let unknown = if source.major < 14 { "never nothing" } else { "never" };
        assert_eq!(analyzed(&copy), unknown);
    }
}

#[test]
fn a_target_that_takes_none_is_analyzed() {
    let (Some(source), Some(target)) = (support::server(10), support::server(14)) else { return };
    let original = TestDb::new(&source);
    original.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    let copy = TestDb::new(&target);
    let told = Archive::with(&original, &["--statistics"]).restore(&copy, &[]).ok().stderr;
    assert!(told.contains("older than PostgreSQL 18 and takes no statistics"), "{told}");
    assert_eq!(analyzed(&copy), "t");
}

#[test]
fn a_pipe_brings_them_whatever_the_number_of_sessions() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    let copy = TestDb::adopt(&server, &support::unique("piped"));
    let mut dump = support::pgx_command();
    dump.args(["dump", "--statistics", "-j", "3", "-d", &source.uri()]).stdout(Stdio::piped());
    let mut dump = dump.spawn().unwrap();
    let mut restore = support::pgx_command();
    restore.args(["restore", "--create", "-d", &copy.uri()]).stdin(dump.stdout.take().unwrap());
    support::Ran::of(&mut restore).ok();
    assert!(dump.wait().unwrap().success());
    assert_eq!(of_columns(&copy, ANALYZED), of_columns(&source, ANALYZED));
    assert_eq!(of_relations(&copy), of_relations(&source));
}

#[test]
fn a_dump_of_the_copy_holds_the_same_statistics() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    source.sql("DROP TABLE never, shifted");
    let archive = Archive::with(&source, &["--statistics"]);
    support::assert_same_contents(&archive, &Archive::with(&source, &["--statistics", "-j", "2"]));
    let copy = archive.restored_into_empty(&server);
    support::assert_same_contents(&archive, &Archive::with(&copy, &["--statistics"]));
}

#[test]
fn they_are_listed_and_salvaged_and_no_difference() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    let archive = Archive::with(&source, &["--statistics"]);
    let listing = support::pgx(&["inspect", arg(archive.path())]).ok();
    let listing = listing.stdout_text();
    assert!(listing.contains("definitions, rows and statistics"), "{listing}");
    assert!(listing.contains("STATISTICS DATA  statistics of columns"), "{listing}");
    assert!(listing.contains("1 table, 9 rows"), "{listing}");
    source.sql("ALTER TABLE t ALTER a SET STATISTICS 1; ANALYZE t");
    archive.rows_equal(&source);
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.pgx");
    let ran = support::pgx(&["salvage", arg(archive.path()), "-f", arg(&saved)]);
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
    let listing = support::pgx(&["inspect", arg(&saved)]).ok();
    assert!(listing.stdout_text().contains("statistics of columns"), "{}", listing.stdout_text());
}
