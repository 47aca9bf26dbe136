//! Objects that pgx cannot reproduce yet: every one is named, so that none is left out in silence.
//!
//! Each part of the query asks one catalog. Members of extensions come with their extension, and what
//! initdb makes comes with the target's database.

use super::model::{Unsupported, class};
use super::{foreign, subscriptions};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Lists what stands in the way of a full dump, sorted by label.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Unsupported>> {
    let mut parts: Vec<String> = OUTSIDE_SCHEMAS.iter().map(|part| (*part).to_owned()).collect();
    parts.extend([hidden_subscriptions(session.version()), hidden_mappings(), system_functions()]);
    list(session, &parts)
}

/// Lists what can be reproduced, but not by this role, to whom the server does not show all of it.
///
/// # Errors
/// As [`Session::query`].
pub fn hidden(session: &mut Session) -> Result<Vec<Unsupported>> {
    list(session, &[hidden_subscriptions(session.version()), hidden_mappings()])
}

fn list(session: &mut Session, parts: &[String]) -> Result<Vec<Unsupported>> {
    let sql = format!(
        "SELECT u.* FROM ({}) u(class, oid, label, schema, relation) \
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
          WHERE e.classid = u.class AND e.objid = u.oid AND e.objsubid = 0 AND e.deptype = 'e' \
           AND e.refobjid >= 16384) \
         ORDER BY u.label COLLATE pg_catalog.\"C\", u.oid",
        parts.join(" UNION ALL "),
    );
    session.query(&sql)?.iter().map(item).collect()
}

fn item(row: &Row) -> Result<Unsupported> {
    Ok(Unsupported {
        id: CatalogId { class: row.oid("class")?, oid: row.oid("oid")? },
        label: row.text("label")?,
        schema: row.opt_text("schema")?,
        relation: row.opt_int("relation")?,
    })
}

/// What stands outside schemas is a user's by its OID. A member that was added to an operator family of
/// the system, and goes with no class, belongs to nobody else.
const OUTSIDE_SCHEMAS: &[&str] = &[
    "SELECT 'pg_catalog.pg_amop'::pg_catalog.regclass::pg_catalog.oid AS class, x.oid, \
      'OPERATOR ' || x.amopopr::pg_catalog.regoperator::pg_catalog.text \
       || ' IN OPERATOR FAMILY ' || f.opfname AS label, NULL::pg_catalog.text AS schema, \
      NULL::pg_catalog.oid AS relation \
     FROM pg_catalog.pg_amop x JOIN pg_catalog.pg_opfamily f ON f.oid = x.amopfamily \
     WHERE x.oid >= 16384 AND f.oid < 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
      LEFT JOIN pg_catalog.pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid \
       AND e.deptype = 'e' \
      WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = x.oid \
       AND (e.objid IS NOT NULL \
        OR d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.deptype = 'i'))",
    "SELECT 'pg_catalog.pg_amproc'::pg_catalog.regclass::pg_catalog.oid, x.oid, \
      'FUNCTION ' || x.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text \
       || ' IN OPERATOR FAMILY ' || f.opfname, NULL::pg_catalog.text, NULL::pg_catalog.oid \
     FROM pg_catalog.pg_amproc x JOIN pg_catalog.pg_opfamily f ON f.oid = x.amprocfamily \
     WHERE x.oid >= 16384 AND f.oid < 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
      LEFT JOIN pg_catalog.pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid \
       AND e.deptype = 'e' \
      WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = x.oid \
       AND (e.objid IS NOT NULL \
        OR d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.deptype = 'i'))",
    "SELECT x.classoid, x.objoid, 'SECURITY LABEL FOR ' || x.provider || ' ON DATABASE ' || d.datname, \
      NULL::pg_catalog.text, NULL::pg_catalog.oid FROM pg_catalog.pg_shseclabel x \
     JOIN pg_catalog.pg_database d ON d.oid = x.objoid AND d.datname = pg_catalog.current_database() \
     WHERE x.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass",
];

/// User mappings whose options are not for this role to see: without them they would be others.
fn hidden_mappings() -> String {
    format!(
        "SELECT {}::pg_catalog.oid, m.umid, 'USER MAPPING FOR ' || m.usename || ' SERVER ' || m.srvname \
          || ', whose options only a superuser can read', NULL::pg_catalog.text, NULL::pg_catalog.oid \
         FROM pg_catalog.pg_user_mappings m WHERE NOT {}",
        class::USER_MAPPING,
        foreign::VISIBLE,
    )
}

/// Subscriptions of this database whose connection string is not for this role to see. Until version 13
/// the OID is for superusers only.
fn hidden_subscriptions(version: u32) -> String {
    let oid = if version >= 140_000 { "s.oid" } else { "0" };
    format!(
        "SELECT {}::pg_catalog.oid, {oid}, 'SUBSCRIPTION ' || s.subname \
          || ', whose connection string only a superuser can read', \
          NULL::pg_catalog.text, NULL::pg_catalog.oid \
         FROM pg_catalog.pg_subscription s WHERE {} AND NOT ({}) AND NOT {}",
        class::SUBSCRIPTION,
        subscriptions::HERE,
        subscriptions::READABLE,
        subscriptions::by_server(version),
    )
}

/// Functions that somebody put among the system's, where neither a dump nor an upgrade finds them. Those
/// of a language are the server's own doing.
fn system_functions() -> String {
    format!(
        "SELECT {}::pg_catalog.oid, x.oid, 'FUNCTION pg_catalog.' \
          || x.oid::pg_catalog.regprocedure::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.oid \
         FROM pg_catalog.pg_proc x JOIN pg_catalog.pg_namespace n ON n.oid = x.pronamespace \
         WHERE x.oid >= 16384 AND n.nspname = 'pg_catalog' AND NOT EXISTS (SELECT \
          FROM pg_catalog.pg_depend d WHERE d.objid = x.oid AND d.deptype = 'i' \
          AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_language l \
          WHERE x.oid IN (l.lanplcallfoid, l.laninline, l.lanvalidator))",
        class::PROC,
    )
}
