//! The database itself: what CREATE DATABASE and the statements behind it need.

use super::acl;
use super::model::{AclTarget, changes};
use super::setting;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{DatabaseSpec, RoleSetting};

/// Reads the database the session is connected to.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<DatabaseSpec> {
    let row = session.query_one(&sql(session.version()))?;
    let mut spec = database(&row)?;
    let major = session.major();
    for row in session.query(SETTINGS)? {
        let items = row.list("setconfig")?.into_iter();
        let clauses = items.filter_map(|item| setting::clause(&item, major));
        match row.opt_text("role")? {
            None => spec.settings.extend(clauses),
            Some(role) => spec
                .role_settings
                .extend(clauses.map(|setting| RoleSetting { role: role.clone(), setting })),
        }
    }
    Ok(spec)
}

/// ALTER DATABASE SET, and ALTER ROLE IN DATABASE SET (with a role).
const SETTINGS: &str = "\
SELECT s.setconfig, CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END AS role \
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase \
WHERE d.datname = pg_catalog.current_database() ORDER BY s.setrole <> 0, 2";

/// The provider has a column from version 15 on; the locale that is not libc's changed its name in 17.
fn sql(version: u32) -> String {
    let provider = if version >= 150_000 { "d.datlocprovider" } else { "'c'" };
    let locale = match version {
        170_000.. => "d.datlocale",
        150_000.. => "d.daticulocale",
        _ => "NULL",
    };
    let rules = if version >= 160_000 { "d.daticurules" } else { "NULL" };
    format!(
        "SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba) AS owner, {provider} AS provider, \
          d.datcollate, d.datctype, {locale} AS locale, {rules} AS rules, d.datconnlimit, \
          d.datistemplate, NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n \
           WHERE n.nspname = 'public') AS lacks_public, \
          NULLIF(t.spcname, 'pg_default') AS tablespace, \
          pg_catalog.shobj_description(d.oid, 'pg_database') AS comment, {} \
         FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace {} \
         WHERE d.datname = pg_catalog.current_database()",
        acl::columns("'d'", "d.datacl", "d.datdba"),
        acl::join("pg_database", "d.oid", "0"),
    )
}

fn database(row: &Row) -> Result<DatabaseSpec> {
    let owner = row.text("owner")?;
    let acl = changes(&acl::read(row)?, AclTarget::Database, &owner, "");
    Ok(DatabaseSpec {
        name: row.text("datname")?,
        owner,
        locale_provider: row.text("provider")?,
        collate: row.text("datcollate")?,
        ctype: row.text("datctype")?,
        locale: row.opt_text("locale")?,
        icu_rules: row.opt_text("rules")?,
        settings: Vec::new(),
        comment: row.opt_text("comment")?,
        acl,
        connection_limit: row.int("datconnlimit")?,
        role_settings: Vec::new(),
        is_template: row.bool("datistemplate")?,
        tablespace: row.opt_text("tablespace")?,
        lacks_public: row.bool("lacks_public")?,
    })
}
