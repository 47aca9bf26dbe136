//! Row security policies: `pg_policy`.

use super::among::among;
use super::model::{Policy, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Reads the policies of `relations`, by relation and name.
///
/// # Errors
/// What the server refuses.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Policy>> {
    let rows = session.query(&format!(
        "SELECT p.oid, p.polname, p.polrelid, p.polpermissive, p.polcmd, \
         ARRAY(SELECT pg_catalog.pg_get_userbyid(u.role)::pg_catalog.text \
           FROM pg_catalog.unnest(p.polroles) WITH ORDINALITY AS u(role, at) \
           WHERE u.role <> 0 ORDER BY u.at) AS roles, \
         pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_expression, \
         pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression \
         FROM {} JOIN pg_catalog.pg_policy p ON p.polrelid = src.oid \
         ORDER BY p.polrelid, p.polname",
        among(relations)
    ))?;
    rows.iter().map(policy).collect()
}

fn policy(row: &Row) -> Result<Policy> {
    Ok(Policy {
        id: CatalogId { class: class::POLICY, oid: row.oid("oid")? },
        name: row.text("polname")?,
        relation: row.oid("polrelid")?,
        permissive: row.bool("polpermissive")?,
        command: row.char("polcmd")?,
        roles: row.list("roles")?,
        using: row.opt_text("using_expression")?,
        check: row.opt_text("check_expression")?,
    })
}
