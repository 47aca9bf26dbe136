//! Functions and procedures.
//!
//! The CREATE statement is put together here and not by `pg_get_functiondef`: that one says OR REPLACE,
//! and an empty list (`SET local_preload_libraries FROM CURRENT`) comes out of it as a clause without a
//! value, which the server itself then refuses.

use super::model::{Function, FunctionKind, class};
use super::object::{self, Source};
use crate::connect::quote::{dollar, ident, literal, qualified};
use crate::connect::{Row, Session};
use crate::error::{Error, Result};

const SOURCE: Source<'_> = Source { catalog: "pg_proc", alias: "p", prefix: "pro", acl: Some('f') };

/// Reads the functions in users' schemas, in OID order. Members of extensions come without a definition.
/// Aggregates are read by `aggregates`. Constructors of ranges come with their type and are left out.
///
/// # Errors
/// As [`Session::query`]; a function vanished meanwhile.
pub fn read(session: &mut Session) -> Result<Vec<Function>> {
    let sql = sql(session.version());
    session.query(&sql)?.iter().map(function).collect()
}

fn sql(version: u32) -> String {
    let kind = match version {
        110_000.. => "p.prokind",
        _ => "CASE WHEN p.proisagg THEN 'a' WHEN p.proiswindow THEN 'w' ELSE 'f' END",
    };
    let support = match version {
        120_000.. => "NULLIF(p.prosupport::pg_catalog.oid, 0)::pg_catalog.regproc",
        _ => "NULL",
    };
    let body = match version {
        140_000.. => "pg_catalog.pg_get_function_sqlbody(p.oid)",
        _ => "NULL",
    };
    format!(
        "SELECT f.*, \
          CASE WHEN f.defined THEN pg_catalog.pg_get_function_arguments(f.oid) END AS arguments, \
          CASE WHEN f.defined THEN pg_catalog.pg_get_function_result(f.oid) END AS result, \
          pg_catalog.pg_get_function_identity_arguments(f.oid) AS identity_arguments, \
          (SELECT pg_catalog.array_agg(tn.nspname || '.' || t.typname ORDER BY u.at) \
           FROM pg_catalog.unnest(f.proargtypes) WITH ORDINALITY u(type, at) \
           JOIN pg_catalog.pg_type t ON t.oid = u.type \
           JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace) AS argument_types, \
          (SELECT pg_catalog.string_agg('FOR TYPE ' || pg_catalog.format_type(u.type, NULL), ', ' \
           ORDER BY u.at) FROM pg_catalog.unnest(f.protrftypes) WITH ORDINALITY u(type, at)) \
           AS transforms \
         FROM (SELECT q.*, q.extension IS NULL AS defined FROM \
          (SELECT {columns}, n.nspname AS schema, {kind} AS kind, l.lanname, p.proargtypes, \
            p.protrftypes, p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.procost, \
            p.procost = CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END \
             AS default_cost, \
            p.prorows, p.prorows IN (0, 1000) AS default_rows, p.proparallel, p.proconfig, p.probin, \
            p.prosrc, p.pronargdefaults, \
            ARRAY(SELECT pg_catalog.unnest(p.proargtypes) UNION SELECT p.prorettype \
             UNION SELECT pg_catalog.unnest(p.proallargtypes)) AS signature, {support} AS support, {body} AS sql_body \
           FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
           JOIN pg_catalog.pg_language l ON l.oid = p.prolang {join} \
           WHERE {user} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
            WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid \
             AND d.deptype = 'i')) q WHERE q.kind <> 'a') f ORDER BY f.oid",
        columns = SOURCE.columns(),
        join = SOURCE.join(),
        user = object::in_user_schema("n"),
    )
}

fn function(row: &Row) -> Result<Function> {
    let kind = match row.char("kind")? {
        'f' => FunctionKind::Function,
        'p' => FunctionKind::Procedure,
        'w' => FunctionKind::Window,
        letter => return Err(Error::internal(format!("an unknown kind of function: {letter}"))),
    };
    Ok(Function {
        object: object::read(row, class::PROC, Some(row.text("schema")?))?,
        kind,
        identity_arguments: row.text("identity_arguments")?,
        argument_types: row.list("argument_types")?,
        head: if row.bool("defined")? { head(row, kind)? } else { String::new() },
        settings: row.list("proconfig")?,
        body: body(row)?,
        sql_body: row.opt("sql_body")?.is_some(),
        stub: has_stub(row)?,
        signature: row.ints("signature")?,
        language: row.text("lanname")?,
        superusers: row.bool("proleakproof")? || row.opt("support")?.is_some(),
    })
}

/// Before the rows no function is called, so a body that cannot run will do.
fn has_stub(row: &Row) -> Result<bool> {
    let has_body = row.bool("defined")? && row.opt("sql_body")?.is_some();
    Ok(has_body && row.int::<i32>("pronargdefaults")? == 0)
}

fn head(row: &Row, kind: FunctionKind) -> Result<String> {
    let keyword = if kind == FunctionKind::Procedure { "PROCEDURE" } else { "FUNCTION" };
    let name = qualified(row.str("schema")?, row.str("name")?);
    let mut sql = format!("CREATE {keyword} {name}({})", row.str("arguments")?);
    if kind != FunctionKind::Procedure {
        sql += &format!("\n    RETURNS {}", row.str("result")?);
    }
    sql += &format!("\n    LANGUAGE {}", ident(row.str("lanname")?));
    for clause in clauses(row, kind)? {
        sql += &format!("\n    {clause}");
    }
    Ok(sql)
}

/// The clauses between language and settings, defaults left out.
fn clauses(row: &Row, kind: FunctionKind) -> Result<Vec<String>> {
    let mut clauses = Vec::new();
    if let Some(types) = row.opt("transforms")? {
        clauses.push(format!("TRANSFORM {types}"));
    }
    let flags = [
        (kind == FunctionKind::Window, "WINDOW"),
        (row.char("provolatile")? == 'i', "IMMUTABLE"),
        (row.char("provolatile")? == 's', "STABLE"),
        (row.bool("proisstrict")?, "STRICT"),
        (row.bool("prosecdef")?, "SECURITY DEFINER"),
        (row.bool("proleakproof")?, "LEAKPROOF"),
        (row.char("proparallel")? == 's', "PARALLEL SAFE"),
        (row.char("proparallel")? == 'r', "PARALLEL RESTRICTED"),
    ];
    clauses.extend(flags.iter().filter(|flag| flag.0).map(|flag| flag.1.to_owned()));
    if !row.bool("default_cost")? {
        clauses.push(format!("COST {}", row.str("procost")?));
    }
    if !row.bool("default_rows")? {
        clauses.push(format!("ROWS {}", row.str("prorows")?));
    }
    if let Some(support) = row.opt("support")? {
        clauses.push(format!("SUPPORT {support}"));
    }
    Ok(clauses)
}

fn body(row: &Row) -> Result<String> {
    if let Some(sql_body) = row.opt("sql_body")? {
        return Ok(sql_body.to_owned());
    }
    let source = row.str("prosrc")?;
    Ok(match row.opt("probin")? {
        Some(library) => format!("AS {}, {}", literal(library), literal(source)),
        None => format!("AS {}", dollar(source)),
    })
}
