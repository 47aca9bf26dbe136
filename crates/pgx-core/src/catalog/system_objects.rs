//! Changed privileges of what initdb made: objects of `pg_catalog` and `information_schema`, those
//! schemas themselves, and the built-in languages.

use super::model::{AclTarget, SystemObject, class};
use super::{acl, object};
use crate::connect::quote::{ident, qualified};
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::Kind;

/// A catalog with objects of the system.
struct Part<'p> {
    catalog: &'p str,
    /// Of the catalog's columns; its alias is `x`.
    prefix: &'p str,
    /// SQL of the letter of `acldefault()`.
    letter: &'p str,
    /// SQL of the letter by which [`system_object`] tells the kinds apart.
    what: &'p str,
    /// Which of its rows; they stand in the schema `n`, where the catalog has such a column.
    in_schemas: bool,
    rows: &'p str,
    /// SQL: what PUBLIC was granted beyond the default, where `pg_init_privs` does not say so. The
    /// information schema is made after that catalog is filled.
    given: &'p str,
}

const PARTS: [Part<'_>; 5] = [
    Part {
        catalog: "pg_proc",
        prefix: "pro",
        letter: "'f'",
        what: "CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = x.oid) \
               THEN 'a' ELSE 'f' END",
        in_schemas: true,
        rows: "true",
        given: "''",
    },
    Part {
        catalog: "pg_class",
        prefix: "rel",
        letter: "'r'",
        what: "x.relkind::pg_catalog.text",
        in_schemas: true,
        rows: "x.relkind IN ('r', 'v')",
        given: "CASE WHEN n.nspname = 'information_schema' AND x.relname !~ '^_pg_' \
                AND x.relname NOT IN ('sql_parts', 'transforms') THEN 'SELECT' ELSE '' END",
    },
    Part {
        catalog: "pg_type",
        prefix: "typ",
        letter: "'T'",
        what: "CASE x.typtype WHEN 'd' THEN 'd' ELSE 't' END",
        in_schemas: true,
        rows: "true",
        given: "''",
    },
    Part {
        catalog: "pg_language",
        prefix: "lan",
        letter: "'l'",
        what: "'l'",
        in_schemas: false,
        rows: "true",
        given: "''",
    },
    Part {
        catalog: "pg_namespace",
        prefix: "nsp",
        letter: "'n'",
        what: "'n'",
        in_schemas: false,
        rows: "x.nspname IN ('pg_catalog', 'information_schema')",
        given: "CASE x.nspname WHEN 'information_schema' THEN 'USAGE' ELSE '' END",
    },
];

impl Part<'_> {
    /// Both sides are compared as sets of texts: a privilege taken and given back stands elsewhere in
    /// the list, and the default may be spelled out.
    fn sql(&self) -> String {
        let Part { catalog, prefix, letter, what, rows, given, .. } = self;
        let (acl, owner) = (format!("x.{prefix}acl"), format!("x.{prefix}owner"));
        let default = format!("pg_catalog.acldefault({letter}, {owner})");
        let now = format!("COALESCE({acl}, {default})::pg_catalog.text[]");
        let public = format!(
            "CASE WHEN {given} <> '' THEN ARRAY[pg_catalog.makeaclitem(0, {owner}, \
             NULLIF({given}, ''), false)] END"
        );
        let then = format!(
            "COALESCE(pip.initprivs, {default} OPERATOR(pg_catalog.||) {public})\
             ::pg_catalog.text[]"
        );
        let (schema, join) = match self.in_schemas {
            true => ("n.nspname::pg_catalog.text", in_schemas(prefix)),
            false => ("NULL::pg_catalog.text", String::new()),
        };
        let arguments = if *catalog == "pg_proc" { ARGUMENTS } else { "NULL::pg_catalog.text" };
        format!(
            "SELECT {what} AS what, 'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid \
              AS class, x.oid, 0 AS number, NULL::pg_catalog.text AS column_name, \
              {schema} AS schema, x.{prefix}name::pg_catalog.text AS name, \
              pg_catalog.pg_get_userbyid({owner})::pg_catalog.text AS owner, \
              {arguments} AS arguments, NULL::pg_catalog.oid AS extension, \
              {now} AS acl, {then} AS acl_base, true AS acl_initial \
             FROM pg_catalog.{catalog} x {join} {} WHERE x.oid < 16384 AND {rows} \
              AND NOT ({now} OPERATOR(pg_catalog.@>) {then} \
              AND {now} OPERATOR(pg_catalog.<@) {then})",
            acl::join(catalog, "x.oid", "0"),
        )
    }
}

