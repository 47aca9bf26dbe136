//! Where sequences stand: kept in the sequences themselves, not in a catalog.

use crate::connect::Session;
use crate::connect::quote::{literal, qualified};
use crate::error::Result;

/// What is read of each sequence.
pub(super) const COLUMNS: &[&str] = &["last_value", "is_called"];

/// Sequences read by one statement.
const SEQUENCES_PER_STATEMENT: usize = 500;

/// Statements that read the state of every sequence that the role may read.
pub(super) fn queries(session: &mut Session) -> Result<Vec<String>> {
    let rows = session.query(
        "SELECT n.nspname, c.relname, (pg_catalog.pg_identify_object(\
         'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0)).identity \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid >= 16384 AND n.nspname !~ '^pg_temp_' AND CASE c.relkind WHEN 'S' \
         THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') \
         AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ELSE false END ORDER BY 1, 2",
    )?;
    let mut states = Vec::with_capacity(rows.len());
    for row in rows {
        states.push(format!(
            "SELECT {}::text AS identity, s.last_value::text, s.is_called::text FROM {} s",
            literal(row.str("identity")?),
            qualified(row.str("nspname")?, row.str("relname")?)
        ));
    }
    Ok(states.chunks(SEQUENCES_PER_STATEMENT).map(|chunk| chunk.join(" UNION ALL ")).collect())
}
