//! What a dump does not keep although it does not stop for it: each is named, so that nothing is lost in
//! silence.

use super::model::{Unkept, class};
use super::object;
use crate::connect::{Row, Session};
use crate::error::Result;

/// Catalogs whose objects have owners, and the prefix of their columns.
const OWNED: [(&str, &str); 11] = [
    ("pg_class", "rel"),
    ("pg_collation", "coll"),
    ("pg_conversion", "con"),
    ("pg_language", "lan"),
    ("pg_namespace", "nsp"),
    ("pg_operator", "opr"),
    ("pg_opclass", "opc"),
    ("pg_opfamily", "opf"),
    ("pg_proc", "pro"),
    ("pg_ts_config", "cfg"),
    ("pg_ts_dict", "dict"),
];

/// Lists what is not kept, sorted by label.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Unkept>> {
    let parts: Vec<String> = [invalid_indexes(), lone_operators(), states_on_views()]
        .into_iter()
        .chain(OWNED.map(|(catalog, prefix)| other_owners(catalog, prefix)))
        .collect();
    let sql = format!(
        "SELECT u.* FROM ({}) u ORDER BY u.label COLLATE pg_catalog.\"C\"",
        parts.join(" UNION ALL ")
    );
    session.query(&sql)?.iter().map(item).collect()
}

fn item(row: &Row) -> Result<Unkept> {
    Ok(Unkept {
        label: row.text("label")?,
        schema: row.opt_text("schema")?,
        relation: row.opt_int("relation")?,
    })
}

/// What a failed CREATE INDEX CONCURRENTLY has left behind. An index on a partitioned table is invalid
/// while some partition lacks its part.
fn invalid_indexes() -> String {
    format!(
        "SELECT 'INDEX ' || c.oid::pg_catalog.regclass::pg_catalog.text || ', which is invalid' AS label, \
          NULL::pg_catalog.text AS schema, i.indrelid AS relation \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT (i.indisready AND (i.indisvalid OR c.relkind = 'I')) AND {}",
        object::in_user_schema("n"),
    )
}

/// What other operators announced and nobody defined comes with those; without them nothing makes it.
fn lone_operators() -> String {
    format!(
        "SELECT 'OPERATOR ' || o.oid::pg_catalog.regoperator::pg_catalog.text \
          || ', which was announced and never defined', n.nspname::pg_catalog.text, \
          NULL::pg_catalog.oid \
         FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace \
         WHERE o.oprcode::pg_catalog.oid = 0 AND {} AND NOT EXISTS (SELECT FROM pg_catalog.pg_operator x \
          WHERE o.oid IN (x.oprcom, x.oprnegate))",
        object::in_user_schema("n"),
    )
}

/// Only tables may set the state of a rule, and up to 15 a table could become a view with one.
fn states_on_views() -> String {
    format!(
        "SELECT 'that RULE ' || r.rulename || ' ON ' || c.oid::pg_catalog.regclass::pg_catalog.text \
          || ' is not simply enabled', NULL::pg_catalog.text, c.oid \
         FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class \
          AND c.relkind IN ('v', 'm') \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE r.ev_enabled <> 'O' AND {}",
        object::in_user_schema("n"),
    )
}

/// Objects of the system that initdb's superuser no longer owns. Schema `public` is dumped.
fn other_owners(catalog: &str, prefix: &str) -> String {
    format!(
        "SELECT 'owner of ' || (i.i).type || ' ' || (i.i).identity, NULL::pg_catalog.text, \
          NULL::pg_catalog.oid FROM (SELECT pg_catalog.pg_identify_object(\
          'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid, x.oid, 0) AS i \
          FROM pg_catalog.{catalog} x WHERE x.oid < {} AND x.{prefix}owner <> {} \
           AND x.{prefix}name <> 'public') i",
        class::FIRST_OF_USERS,
        class::BOOTSTRAP_SUPERUSER,
    )
}