fn in_schemas(prefix: &str) -> String {
    format!(
        "JOIN pg_catalog.pg_namespace n ON n.oid = x.{prefix}namespace \
          AND n.nspname IN ('pg_catalog', 'information_schema')"
    )
}

/// The types of a function's arguments alone: GRANT finds aggregates by them too.
const ARGUMENTS: &str = "COALESCE((\
    SELECT pg_catalog.string_agg(pg_catalog.format_type(u.type, NULL), ', ' ORDER BY u.at) \
    FROM pg_catalog.unnest(x.proargtypes) WITH ORDINALITY u(type, at)), '')";

/// Columns of the system's tables and views.
fn columns() -> String {
    let (now, then) = (
        "COALESCE(x.attacl, '{}')::pg_catalog.text[]",
        "COALESCE(pip.initprivs, '{}')::pg_catalog.text[]",
    );
    format!(
        "SELECT c.relkind::pg_catalog.text, {}::pg_catalog.oid, c.oid, x.attnum::pg_catalog.int4, \
          x.attname::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, \
          pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, NULL::pg_catalog.text, \
          NULL::pg_catalog.oid, {} \
         FROM pg_catalog.pg_attribute x JOIN pg_catalog.pg_class c ON c.oid = x.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
          AND n.nspname IN ('pg_catalog', 'information_schema') {} \
         WHERE c.oid < 16384 AND c.relkind IN ('r', 'v') AND NOT ({now} OPERATOR(pg_catalog.@>) {then} \
          AND {now} OPERATOR(pg_catalog.<@) {then})",
        class::CLASS,
        acl::column_columns("x.attacl"),
        acl::join("pg_class", "x.attrelid", "x.attnum"),
    )
}

/// Reads them, by catalog and OID.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<SystemObject>> {
    let parts: Vec<String> = PARTS.iter().map(Part::sql).chain([columns()]).collect();
    let sql = format!(
        "SELECT u.* FROM ({}) u ORDER BY u.class, u.oid, u.number <> 0, u.number",
        parts.join(" UNION ALL ")
    );
    let mut read: Vec<SystemObject> = Vec::new();
    for row in &session.query(&sql)? {
        let id = (row.oid("class")?, row.oid("oid")?);
        let of_last =
            read.last().is_some_and(|last| (last.object.id.class, last.object.id.oid) == id);
        if !of_last {
            read.push(system_object(row)?);
        }
        if let (Some(column), Some(last)) = (row.opt_text("column_name")?, read.last_mut()) {
            last.columns.push((column, acl::read(row)?));
        }
    }
    Ok(read)
}

fn system_object(row: &Row) -> Result<SystemObject> {
    let mut object = object::read(row, row.oid("class")?, row.opt_text("schema")?)?;
    if row.opt("column_name")?.is_some() {
        object.acl = Default::default();
    }
    let name = match &object.schema {
        Some(schema) => qualified(schema, &object.name),
        None => ident(&object.name),
    };
    let table = AclTarget::Table { maintain: false };
    let (kind, keyword, target) = match row.char("what")? {
        'f' => (Kind::Function, "FUNCTION", AclTarget::Function),
        'a' => (Kind::Aggregate, "FUNCTION", AclTarget::Function),
        'r' => (Kind::Table, "TABLE", table),
        'v' => (Kind::View, "TABLE", table),
        't' => (Kind::Type, "TYPE", AclTarget::Type),
        'd' => (Kind::Domain, "TYPE", AclTarget::Type),
        'l' => (Kind::ProceduralLanguage, "LANGUAGE", AclTarget::Language),
        'n' => (Kind::Schema, "SCHEMA", AclTarget::Schema),
        letter => return Err(Error::internal(format!("an unknown kind of object: {letter}"))),
    };
    let arguments = row.opt("arguments")?.map(|types| format!("({types})")).unwrap_or_default();
    Ok(SystemObject {
        object,
        kind,
        target,
        on: format!("{keyword} {name}{arguments}"),
        columns: Vec::new(),
    })
}
