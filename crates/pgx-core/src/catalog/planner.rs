//! Statistics of the planner, as rows: `pg_class`, `pg_stats`, `pg_stats_ext`.
//!
//! Names instead of OIDs and, but for columns of indexes, instead of numbers; so the rows are the same
//! for the same statistics in any database. One query for each stream, whatever the number of relations.

use super::among::{among, from_version};
use crate::connect::Session;
use crate::error::Result;
use crate::toc::{Described, RowFormat};

/// What statistics objects know can be read since this major version.
const OBJECTS_SINCE: u32 = 12;

/// What a server of this version can tell about.
pub fn described(version: u32) -> impl Iterator<Item = Described> {
    let has_objects = version / 10_000 >= OBJECTS_SINCE;
    let told = move |one: &Described| has_objects || *one != Described::Objects;
    Described::ALL.into_iter().filter(told)
}

/// Copies the rows about `relations`, with their indexes, in the order of their names; returns their
/// number.
///
/// # Errors
/// What the server refused; those of `sink`.
pub fn copy(
    session: &mut Session,
    described: Described,
    relations: &[u32],
    sink: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let version = session.version();
    let rows = match described {
        Described::Relations => sizes(version, relations),
        Described::Columns => columns(version, relations),
        Described::Objects => objects(version, relations),
    };
    let options = RowFormat::Text.copy_options();
    session.copy_out(&format!("COPY ({rows}) TO STDOUT{options}"), sink)
}

/// Relations of which the role may not see all statistics: how many, and the first few.
///
/// # Errors
/// As [`Session::query`].
pub fn hidden(
    session: &mut Session,
    relations: &[u32],
    names_max: usize,
) -> Result<(u64, Vec<String>)> {
    let (family, known) = (family(relations), known(session.version()));
    let row = session.query_one(&format!(
        "SELECT pg_catalog.count(*) AS count, COALESCE( \
          (pg_catalog.array_agg(h.name ORDER BY h.name))[1:{names_max}], '{{}}') AS names \
         FROM (SELECT d.schemaname || '.' || d.relname AS name FROM {family} \
          JOIN pg_catalog.pg_class c ON c.oid = d.oid \
          WHERE {known} AND EXISTS (SELECT FROM pg_catalog.pg_attribute a \
           WHERE a.attrelid = d.oid AND a.attnum > 0 AND NOT a.attisdropped \
           AND (NOT pg_catalog.has_column_privilege(d.oid, a.attnum, 'SELECT') \
            OR c.relrowsecurity AND pg_catalog.row_security_active(d.oid)) \
           AND (NOT d.is_index OR EXISTS (SELECT FROM pg_catalog.pg_index i \
            WHERE i.indexrelid = d.oid AND i.indkey[a.attnum - 1] = 0)))) h"
    ))?;
    Ok((row.int("count")?, row.list("names")?))
}

/// A FROM item `d`: relations that can have statistics, and their indexes that a dump knows.
fn family(relations: &[u32]) -> String {
    let among = among(relations);
    format!(
        "(SELECT c.oid, n.nspname AS schemaname, c.relname AS tablename, c.relname, \
           false AS is_index \
          FROM {among} JOIN pg_catalog.pg_class c ON c.oid = src.oid \
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
          WHERE c.relkind IN ('r', 'p', 'f', 'm') \
         UNION ALL \
         SELECT c.oid, n.nspname, t.relname, c.relname, true \
          FROM {among} JOIN pg_catalog.pg_class t ON t.oid = src.oid \
          JOIN pg_catalog.pg_index i ON i.indrelid = t.oid \
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
          WHERE i.indisready AND (i.indisvalid OR c.relkind = 'I')) d"
    )
}

/// Whether the number of rows is known. Before 14, 0 may mean that nobody has ever counted.
fn known(version: u32) -> &'static str {
    from_version(version, 14, "c.reltuples >= 0", "c.reltuples > 0")
}

fn sizes(version: u32, relations: &[u32]) -> String {
    let (family, known) = (family(relations), known(version));
    let frozen = from_version(version, 18, "c.relallfrozen", "NULL::pg_catalog.int4");
    format!(
        "SELECT d.schemaname, d.tablename, d.relname, \
          c.relpages, c.reltuples, c.relallvisible, {frozen} \
         FROM {family} JOIN pg_catalog.pg_class c ON c.oid = d.oid WHERE {known} \
         ORDER BY d.schemaname, d.relname"
    )
}

/// Columns of an index have names that nobody chose and that no rename reaches.
fn columns(version: u32, relations: &[u32]) -> String {
    let family = family(relations);
    let of_relation = from_version(
        version,
        19,
        "s.tableid = d.oid",
        "s.schemaname = d.schemaname AND s.tablename = d.relname",
    );
    let ranges = from_version(
        version,
        17,
        "s.range_length_histogram::pg_catalog.text, s.range_empty_frac, \
         s.range_bounds_histogram::pg_catalog.text",
        "NULL::pg_catalog.text, NULL::pg_catalog.float4, NULL::pg_catalog.text",
    );
    format!(
        "SELECT d.schemaname, d.tablename, d.relname, \
          CASE WHEN NOT d.is_index THEN s.attname END AS attname, \
          CASE WHEN d.is_index THEN a.attnum END AS attnum, \
          s.inherited, s.null_frac, s.avg_width, s.n_distinct, \
          s.most_common_vals::pg_catalog.text, s.most_common_freqs, \
          s.histogram_bounds::pg_catalog.text, s.correlation, \
          s.most_common_elems::pg_catalog.text, s.most_common_elem_freqs, s.elem_count_histogram, \
          {ranges} \
         FROM {family} JOIN pg_catalog.pg_stats s ON {of_relation} \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = d.oid AND a.attname = s.attname \
         ORDER BY d.schemaname, d.relname, attname, attnum, s.inherited"
    )
}

