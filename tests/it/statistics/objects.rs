//! Extended statistics: servers from 19 on take them; before, the tables are analyzed.

use super::analyzed;
use crate::support::{self, Archive, TestDb};

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

/// What they know, with names instead of numbers.
const KNOWN: &str = "
SELECT s.statistics_schemaname, s.statistics_name, s.inherited,
 (SELECT string_agg((SELECT string_agg(COALESCE(attname, k), ',' ORDER BY COALESCE(attname, k))
    FROM json_array_elements_text(i -> 'attributes') k
    LEFT JOIN pg_attribute ON attrelid = s.tableid AND attnum = k::int) || i::jsonb ->> 'ndistinct',
   ' ' ORDER BY 1) FROM json_array_elements(s.n_distinct::text::json) i) AS distincts,
 (SELECT array_agg(e ORDER BY e) FROM json_array_elements(s.dependencies::text::json) i,
   LATERAL (SELECT (SELECT string_agg(COALESCE(attname, k), ',' ORDER BY COALESCE(attname, k))
     FROM json_array_elements_text(i -> 'attributes') k
     LEFT JOIN pg_attribute ON attrelid = s.tableid AND attnum = k::int) || ' => '
    || COALESCE((SELECT attname::text FROM pg_attribute WHERE attrelid = s.tableid
     AND attnum = (i ->> 'dependency')::int), i ->> 'dependency') || (i ->> 'degree')) l(e)),
 (SELECT array_agg(CASE WHEN v ~ '^v' THEN 'y' ELSE 'x' END || v ORDER BY v)
  FROM unnest(s.most_common_vals[1:2]) v),
 s.most_common_freqs, s.most_common_base_freqs,
 (SELECT array_agg(e::text ORDER BY expr) FROM pg_stats_ext_exprs e
  WHERE e.statistics_name = s.statistics_name AND e.inherited = s.inherited) IS NULL
FROM pg_stats_ext s ORDER BY 1, 2, 3";

/// Expressions, without what belongs to the database.
const EXPRESSIONS: &str = "
SELECT statistics_name, expr, inherited, null_frac, avg_width, n_distinct, most_common_vals,
 most_common_freqs, histogram_bounds, correlation FROM pg_stats_ext_exprs ORDER BY 1, 2, 3";

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
    for source in [12, 14, 18, 19].into_iter().filter_map(support::server) {
        let original = TestDb::new(&source);
        original.sql(TABLES);
        if source.major >= 14 {
            original.sql(COMPUTED);
        }
        let archive = Archive::with(&original, &["--statistics"]);
        let copy = archive.restored_into_empty(&target);
        assert_eq!(analyzed(&copy), "", "from {}", source.name);
        if source.major >= 14 {
            assert_eq!(copy.rows(EXPRESSIONS), original.rows(EXPRESSIONS));
        }
        if source.major == 19 {
            assert_eq!(copy.rows(KNOWN), original.rows(KNOWN));
        }
        let again = Archive::with(&copy, &["--statistics"]).restored_into_empty(&target);
        assert_eq!(again.rows(KNOWN), copy.rows(KNOWN));
    }
}
