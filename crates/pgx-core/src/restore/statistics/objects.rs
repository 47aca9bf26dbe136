//! What statistics objects know. It names columns by their numbers, which may be others in the target.

/// Whether the statistics of object `e` came along.
pub(super) const CAME: &str = "EXISTS (SELECT FROM pg_temp.pgx_extended_statistics o \
     JOIN pg_catalog.pg_namespace m ON m.nspname = o.statistics_schemaname::name \
     WHERE m.oid = e.stxnamespace AND e.stxname = o.statistics_name::name)";

/// The object, on the relation `c` of row `t`.
pub(super) const JOIN: &str = " JOIN pg_catalog.pg_statistic_ext e ON e.stxrelid = c.oid \
     AND e.stxname = t.statistics_name::name \
     JOIN pg_catalog.pg_namespace m ON m.oid = e.stxnamespace \
     AND m.nspname = t.statistics_schemaname::name";

/// What the target calls it, and its numbers for the columns: by their place in the archive's list.
pub(super) const THERE: &str = ", m.nspname::text AS object_schema, e.stxname::text AS object, \
     ARRAY(SELECT a.attnum::int4 FROM pg_catalog.unnest(t.attnames) WITH ORDINALITY k(name, place) \
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = k.name::name \
       AND NOT a.attisdropped ORDER BY k.place) AS attnums";

/// The call for row `t`.
pub(super) fn call(version: u32) -> String {
    let distinct = renumbered("n_distinct", "'ndistinct', i.item -> 'ndistinct'");
    let dependencies = renumbered(
        "dependencies",
        "'dependency', (SELECT r.there FROM numbers r \
          WHERE r.here = (i.item ->> 'dependency')::int4), 'degree', i.item -> 'degree'",
    );
    format!(
        "pg_catalog.pg_restore_extended_stats('version', {version}, \
         'schemaname', there.schemaname, 'relname', there.relname, \
         'statistics_schemaname', there.object_schema, 'statistics_name', there.object, \
         'inherited', t.inherited, \
         'n_distinct', ({distinct})::text::pg_catalog.pg_ndistinct, \
         'dependencies', ({dependencies})::text::pg_catalog.pg_dependencies, \
         'most_common_vals', ({VALUES}), 'most_common_freqs', t.most_common_freqs, \
         'most_common_base_freqs', t.most_common_base_freqs, 'exprs', t.exprs)"
    )
}

/// The numbers of columns, here in the archive and there in the target; those of expressions, which are
/// negative, stay.
const NUMBERS: &str = "SELECT n.here::int4, n.there FROM \
     ROWS FROM (pg_catalog.unnest(t.attnums), pg_catalog.unnest(there.attnums)) n(here, there) \
     UNION ALL SELECT -k, -k FROM pg_catalog.generate_series(1, 16) k";

/// A list of items about groups of columns, each group in the order that the target has it in: columns
/// by number, then expressions.
fn renumbered(list: &str, rest: &str) -> String {
    format!(
        "WITH numbers AS ({NUMBERS}) SELECT pg_catalog.json_agg(pg_catalog.json_build_object( \
           'attributes', (SELECT pg_catalog.json_agg(r.there \
             ORDER BY r.there < 0, pg_catalog.abs(r.there)) \
            FROM pg_catalog.json_array_elements_text(i.item -> 'attributes') k(number) \
            JOIN numbers r ON r.here = k.number::int4), {rest})) \
         FROM pg_catalog.json_array_elements(t.{list}) i(item)"
    )
}

/// The values, those of each column where the target has the column.
const VALUES: &str = "SELECT pg_catalog.array_agg(v.one ORDER BY v.line) FROM ( \
      SELECT l.line, pg_catalog.array_agg(t.most_common_vals[l.line][p.place] ORDER BY \
        there.attnums[p.place] NULLS LAST, p.place) AS one \
      FROM pg_catalog.generate_series(1, pg_catalog.array_length(t.most_common_vals, 1)) l(line), \
       pg_catalog.generate_series(1, pg_catalog.array_length(t.most_common_vals, 2)) p(place) \
      GROUP BY l.line) v";
