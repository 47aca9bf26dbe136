//! Extended statistics: servers from 19 on take them; before, the tables are analyzed.

use super::analyzed;
use crate::support::{self, Archive, TestDb, arg};

/// Numbers of columns differ between source and target, and the first two change places.
const TABLES: &str = "
CREATE SCHEMA apart;
CREATE TABLE up (gone integer, x integer, y text) WITH (autovacuum_enabled = false);
ALTER TABLE up DROP COLUMN gone;
CREATE TABLE down (y text, gone integer, w integer, x integer) WITH (autovacuum_enabled = false);
ALTER TABLE down DROP COLUMN gone;
ALTER TABLE down INHERIT up;
INSERT INTO down SELECT 'v' || i % 7, i % 3, i % 10 FROM generate_series(1, 1000) i;
INSERT INTO up SELECT i % 10, 'v' || i % 7 FROM generate_series(1, 1000) i;
CREATE STATISTICS apart.\"d \"\"1\" ON x, y, w FROM down;
CREATE STATISTICS whole (ndistinct, dependencies) ON x, y FROM up;
CREATE TABLE plain AS SELECT 1 AS a;
ANALYZE up; ANALYZE down; ANALYZE plain;
";

const COMPUTED: &str = "
CREATE STATISTICS computed ON (x + 1), y, (lower(y)) FROM down;
CREATE STATISTICS single ON (x * 2) FROM down;
ANALYZE down;
";

/// Names for the numbers of columns.
const NAMES: &str = "
CREATE FUNCTION names(oid, json) RETURNS text LANGUAGE sql AS $$
 SELECT string_agg(COALESCE(attname::text, k), ' ' ORDER BY COALESCE(attname::text, k))
 FROM json_array_elements_text($2) k LEFT JOIN pg_attribute ON attrelid = $1 AND attnum = k::int $$;
";

/// What an object knows, told with names.
const KNOWN: &str = "
SELECT s.statistics_schemaname, s.statistics_name, s.inherited,
 ARRAY(SELECT names(s.tableid, i -> 'attributes') || ': ' || (i ->> 'ndistinct')
  FROM json_array_elements(s.n_distinct::text::json) i ORDER BY 1),
 ARRAY(SELECT names(s.tableid, i -> 'attributes') || ' to '
   || names(s.tableid, json_build_array(i -> 'dependency')) || ': ' || (i ->> 'degree')
  FROM json_array_elements(s.dependencies::text::json) i ORDER BY 1),
 ARRAY(SELECT (SELECT jsonb_object_agg((s.attnames::text[] || s.exprs)[k],
    s.most_common_vals[l][k]) FROM generate_series(1, array_length(s.most_common_vals, 2)) k)::text
   || ': ' || s.most_common_freqs[l] || ', ' || s.most_common_base_freqs[l]
  FROM generate_series(1, array_length(s.most_common_vals, 1)) l ORDER BY 1)
FROM pg_stats_ext s ORDER BY 1, 2, 3";

/// What they know of expressions.
const EXPRESSIONS: &str = "
SELECT statistics_name, expr, null_frac, avg_width, n_distinct, most_common_vals,
 most_common_freqs, histogram_bounds, correlation FROM pg_stats_ext_exprs ORDER BY 1, 2";

#[test]
fn tables_with_statistics_objects_are_analyzed_where_nothing_else_helps() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(TABLES);
    let copy = Archive::with(&source, &["--statistics"]).restored_into_empty(&server);
    assert_eq!(analyzed(&copy), "down up");
    assert_eq!(copy.value("SELECT count(*) FROM pg_stats_ext"), "3");
}

#[test]
fn what_they_know_comes_to_the_columns_of_the_same_names() {
    let Some(target) = support::server(19) else { return };
    let native = TestDb::new(&target);
    native.sql(&[TABLES, COMPUTED, NAMES].concat());
    let known = native.rows(KNOWN);
    for source in [14, 18, 19].into_iter().filter_map(support::server) {
        let original = TestDb::new(&source);
        original.sql(&[TABLES, COMPUTED, NAMES].concat());
        let archive = Archive::with(&original, &["--statistics"]);
        let copy = archive.restored_into_empty(&target);
        assert_eq!(analyzed(&copy), "", "from {}", source.name);
        assert_eq!(copy.rows(EXPRESSIONS), original.rows(EXPRESSIONS));
        // Before 15 an object knew of a table with its children, or without them.
        let comparable = |rows: &[Vec<Option<String>>]| -> Vec<Vec<Option<String>>> {
            let whole = |row: &&Vec<Option<String>>| row[1].as_deref() == Some("whole");
            rows.iter().filter(|row| source.major >= 15 || !whole(row)).cloned().collect()
        };
        assert_eq!(comparable(&copy.rows(KNOWN)), comparable(&known), "from {}", source.name);
    }
}

#[test]
fn columns_may_have_changed_places() {
    let Some(server) = support::server(19) else { return };
    let source = TestDb::new(&server);
    source.sql(&[TABLES, COMPUTED, NAMES].concat());
    let target = TestDb::new(&server);
    target.sql(
        "CREATE SCHEMA apart; CREATE TABLE up (y text, x integer); CREATE TABLE plain (a integer);
         CREATE TABLE down (x integer, w integer, y text) INHERITS (up);
         CREATE STATISTICS apart.\"d \"\"1\" ON x, y, w FROM down;
         CREATE STATISTICS whole (ndistinct, dependencies) ON x, y FROM up;
         CREATE STATISTICS computed ON (x + 1), y, (lower(y)) FROM down;
         CREATE STATISTICS single ON (x * 2) FROM down;",
    );
    target.sql(NAMES);
    let told = Archive::with(&source, &["--statistics-only"]).restore(&target, &[]).ok().stderr;
    assert!(!told.contains("warning"), "{told}");
    assert_eq!(target.rows(KNOWN), source.rows(KNOWN));
    assert_eq!(target.rows(EXPRESSIONS), source.rows(EXPRESSIONS));
}

#[test]
fn what_an_older_server_knew_is_in_the_archive() {
    for server in [10, 12].into_iter().filter_map(support::server) {
        let source = TestDb::new(&server);
        source.sql(TABLES.split("INSERT INTO up").next().unwrap());
        source.sql("CREATE STATISTICS s ON x, y FROM down; ANALYZE down");
        let archive = Archive::with(&source, &["--statistics-only"]);
        let listing = support::pgx(&["inspect", arg(archive.path())]).ok();
        let row = listing.stdout_text().lines().find(|line| line.starts_with("extended"));
        let rows = row.map(|row| row.split_whitespace().nth(2).unwrap().to_owned());
        assert_eq!(rows.as_deref(), (server.major >= 12).then_some("1"));
    }
}
