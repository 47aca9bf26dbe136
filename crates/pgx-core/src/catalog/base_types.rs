//! What base types are made of: their rows in `pg_type`.

use std::collections::HashMap;

use super::object;
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::{Error, Result};

/// Clauses, and the columns with the functions they name.
const FUNCTIONS: [(&str, &str); 8] = [
    ("INPUT", "typinput"),
    ("OUTPUT", "typoutput"),
    ("RECEIVE", "typreceive"),
    ("SEND", "typsend"),
    ("TYPMOD_IN", "typmodin"),
    ("TYPMOD_OUT", "typmodout"),
    ("ANALYZE", "typanalyze"),
    ("SUBSCRIPT", "typsubscript"),
];

/// Reads what stands between the parentheses of CREATE TYPE, by the type's OID. Arrays that the server
/// makes along with a type, and members of extensions, are left out.
///
/// # Errors
/// As [`Session::query`]; a letter that pgx does not know.
pub(super) fn read(session: &mut Session) -> Result<HashMap<u32, Vec<String>>> {
    let version = session.version();
    let functions: Vec<String> = FUNCTIONS
        .iter()
        .map(|(_, column)| {
            let has = *column != "typsubscript" || version >= 140_000;
            let source = if has { format!("t.{column}") } else { "0".to_owned() };
            object::function(&source, column)
        })
        .collect();
    let sql = format!(
        "SELECT q.* FROM (SELECT t.oid, {}, {}, t.typlen, t.typbyval, t.typcategory, \
          t.typispreferred, t.typdelim, t.typalign, t.typstorage, \
          t.typcollation <> 0 AS collatable, \
          CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END AS element, \
          COALESCE(pg_catalog.pg_get_expr(t.typdefaultbin, 0), \
           pg_catalog.quote_literal(t.typdefault)) AS default \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE t.typtype = 'b' AND {} AND NOT EXISTS (SELECT FROM pg_catalog.pg_type el \
          WHERE el.oid = t.typelem AND el.typarray = t.oid)) q WHERE q.extension IS NULL",
        object::extension("pg_type", "t.oid"),
        functions.join(", "),
        object::in_user_schema("n"),
    );
    let rows = session.query(&sql)?;
    rows.iter().map(|row| Ok((row.oid("oid")?, clauses(row)?))).collect()
}

/// What every type has by default is left out.
fn clauses(row: &Row) -> Result<Vec<String>> {
    let mut clauses = Vec::new();
    for (clause, column) in FUNCTIONS {
        clauses.extend(row.opt(column)?.map(|function| format!("{clause} = {function}")));
    }
    clauses.push(match row.int::<i16>("typlen")? {
        -1 => "INTERNALLENGTH = VARIABLE".to_owned(),
        length => format!("INTERNALLENGTH = {length}"),
    });
    if row.bool("typbyval")? {
        clauses.push("PASSEDBYVALUE".to_owned());
    }
    clauses.push(format!("ALIGNMENT = {}", alignment(row.char("typalign")?)?));
    clauses.push(format!("STORAGE = {}", storage(row.char("typstorage")?)?));
    let (category, delimiter) = (row.char("typcategory")?, row.char("typdelim")?);
    if category != 'U' {
        clauses.push(format!("CATEGORY = {}", literal(&category.to_string())));
    }
    if row.bool("typispreferred")? {
        clauses.push("PREFERRED = true".to_owned());
    }
    clauses.extend(row.opt("default")?.map(|default| format!("DEFAULT = {default}")));
    clauses.extend(row.opt("element")?.map(|element| format!("ELEMENT = {element}")));
    if delimiter != ',' {
        clauses.push(format!("DELIMITER = {}", literal(&delimiter.to_string())));
    }
    if row.bool("collatable")? {
        clauses.push("COLLATABLE = true".to_owned());
    }
    Ok(clauses)
}

fn alignment(letter: char) -> Result<&'static str> {
    Ok(match letter {
        'c' => "char",
        's' => "int2",
        'i' => "int4",
        'd' => "double",
        _ => return Err(Error::internal(format!("an unknown alignment: {letter}"))),
    })
}

fn storage(letter: char) -> Result<&'static str> {
    Ok(match letter {
        'p' => "plain",
        'e' => "external",
        'x' => "extended",
        'm' => "main",
        _ => return Err(Error::internal(format!("an unknown storage: {letter}"))),
    })
}
