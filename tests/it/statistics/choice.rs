//! Statistics of some tables, and statistics without rows.

use super::{ANALYZED, TABLES, analyzed, of_columns, of_relations};
use crate::support::{self, Archive, TestDb};

#[test]
fn without_rows_they_come_to_the_tables_that_are_made() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    let copy = Archive::with(&source, &["--no-data", "--statistics"]).restored_into_empty(&server);
    assert_eq!(copy.value("SELECT count(*) FROM shifted"), "0");
    assert_eq!(of_columns(&copy, ANALYZED), of_columns(&source, ANALYZED));
    assert_eq!(of_relations(&copy), of_relations(&source));
}

#[test]
fn alone_they_replace_what_the_tables_had() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    let archive = Archive::with(&source, &["--statistics-only"]);
    let copy = Archive::of(&source).restored_into_empty(&server);
    copy.sql(
        "UPDATE shifted SET c = 'y' || b; DELETE FROM shifted WHERE b > 1;
         ALTER TABLE shifted ALTER c SET STATISTICS 1; ANALYZE shifted;
         INSERT INTO up SELECT a / 30 FROM up; ANALYZE up",
    );
    assert_ne!(of_columns(&copy, ANALYZED), of_columns(&source, ANALYZED));
    let before = analyzed(&copy);
    archive.restore(&copy, &[]).ok();
    assert_eq!(of_columns(&copy, ANALYZED), of_columns(&source, ANALYZED));
    assert_eq!(analyzed(&copy), before);
    let told = archive.restore(&copy, &["--no-statistics"]).fails(2);
    assert!(told.contains("holds no"), "{told}");
}

#[test]
fn those_of_chosen_tables_come_with_them_and_no_others() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    let of = |database: &TestDb| {
        database.value(
            "SELECT string_agg(DISTINCT tablename::text, ' ') FROM pg_stats \
             WHERE schemaname !~ '^(pg_|information_schema)'",
        )
    };
    let chosen = Archive::with(&source, &["--statistics", "-t", "shifted", "-t", "m"]);
    let empty = TestDb::new(&server);
    empty.sql("CREATE SCHEMA \"s \"\"1\"; CREATE TABLE \"s \"\"1\".\"t\nx\" (a integer)");
    chosen.restore(&empty, &["--no-analyze"]).ok();
    assert_eq!(of(&empty), "m shifted");
    let whole = Archive::with(&source, &["--statistics"]);
    let one = TestDb::new(&server);
    whole.restore(&one, &["--no-analyze", "-t", "shifted"]).ok();
    assert_eq!(of(&one), "shifted");
    let copy = Archive::of(&source).restored_into_empty(&server);
    copy.sql("DELETE FROM pg_statistic WHERE starelid >= 16384");
    let alone = Archive::with(&source, &["--statistics-only"]);
    alone.restore(&copy, &["-n", "s*"]).ok();
    assert_eq!(of(&copy), "i \" '1 t\nx");
}

#[test]
fn a_partition_alone_is_analyzed_alone() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    source.sql(
        "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (200) TO (300)
          WITH (autovacuum_enabled = false);
         INSERT INTO p SELECT generate_series(200, 299)",
    );
    let copy = Archive::with(&source, &["--statistics"]).restored_into_empty(&server);
    assert_eq!(analyzed(&copy), "never p3");
    assert_eq!(of_columns(&copy, "tablename = 'p'"), of_columns(&source, "tablename = 'p'"));
}
