//! What every kind with a name, an owner and privileges reads alike.

use super::acl;
use super::model::Object;
use crate::connect::Row;
use crate::error::Result;
use crate::toc::CatalogId;

/// Columns and joins of a bulk query that give an [`Object`].
pub struct Source<'s> {
    /// The catalog's bare name: `pg_proc`.
    pub catalog: &'s str,
    /// The alias of the catalog in the query.
    pub alias: &'s str,
    /// The prefix of its columns: `pro` for `proname`, `proowner`, `proacl`.
    pub prefix: &'s str,
    /// The letter of `acldefault()`; none for kinds without privileges.
    pub acl: Option<char>,
}

impl Source<'_> {
    /// The columns `oid`, `name`, `owner`, `extension` and those of [`acl::columns`].
    pub fn columns(&self) -> String {
        let Source { catalog, alias, prefix, acl } = self;
        format!(
            "{alias}.oid, {alias}.{prefix}name AS name, \
             pg_catalog.pg_get_userbyid({alias}.{prefix}owner) AS owner, {}, {}",
            extension(catalog, &format!("{alias}.oid")),
            match acl {
                Some(letter) => acl::columns(
                    &format!("'{letter}'"),
                    &format!("{alias}.{prefix}acl"),
                    &format!("{alias}.{prefix}owner")
                ),
                None => acl::NO_COLUMNS.to_owned(),
            },
        )
    }

    /// The join those columns need.
    pub fn join(&self) -> String {
        acl::join(self.catalog, &format!("{}.oid", self.alias), "0")
    }
}

/// As [`Source::columns`], for a kind without owner and privileges.
pub fn ownerless(catalog: &str, alias: &str, prefix: &str) -> String {
    format!(
        "{alias}.oid, {alias}.{prefix}name AS name, '' AS owner, {}, {}",
        extension(catalog, &format!("{alias}.oid")),
        acl::NO_COLUMNS,
    )
}

/// SQL of the quoted name of the object with the schema it stands in; `schema` and `name` are columns.
pub fn quoted(schema: &str, name: &str) -> String {
    let ident = |column| format!("'\"' || pg_catalog.replace({column}, '\"', '\"\"') || '\"'");
    format!("{} || '.' || {}", ident(schema), ident(name))
}

/// The column `name`: what `column`, which holds the OID of a function, calls it; NULL for none.
pub fn function(column: &str, name: &str) -> String {
    format!("NULLIF({column}::pg_catalog.oid, 0)::pg_catalog.regproc AS {name}")
}

/// The column `extension`: the OID of the extension that the object is a member of. Members are few:
/// they are found once, and only they are looked up.
pub fn extension(catalog: &str, oid: &str) -> String {
    let is_member = format!(
        "e.classid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND e.objsubid = 0 \
         AND e.deptype = 'e' AND e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
    );
    format!(
        "CASE WHEN {oid} = ANY (ARRAY(SELECT e.objid FROM pg_catalog.pg_depend e WHERE {is_member})) \
         THEN (SELECT e.refobjid FROM pg_catalog.pg_depend e WHERE {is_member} AND e.objid = {oid} \
          LIMIT 1) END AS extension"
    )
}

/// The schema of what a restore writes down until it is complete; nobody's object.
pub const JOURNAL_SCHEMA: &str = "pgx_journal";

/// The condition that `alias`, a row of `pg_namespace`, is not the system's, nor the journal's.
pub fn in_user_schema(alias: &str) -> String {
    format!(
        "{alias}.nspname !~ '^pg_' \
         AND {alias}.nspname NOT IN ('information_schema', '{JOURNAL_SCHEMA}')"
    )
}

/// The object in a row of a query with [`Source::columns`]; `schema` is the row's column `schema`,
/// where the kind has one.
///
/// # Errors
/// A column is missing or NULL.
pub fn read(row: &Row, class: u32, schema: Option<String>) -> Result<Object> {
    Ok(Object {
        id: CatalogId { class, oid: row.oid("oid")? },
        schema,
        name: row.text("name")?,
        owner: row.text("owner")?,
        acl: acl::read(row)?,
        extension: row.opt_int("extension")?,
    })
}
