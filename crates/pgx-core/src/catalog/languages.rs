//! Procedural languages: `pg_language`.

use super::model::{Language, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_language", alias: "l", prefix: "lan", acl: Some('l') };

/// Reads the languages that are not the system's, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Language>> {
    // Servers before 13 make a well-known language without an extension, by its name alone, and put
    // its functions among their own.
    let by_name = "EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = l.lanplcallfoid \
                   AND p.oid >= 16384 AND p.pronamespace = 11)";
    let sql = format!(
        "SELECT {}, l.lanpltrusted, {by_name} AS by_name, {}, {}, {} \
         FROM pg_catalog.pg_language l {} WHERE l.oid >= 16384 AND l.lanispl ORDER BY l.oid",
        SOURCE.columns(),
        object::function("l.lanplcallfoid", "handler"),
        object::function("l.laninline", "inline"),
        object::function("l.lanvalidator", "validator"),
        SOURCE.join(),
    );
    session.query(&sql)?.iter().map(language).collect()
}

fn language(row: &Row) -> Result<Language> {
    let mut functions = Vec::new();
    if !row.bool("by_name")? {
        for (clause, column) in
            [("HANDLER", "handler"), ("INLINE", "inline"), ("VALIDATOR", "validator")]
        {
            functions.extend(row.opt(column)?.map(|function| format!("{clause} {function}")));
        }
    }
    Ok(Language {
        object: object::read(row, class::LANGUAGE, None)?,
        trusted: row.bool("lanpltrusted")?,
        functions,
    })
}
