//! Rows that a restore writes into tables of its own making are frozen as they are written.

use super::Archived;
use crate::support::{self, TestDb};

/// Rows of a table's first page, and how many of them are frozen.
fn frozen(database: &TestDb, table: &str) -> String {
    database.value(&format!(
        "SELECT count(*) || ' ' || count(*) FILTER (WHERE t_infomask & 768 = 768)
         FROM heap_page_items(get_raw_page('{table}', 0)) WHERE t_xmin IS NOT NULL"
    ))
}

#[test]
fn rows_are_frozen_where_the_table_is_made_and_nowhere_else() {
    support::each_version(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE TABLE t AS SELECT generate_series(1, 40) AS a;
             CREATE TABLE p (a int) PARTITION BY RANGE (a);
             CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (30);
             CREATE TABLE base (a int); CREATE TABLE child () INHERITS (base);
             INSERT INTO p SELECT generate_series(1, 20); INSERT INTO child VALUES (1);
             CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
        );
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        archive.restore(&target, &[]).ok();
        target.sql("CREATE EXTENSION pageinspect");
        let made = TestDb::adopt(server, &support::unique("made"));
        archive.restore(&made, &["--create"]).ok();
        made.sql("CREATE EXTENSION pageinspect");
        for (table, rows) in [("t", 40), ("p1", 20), ("child", 1)] {
            assert_eq!(frozen(&made, table), format!("{rows} {rows}"), "{table}, --create");
        }
        for (table, rows) in [("t", 40), ("p1", 20), ("child", 1)] {
            assert_eq!(frozen(&target, table), format!("{rows} {rows}"), "{table}");
        }
        if server.major >= 14 {
            target.sql("CREATE EXTENSION pg_visibility");
            let map = "SELECT all_visible AND all_frozen FROM pg_visibility_map('t', 0)";
            assert_eq!(target.value(map), "t");
        }
        target.sql("TRUNCATE t, p, child");
        archive.restore(&target, &["-a"]).ok();
        assert_eq!(frozen(&target, "t"), "40 0");
        assert_eq!(frozen(&target, "p1"), "20 0");
    });
}

/// Rows go through the root where the server could put them into another partition: COPY FREEZE into
/// a partitioned table is an error.
#[test]
fn rows_that_go_through_a_partitioned_table_are_loaded_without_freezing() {
    support::each_version(|server| {
        if server.major < 11 {
            return;
        }
        let source = TestDb::new(server);
        source.sql(
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
             CREATE TABLE p (m mood, a int) PARTITION BY HASH (m);
             CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1);
             INSERT INTO p SELECT (enum_range(NULL::mood))[1 + g % 3], g FROM generate_series(1, 60) g;",
        );
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        archive.restore(&target, &[]).ok();
        archive.verify(&target).ok();
        let rows = "SELECT md5(string_agg(t::text, ',' ORDER BY a)) FROM p t";
        assert_eq!(target.value(rows), source.value(rows));
        target.sql("TRUNCATE p");
        archive.restore_from_stdin(&target, &["-a"]).ok();
        assert_eq!(target.value(rows), source.value(rows));
    });
}
