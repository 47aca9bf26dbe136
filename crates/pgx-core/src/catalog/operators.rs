//! Operators: `pg_operator`.

use super::model::{Operator, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> = Source { catalog: "pg_operator", alias: "o", prefix: "opr", acl: None };

/// Reads the operators in users' schemas, in OID order. What is a mere reference of another operator to
/// one that was never made is left out: that reference makes it again.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Operator>> {
    let sql = sql(session.version());
    session.query(&sql)?.iter().map(operator).collect()
}

/// Servers before 11 do not know the clause FUNCTION.
fn sql(version: u32) -> String {
    let operand = |column: &str| {
        format!(
            "CASE WHEN o.{column} <> 0 THEN pg_catalog.format_type(o.{column}, NULL) END AS {column}"
        )
    };
    let other = |column: &str| {
        format!(
            "(SELECT 'OPERATOR(' || pg_catalog.quote_ident(xn.nspname) || '.' || x.oprname || ')' \
             FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_namespace xn ON xn.oid = x.oprnamespace \
             WHERE x.oid = o.{column}) AS {column}"
        )
    };
    let estimator = |column: &str| {
        format!("NULLIF(o.{column}::pg_catalog.oid, 0)::pg_catalog.regproc AS {column}")
    };
    format!(
        "SELECT {}, n.nspname AS schema, o.oprkind, '{}' AS keyword, \
          o.oprcode::pg_catalog.oid::pg_catalog.regproc AS function, \
          o.oprcanmerge, o.oprcanhash, {} \
         FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace \
         WHERE o.oprcode::pg_catalog.oid <> 0 AND {} ORDER BY o.oid",
        SOURCE.columns(),
        if version >= 110_000 { "FUNCTION" } else { "PROCEDURE" },
        [
            operand("oprleft"),
            operand("oprright"),
            other("oprcom"),
            other("oprnegate"),
            estimator("oprrest"),
            estimator("oprjoin"),
        ]
        .join(", "),
        object::in_user_schema("n"),
    )
}

const CLAUSES: [(&str, &str); 6] = [
    ("LEFTARG", "oprleft"),
    ("RIGHTARG", "oprright"),
    ("COMMUTATOR", "oprcom"),
    ("NEGATOR", "oprnegate"),
    ("RESTRICT", "oprrest"),
    ("JOIN", "oprjoin"),
];

fn operator(row: &Row) -> Result<Operator> {
    let operand = |column| -> Result<String> {
        Ok(row.opt_text(column)?.unwrap_or_else(|| "NONE".to_owned()))
    };
    let mut clauses = vec![format!("{} = {}", row.str("keyword")?, row.str("function")?)];
    for (clause, column) in CLAUSES {
        clauses.extend(row.opt(column)?.map(|value| format!("{clause} = {value}")));
    }
    if row.bool("oprcanmerge")? {
        clauses.push("MERGES".to_owned());
    }
    if row.bool("oprcanhash")? {
        clauses.push("HASHES".to_owned());
    }
    Ok(Operator {
        object: object::read(row, class::OPERATOR, Some(row.text("schema")?))?,
        kind: row.char("oprkind")?,
        operands: [operand("oprleft")?, operand("oprright")?],
        clauses,
    })
}
