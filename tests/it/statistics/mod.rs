//! Statistics of the planner: they come back as they were, and nothing else is the worse for them.

mod choice;
mod objects;
mod refusal;
mod switches;
mod travel;

use crate::support::TestDb;

/// Tables that nobody but the tests analyzes: columns of many kinds under names that hurt, indexes with
/// expressions, a materialized view, inheritance, partitions, and tables with and without rows.
const TABLES: &str = r#"
CREATE SCHEMA "s ""1";
CREATE TABLE "s ""1"."t
x" (a integer, "b ""c" text, z integer[], r int4range, d date, j jsonb)
 WITH (autovacuum_enabled = false);
INSERT INTO "s ""1"."t
x" SELECT i % 10, E'v\\"''\n{,}' || i % 7, ARRAY[i % 3, i % 5], int4range(i % 5, i % 5 + i % 3 + 1),
 date '2020-01-01' + i, '{"a":1}' FROM generate_series(1, 1000) i;
CREATE INDEX "i "" '1" ON "s ""1"."t
x" ((a + 1), lower("b ""c"));
CREATE MATERIALIZED VIEW m WITH (autovacuum_enabled = false) AS
 SELECT a, count(*) n FROM "s ""1"."t
x" GROUP BY 1;
CREATE TABLE p (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) WITH (autovacuum_enabled = false);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) WITH (autovacuum_enabled = false);
INSERT INTO p SELECT i % 200, 'x' || i % 3 FROM generate_series(1, 2000) i;
CREATE TABLE up (a integer) WITH (autovacuum_enabled = false);
CREATE TABLE down (c integer) INHERITS (up) WITH (autovacuum_enabled = false);
INSERT INTO up SELECT generate_series(1, 100);
INSERT INTO down SELECT i, i FROM generate_series(50, 300) i;
CREATE TABLE nothing (a integer) WITH (autovacuum_enabled = false);
CREATE TABLE shifted (gone integer, b integer, c text) WITH (autovacuum_enabled = false);
INSERT INTO shifted SELECT i, i % 5, 'x' || i % 5 FROM generate_series(1, 500) i;
ALTER TABLE shifted DROP COLUMN gone;
ANALYZE "s ""1"."t
x"; ANALYZE m; ANALYZE p; ANALYZE up; ANALYZE down; ANALYZE nothing; ANALYZE shifted;
CREATE TABLE never (a integer) WITH (autovacuum_enabled = false);
INSERT INTO never SELECT generate_series(1, 100);
"#;

/// Tables of [`TABLES`] that were analyzed, those without rows aside.
const ANALYZED: &str = "tablename <> 'never'";

/// What the planner knows of columns, by name. Numbers are told so that all versions agree.
fn of_columns(database: &TestDb, condition: &str) -> Vec<Vec<Option<String>>> {
    database.rows(&format!(
        "SELECT schemaname, tablename, attname, inherited, null_frac::float8::numeric, avg_width, \
         n_distinct::float8::numeric, most_common_vals, most_common_freqs::float8[]::numeric[], \
         histogram_bounds, correlation::float8::numeric, most_common_elems, \
         most_common_elem_freqs::float8[]::numeric[], elem_count_histogram::float8[]::numeric[]{} \
         FROM pg_stats WHERE schemaname !~ '^(pg_|information_schema)' AND {condition} \
         ORDER BY 1, 2, 3, 4",
        match database.server().major {
            17.. => ", range_length_histogram, range_empty_frac, range_bounds_histogram",
            _ => "",
        }
    ))
}

/// What the planner knows of relations.
fn of_relations(database: &TestDb) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT n.nspname, relname, relkind, relpages, reltuples, relallvisible, relallfrozen \
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE n.nspname !~ '^(pg_|information_schema)' AND relname <> 'never' ORDER BY 1, 2",
    )
}

/// The tables on which somebody called ANALYZE.
fn analyzed(database: &TestDb) -> String {
    // What a session has done shows when it has ended, or says so.
    database.value(
        "SELECT string_agg(relname::text, ' ' ORDER BY relname::text) FROM pg_stat_all_tables \
         WHERE last_analyze IS NOT NULL AND schemaname !~ '^(pg_|information_schema)'",
    )
}
