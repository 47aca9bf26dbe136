//! Rules: `pg_rewrite`.

use super::among::among;
use super::model::{Rule, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the rules of `relations`, by relation and name, those that are the query of a view
/// included.
///
/// # Errors
/// What the server refuses; a rule that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Rule>> {
    let rows = session.query(&format!(
        "SELECT r.oid, r.rulename, r.ev_class, r.ev_enabled, r.ev_type = '1' AS is_view_query, \
         CASE WHEN r.ev_type = '1' THEN '' ELSE pg_catalog.pg_get_ruledef(r.oid) END AS definition \
         FROM {} JOIN pg_catalog.pg_rewrite r ON r.ev_class = src.oid \
         ORDER BY r.ev_class, r.rulename",
        among(relations)
    ))?;
    rows.iter().map(rule).collect()
}

fn rule(row: &Row) -> Result<Rule> {
    Ok(Rule {
        id: CatalogId { class: class::REWRITE, oid: row.oid("oid")? },
        name: row.text("rulename")?,
        relation: row.oid("ev_class")?,
        definition: row.str("definition")?.trim_end_matches(';').to_owned(),
        enabled: row.char("ev_enabled")?,
        is_view_query: row.bool("is_view_query")?,
    })
}
