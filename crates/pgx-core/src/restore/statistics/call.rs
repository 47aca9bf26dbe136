//! The statements that hand statistics over.

use super::{objects, staged};
use crate::toc::Described;

/// What the server may answer about a row, in the words of [`statement`].
pub(super) const TAKEN: &str = "taken";
pub(super) const MISSING: &str = "missing";
pub(super) const DENIED: &str = "denied";

/// Hands the rows from number `from` to number `to` over; returns those that were not taken, and why.
pub(super) fn statement(described: Described, version: u32, (from, to): (u64, u64)) -> String {
    let (table, call) = (staged(described).sql(), call(described, version));
    let (there, what) = (there(described), what(described));
    format!(
        "SELECT s.* FROM (SELECT t.schemaname, t.tablename, t.relname, {what} AS what, \
           CASE WHEN there.relname IS NULL THEN '{MISSING}' WHEN NOT there.may THEN '{DENIED}' \
            WHEN {call} THEN '{TAKEN}' ELSE 'refused' END AS answer \
          FROM {table} t LEFT JOIN LATERAL ({there} OFFSET 0) there ON true \
          WHERE t.place BETWEEN {from} AND {to} OFFSET 0) s WHERE s.answer <> '{TAKEN}'"
    )
}

/// Forgets what the target knows of columns so far: kinds of statistics that do not come along would
/// stay.
pub(super) fn clear(described: Described, (from, to): (u64, u64)) -> Option<String> {
    if described != Described::Columns {
        return None;
    }
    Some(format!(
        "SELECT pg_catalog.pg_clear_attribute_stats( \
          there.schemaname, there.relname, there.attname, t.inherited) \
         FROM {} t CROSS JOIN LATERAL ({} OFFSET 0) there \
         WHERE t.place BETWEEN {from} AND {to} AND there.may",
        staged(described).sql(),
        there(described)
    ))
}

/// The names behind the relation's, of row `t`.
pub(super) fn what(described: Described) -> &'static str {
    match described {
        Described::Relations => "NULL::text",
        Described::Columns => "COALESCE(t.attname, t.attnum::text)",
        Described::Objects => "t.statistics_name",
    }
}

/// What the target calls the relation and its column, and whether the role may set their statistics.
/// Columns of an index are found by number.
fn there(described: Described) -> String {
    const MAY: &str = "(pg_catalog.has_table_privilege(COALESCE(i.indrelid, c.oid), 'MAINTAIN') \
          OR (SELECT pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d \
           WHERE d.datname = pg_catalog.current_database()))";
    let (of_column, column) = match described {
        Described::Columns => (
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
             AND NOT a.attisdropped AND (a.attname = t.attname::name OR a.attnum = t.attnum)",
            ", a.attname::text",
        ),
        Described::Relations => ("", ""),
        Described::Objects => (objects::JOIN, objects::THERE),
    };
    format!(
        "SELECT n.nspname::text AS schemaname, c.relname::text, {MAY} AS may{column} \
         FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
         LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid{of_column} \
         WHERE n.nspname = t.schemaname::name AND c.relname = t.relname::name \
         AND c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I')"
    )
}

/// The call of the server's function. It passes over what is NULL.
fn call(described: Described, version: u32) -> String {
    let (function, names) = match described {
        Described::Relations => ("pg_restore_relation_stats", ""),
        Described::Columns => ("pg_restore_attribute_stats", ", 'attname', there.attname"),
        Described::Objects => return objects::call(version),
    };
    let values = described.values().iter().map(|(name, _)| *name);
    let values = values.filter(|name| !matches!(*name, "attname" | "attnum"));
    let values: String = values.map(|name| format!(", '{name}', t.{name}")).collect();
    format!(
        "pg_catalog.{function}('version', {version}, 'schemaname', there.schemaname, \
         'relname', there.relname{names}{values})"
    )
}
