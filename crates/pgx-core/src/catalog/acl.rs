//! Privileges as every kind reads them within its bulk query.
//!
//! A query that takes [`columns`] joins `pg_init_privs` by [`join`]; [`read`] decodes its rows.

use super::model::Acl;
use crate::connect::Row;
use crate::error::Result;

/// The columns `acl`, `acl_base` and `acl_initial`. `kind` is the SQL expression of `acldefault()`'s
/// letter, `acl` the ACL column, `owner` the owner's column.
///
/// An ACL of NULL means the default. That is no change, unless the object began with something else:
/// then the default is spelled out.
pub fn columns(kind: &str, acl: &str, owner: &str) -> String {
    let default = format!("pg_catalog.acldefault({kind}, {owner})");
    format!(
        "COALESCE({acl}, CASE WHEN pip.initprivs IS NOT NULL THEN {default} END)\
         ::pg_catalog.text[] AS acl, \
         COALESCE(pip.initprivs, {default})::pg_catalog.text[] AS acl_base, \
         pip.initprivs IS NOT NULL AS acl_initial"
    )
}

/// [`columns`] for a kind without privileges.
pub const NO_COLUMNS: &str = "NULL AS acl, NULL AS acl_base, false AS acl_initial";

/// [`columns`] for a column of a table, which begins without privileges of its own.
pub fn column_columns(acl: &str) -> String {
    format!(
        "COALESCE({acl}, CASE WHEN pip.initprivs IS NOT NULL THEN '{{}}'::pg_catalog.aclitem[] END)\
         ::pg_catalog.text[] AS acl, \
         COALESCE(pip.initprivs, '{{}}')::pg_catalog.text[] AS acl_base, \
         pip.initprivs IS NOT NULL AS acl_initial"
    )
}

/// Joins what the object's privileges were when initdb or its extension made it. `catalog` is the
/// catalog's bare name, `oid` the object's column, `column` its column number (`0` for the object).
pub fn join(catalog: &str, oid: &str, column: &str) -> String {
    format!(
        "LEFT JOIN pg_catalog.pg_init_privs pip ON pip.objoid = {oid} \
         AND pip.classoid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND pip.objsubid = {column}"
    )
}

/// The privileges in a row of a query with [`columns`].
///
/// # Errors
/// The query lacks the columns.
pub fn read(row: &Row) -> Result<Acl> {
    Ok(Acl {
        current: row.opt("acl")?.is_some().then(|| row.list("acl")).transpose()?,
        base: row.list("acl_base")?,
        base_is_initial: row.bool("acl_initial")?,
    })
}
