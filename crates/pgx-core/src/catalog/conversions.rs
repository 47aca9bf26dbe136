//! Conversions between encodings: `pg_conversion`.

use super::model::{Conversion, class};
use super::object::{self, Source};
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_conversion", alias: "c", prefix: "con", acl: None };

/// Reads the conversions in users' schemas, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Conversion>> {
    let sql = format!(
        "SELECT {}, n.nspname AS schema, c.condefault, {}, \
          pg_catalog.pg_encoding_to_char(c.conforencoding) AS source, \
          pg_catalog.pg_encoding_to_char(c.contoencoding) AS target \
         FROM pg_catalog.pg_conversion c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace WHERE {} ORDER BY c.oid",
        SOURCE.columns(),
        object::function("c.conproc", "function"),
        object::in_user_schema("n"),
    );
    session.query(&sql)?.iter().map(conversion).collect()
}

fn conversion(row: &Row) -> Result<Conversion> {
    let encoding = |column| -> Result<String> { Ok(literal(row.str(column)?)) };
    Ok(Conversion {
        object: object::read(row, class::CONVERSION, Some(row.text("schema")?))?,
        default: row.bool("condefault")?,
        definition: format!(
            "FOR {} TO {} FROM {}",
            encoding("source")?,
            encoding("target")?,
            row.str("function")?
        ),
    })
}