/// The numbers of columns are those of the source: `attnums` and `attnames` translate them.
fn objects(version: u32, relations: &[u32]) -> String {
    let among = among(relations);
    let (expressions, exprs) = match version / 10_000 {
        14.. => (expressions(version), "x.exprs"),
        _ => (String::new(), "NULL::pg_catalog.jsonb"),
    };
    let (distinct, dependencies) = match version / 10_000 {
        19.. => ("s.n_distinct".to_owned(), "s.dependencies".to_owned()),
        _ => (old_distinct(), old_dependencies()),
    };
    let inherited = inherited(version);
    format!(
        "SELECT n.nspname AS schemaname, c.relname AS tablename, c.relname, \
          s.statistics_schemaname, s.statistics_name, {inherited} AS inherited, \
          ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a \
           WHERE a.attrelid = e.stxrelid AND a.attnum = ANY (e.stxkeys) ORDER BY a.attnum), \
          ARRAY(SELECT k.number FROM pg_catalog.unnest(e.stxkeys) k(number) ORDER BY k.number), \
          {distinct}, {dependencies}, \
          s.most_common_vals, s.most_common_freqs, s.most_common_base_freqs, {exprs} \
         FROM {among} JOIN pg_catalog.pg_class c ON c.oid = src.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_statistic_ext e ON e.stxrelid = c.oid \
         JOIN pg_catalog.pg_namespace m ON m.oid = e.stxnamespace \
         JOIN pg_catalog.pg_stats_ext s \
          ON s.statistics_schemaname = m.nspname AND s.statistics_name = e.stxname{expressions} \
         WHERE s.n_distinct IS NOT NULL OR s.dependencies IS NOT NULL \
          OR s.most_common_vals IS NOT NULL OR {exprs} IS NOT NULL \
         ORDER BY s.statistics_schemaname, s.statistics_name, inherited"
    )
}

fn inherited(version: u32) -> &'static str {
    from_version(version, 15, "s.inherited", "false")
}

/// What is known of expressions, in the order of their definition, as one value for each object.
fn expressions(version: u32) -> String {
    const VALUES: [&str; 10] = [
        "null_frac",
        "avg_width",
        "n_distinct",
        "most_common_vals",
        "most_common_freqs",
        "histogram_bounds",
        "correlation",
        "most_common_elems",
        "most_common_elem_freqs",
        "elem_count_histogram",
    ];
    const RANGES: [&str; 3] =
        ["range_length_histogram", "range_empty_frac", "range_bounds_histogram"];
    let ranges = if version / 10_000 >= 19 { &RANGES[..] } else { &[] };
    let pair = |name: &&str| format!("'{name}', v.{name}::pg_catalog.text");
    let pairs: Vec<String> = VALUES.iter().chain(ranges).map(pair).collect();
    let pairs = pairs.join(", ");
    let inherited = inherited(version);
    let same_inherited = from_version(version, 15, " AND v.inherited = s.inherited", "");
    format!(
        " LEFT JOIN (SELECT s.statistics_schemaname, s.statistics_name, {inherited} AS inherited, \
           pg_catalog.jsonb_agg(CASE WHEN v.null_frac IS NOT NULL THEN \
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object({pairs})) END \
            ORDER BY o.place) AS exprs \
          FROM pg_catalog.pg_stats_ext s \
          CROSS JOIN LATERAL pg_catalog.unnest(s.exprs) WITH ORDINALITY o(expr, place) \
          LEFT JOIN pg_catalog.pg_stats_ext_exprs v \
           ON v.statistics_schemaname = s.statistics_schemaname \
           AND v.statistics_name = s.statistics_name AND v.expr = o.expr{same_inherited} \
          GROUP BY 1, 2, 3 HAVING pg_catalog.count(v.null_frac) > 0) x \
          ON x.statistics_schemaname = s.statistics_schemaname \
          AND x.statistics_name = s.statistics_name AND x.inherited = {inherited}"
    )
}

/// `{"1, 2": 7}`, the form before 19, in the form of 19.
fn old_distinct() -> String {
    let attributes = numbers("o.key");
    format!(
        "(SELECT pg_catalog.json_agg(pg_catalog.json_build_object('attributes', {attributes}, \
           'ndistinct', o.value)) \
          FROM pg_catalog.json_each(s.n_distinct::pg_catalog.text::pg_catalog.json) o)"
    )
}

/// `{"1, 2 => 3": 0.5}`, the form before 19, in the form of 19.
fn old_dependencies() -> String {
    let attributes = numbers("pg_catalog.split_part(o.key, ' => ', 1)");
    format!(
        "(SELECT pg_catalog.json_agg(pg_catalog.json_build_object('attributes', {attributes}, \
           'dependency', pg_catalog.split_part(o.key, ' => ', 2)::pg_catalog.int4, \
           'degree', o.value)) \
          FROM pg_catalog.json_each(s.dependencies::pg_catalog.text::pg_catalog.json) o)"
    )
}

fn numbers(list: &str) -> String {
    format!("pg_catalog.string_to_array({list}, ', ')::pg_catalog.int4[]")
}
