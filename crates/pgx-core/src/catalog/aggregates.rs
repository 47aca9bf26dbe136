//! Aggregates: `pg_proc` and `pg_aggregate`.

use super::among::from_version;
use super::model::{Aggregate, class};
use super::object::{self, Source};
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> = Source { catalog: "pg_proc", alias: "p", prefix: "pro", acl: Some('f') };

/// Reads the aggregates in users' schemas, in OID order. Members of extensions come without a
/// definition.
///
/// # Errors
/// As [`Session::query`]; an aggregate vanished meanwhile.
pub fn read(session: &mut Session) -> Result<Vec<Aggregate>> {
    let sql = sql(session.version());
    session.query(&sql)?.iter().map(aggregate).collect()
}

/// How the state may be modified by a final function has a default that depends on the aggregate's
/// kind; NULL stands for it. Servers before 11 know the default only.
fn sql(version: u32) -> String {
    let modify = |column: &str| {
        format!(
            "NULLIF(a.{column}, CASE a.aggkind WHEN 'n' THEN 'r'::\"char\" ELSE 'w'::\"char\" END)"
        )
    };
    let (modify, moving_modify) = (modify("aggfinalmodify"), modify("aggmfinalmodify"));
    format!(
        "SELECT {columns}, n.nspname AS schema, p.proparallel, \
          pg_catalog.pg_get_function_arguments(p.oid) AS arguments, \
          pg_catalog.pg_get_function_identity_arguments(p.oid) AS signature, \
          (SELECT pg_catalog.string_agg(pg_catalog.format_type(u.type, NULL), ', ' ORDER BY u.at) \
           FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY u(type, at)) AS input_types, \
          (SELECT pg_catalog.array_agg(tn.nspname || '.' || t.typname ORDER BY u.at) \
           FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY u(type, at) \
           JOIN pg_catalog.pg_type t ON t.oid = u.type \
           JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace) AS argument_types, \
          {functions}, \
          (SELECT 'OPERATOR(' || pg_catalog.quote_ident(opn.nspname) || '.' || op.oprname || ')' \
           FROM pg_catalog.pg_operator op \
           JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace \
           WHERE op.oid = a.aggsortop) AS sortop, \
          pg_catalog.format_type(a.aggtranstype, NULL) AS stype, \
          CASE WHEN a.aggmtranstype <> 0 THEN pg_catalog.format_type(a.aggmtranstype, NULL) END \
           AS mstype, \
          NULLIF(a.aggtransspace, 0) AS sspace, NULLIF(a.aggmtransspace, 0) AS msspace, \
          a.agginitval, a.aggminitval, a.aggfinalextra, a.aggmfinalextra, \
          {modify} AS modify, {moving_modify} AS moving_modify, a.aggkind = 'h' AS hypothetical, \
          {support} AS support \
         FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid::pg_catalog.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace {join} \
         WHERE {user} ORDER BY p.oid",
        columns = SOURCE.columns(),
        functions = functions(),
        modify = from_version(version, 11, &modify, "NULL"),
        moving_modify = from_version(version, 11, &moving_modify, "NULL"),
        support = from_version(
            version,
            19,
            "NULLIF(p.prosupport::pg_catalog.oid, 0)::pg_catalog.regproc",
            "NULL"
        ),
        join = SOURCE.join(),
        user = object::in_user_schema("n"),
    )
}

/// The clauses that name a function, each by its column of `pg_aggregate`.
const FUNCTIONS: [(&str, &str); 8] = [
    ("SFUNC", "aggtransfn"),
    ("FINALFUNC", "aggfinalfn"),
    ("COMBINEFUNC", "aggcombinefn"),
    ("SERIALFUNC", "aggserialfn"),
    ("DESERIALFUNC", "aggdeserialfn"),
    ("MSFUNC", "aggmtransfn"),
    ("MINVFUNC", "aggminvtransfn"),
    ("MFINALFUNC", "aggmfinalfn"),
];

/// Their columns, NULL where there is no function.
fn functions() -> String {
    let column = |(_, column): (&str, &str)| {
        format!("NULLIF(a.{column}::pg_catalog.oid, 0)::pg_catalog.regproc AS {column}")
    };
    FUNCTIONS.map(column).join(", ")
}

fn aggregate(row: &Row) -> Result<Aggregate> {
    let object = object::read(row, class::PROC, Some(row.text("schema")?))?;
    Ok(Aggregate {
        clauses: if object.extension.is_none() { clauses(row)? } else { Vec::new() },
        object,
        signature: or_star(row, "signature")?.to_owned(),
        input_types: row.opt_text("input_types")?.unwrap_or_default(),
        argument_types: row.list("argument_types")?,
        arguments: or_star(row, "arguments")?.to_owned(),
        support: row.opt_text("support")?,
        superusers: [row.opt("stype")?, row.opt("mstype")?].contains(&Some("internal")),
    })
}

/// An aggregate without arguments is written with a star.
fn or_star<'r>(row: &'r Row, column: &str) -> Result<&'r str> {
    let arguments = row.str(column)?;
    Ok(if arguments.is_empty() { "*" } else { arguments })
}

/// The clauses between the parentheses, defaults left out.
fn clauses(row: &Row) -> Result<Vec<String>> {
    let mut clauses = Vec::new();
    for (clause, column) in FUNCTIONS {
        if let Some(function) = row.opt(column)? {
            clauses.push(format!("{clause} = {function}"));
        }
    }
    let plain = [
        ("STYPE", "stype"),
        ("SSPACE", "sspace"),
        ("MSTYPE", "mstype"),
        ("MSSPACE", "msspace"),
        ("SORTOP", "sortop"),
    ];
    for (clause, column) in plain {
        if let Some(value) = row.opt(column)? {
            clauses.push(format!("{clause} = {value}"));
        }
    }
    for (clause, column) in [("INITCOND", "agginitval"), ("MINITCOND", "aggminitval")] {
        if let Some(value) = row.opt(column)? {
            clauses.push(format!("{clause} = {}", literal(value)));
        }
    }
    for (clause, column) in [("FINALFUNC_MODIFY", "modify"), ("MFINALFUNC_MODIFY", "moving_modify")]
    {
        if let Some(letter) = row.opt(column)? {
            clauses.push(format!("{clause} = {}", modification(letter)));
        }
    }
    let flags = [
        (row.bool("aggfinalextra")?, "FINALFUNC_EXTRA"),
        (row.bool("aggmfinalextra")?, "MFINALFUNC_EXTRA"),
        (row.bool("hypothetical")?, "HYPOTHETICAL"),
        (row.char("proparallel")? == 's', "PARALLEL = SAFE"),
        (row.char("proparallel")? == 'r', "PARALLEL = RESTRICTED"),
    ];
    clauses.extend(flags.iter().filter(|flag| flag.0).map(|flag| flag.1.to_owned()));
    Ok(clauses)
}

fn modification(letter: &str) -> &'static str {
    match letter {
        "r" => "READ_ONLY",
        "s" => "SHAREABLE",
        _ => "READ_WRITE",
    }
}
