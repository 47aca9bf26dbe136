//! Collations: `pg_collation`.

use super::among::from_version;
use super::model::{Collation, class};
use super::object::{self, Source};
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::{Error, Result};

const SOURCE: Source<'_> =
    Source { catalog: "pg_collation", alias: "c", prefix: "coll", acl: None };

/// Reads the collations in users' schemas, in OID order. The version of the library is not read: the
/// target has its own.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Collation>> {
    let sql = sql(session.version());
    session.query(&sql)?.iter().map(collation).collect()
}

/// The locale of ICU stood where libc's does until version 14, and has changed its name in 17.
fn sql(version: u32) -> String {
    let locale = match version {
        170_000.. => "c.colllocale",
        150_000.. => "c.colliculocale",
        _ => "CASE c.collprovider WHEN 'i' THEN c.collcollate::pg_catalog.text END",
    };
    format!(
        "SELECT {}, n.nspname AS schema, c.collprovider, c.collcollate, c.collctype, \
          {locale} AS locale, {} AS deterministic, {} AS rules \
         FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace \
         WHERE {} ORDER BY c.oid",
        SOURCE.columns(),
        from_version(version, 12, "c.collisdeterministic", "true"),
        from_version(version, 16, "c.collicurules", "NULL"),
        object::in_user_schema("n"),
    )
}

fn collation(row: &Row) -> Result<Collation> {
    Ok(Collation {
        object: object::read(row, class::COLLATION, Some(row.text("schema")?))?,
        clauses: clauses(row)?,
    })
}

fn clauses(row: &Row) -> Result<Vec<String>> {
    let provider = match row.char("collprovider")? {
        'b' => "builtin",
        'c' => "libc",
        'i' => "icu",
        letter => return Err(Error::internal(format!("an unknown collation provider: {letter}"))),
    };
    let mut clauses = vec![format!("provider = {provider}")];
    let (collate, ctype) = (row.opt("collcollate")?, row.opt("collctype")?);
    match (row.opt("locale")?, collate, ctype) {
        (Some(locale), ..) => clauses.push(format!("locale = {}", literal(locale))),
        (None, Some(collate), Some(ctype)) if collate == ctype => {
            clauses.push(format!("locale = {}", literal(collate)));
        }
        (None, collate, ctype) => {
            clauses.extend(collate.map(|value| format!("lc_collate = {}", literal(value))));
            clauses.extend(ctype.map(|value| format!("lc_ctype = {}", literal(value))));
        }
    }
    if !row.bool("deterministic")? {
        clauses.push("deterministic = false".to_owned());
    }
    clauses.extend(row.opt("rules")?.map(|rules| format!("rules = {}", literal(rules))));
    Ok(clauses)
}
