//! Objects that pgx cannot reproduce yet: every one is named, so that none is left out in silence.
//!
//! Each part of the query asks one catalog. Members of extensions come with their extension, and what
//! initdb makes comes with the target's database.

use super::model::{Unsupported, class};
use super::{acl, object};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// Lists what stands in the way of a full dump, sorted by label. initdb's own extension is as good as
/// initdb: privileges on its members are listed.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Unsupported>> {
    let parts: Vec<String> = in_schemas()
        .iter()
        .map(InSchema::sql)
        .chain(OUTSIDE_SCHEMAS.iter().map(|part| (*part).to_owned()))
        .chain(IN_SYSTEM.iter().map(InSystem::sql))
        .chain([subscriptions(session.version()), system_functions(), SYSTEM_COLUMNS.to_owned()])
        .collect();
    let sql = format!(
        "SELECT u.* FROM ({}) u WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
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

/// A catalog whose objects stand in schemas.
struct InSchema<'s> {
    catalog: &'s str,
    /// Of the columns `…name` and `…namespace`; the catalog's alias is `x`.
    prefix: &'s str,
    keyword: &'s str,
    /// SQL of what follows the keyword; the name where it is empty.
    name: &'s str,
    /// More tables to join.
    join: &'s str,
    /// Which of its rows.
    condition: &'s str,
    /// SQL of the relation's OID.
    relation: &'s str,
}

impl InSchema<'_> {
    fn sql(&self) -> String {
        let InSchema { catalog, prefix, keyword, join, condition, relation, .. } = self;
        let plain = format!("n.nspname || '.' || x.{prefix}name");
        format!(
            "SELECT 'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid AS class, x.oid, \
              '{keyword} ' || {} AS label, n.nspname::pg_catalog.text AS schema, \
              ({relation})::pg_catalog.oid AS relation \
             FROM pg_catalog.{catalog} x \
             JOIN pg_catalog.pg_namespace n ON n.oid = x.{prefix}namespace {join} \
             WHERE {} AND {condition}",
            if self.name.is_empty() { &plain } else { self.name },
            object::in_user_schema("n"),
        )
    }
}

const PLAIN: InSchema<'_> = InSchema {
    catalog: "",
    prefix: "",
    keyword: "",
    name: "",
    join: "",
    condition: "true",
    relation: "NULL",
};

fn in_schemas() -> Vec<InSchema<'static>> {
    let mut parts = Vec::new();
    parts.extend(ON_RELATIONS);
    parts
}

const ON_RELATIONS: [InSchema<'_>; 1] = [InSchema {
    catalog: "pg_class",
    prefix: "rel",
    keyword: "FOREIGN TABLE",
    condition: "x.relkind = 'f'",
    relation: "x.oid",
    ..PLAIN
}];

/// What stands outside schemas is a user's by its OID. A member that was added to an operator family of
/// the system, and goes with no class, belongs to nobody else.
const OUTSIDE_SCHEMAS: &[&str] = &[
    "SELECT 'pg_catalog.pg_amop'::pg_catalog.regclass::pg_catalog.oid, x.oid, \
      'OPERATOR ' || x.amopopr::pg_catalog.regoperator::pg_catalog.text \
       || ' IN OPERATOR FAMILY ' || f.opfname, NULL::pg_catalog.text, NULL::pg_catalog.oid \
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
    "SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass::pg_catalog.oid, x.oid, \
      'FOREIGN DATA WRAPPER ' || x.fdwname, NULL::pg_catalog.text, NULL::pg_catalog.oid \
     FROM pg_catalog.pg_foreign_data_wrapper x",
    "SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass::pg_catalog.oid, x.oid, \
      'SERVER ' || x.srvname, NULL::pg_catalog.text, NULL::pg_catalog.oid FROM pg_catalog.pg_foreign_server x",
    "SELECT 'pg_catalog.pg_user_mapping'::pg_catalog.regclass::pg_catalog.oid, x.umid, \
      'USER MAPPING FOR ' || x.usename || ' SERVER ' || x.srvname, NULL::pg_catalog.text, NULL::pg_catalog.oid \
     FROM pg_catalog.pg_user_mappings x",
    "SELECT x.classoid, x.objoid, \
      'SECURITY LABEL FOR ' || x.provider || ' ON ' || x.objtype || ' ' || x.objname, n.nspname, \
      CASE WHEN x.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN x.objoid END \
     FROM pg_catalog.pg_seclabels x LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.objnamespace \
     WHERE x.classoid NOT IN ('pg_catalog.pg_authid'::pg_catalog.regclass, \
       'pg_catalog.pg_tablespace'::pg_catalog.regclass) \
      AND (x.classoid <> 'pg_catalog.pg_database'::pg_catalog.regclass OR x.objoid = \
       (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))",
];

/// Subscriptions of this database. Until version 13 the OID is for superusers only.
fn subscriptions(version: u32) -> String {
    let oid = if version >= 140_000 { "x.oid" } else { "0" };
    format!(
        "SELECT 'pg_catalog.pg_subscription'::pg_catalog.regclass::pg_catalog.oid, {oid}, \
          'SUBSCRIPTION ' || x.subname, NULL::pg_catalog.text, NULL::pg_catalog.oid \
         FROM pg_catalog.pg_subscription x JOIN pg_catalog.pg_database d ON d.oid = x.subdbid \
         WHERE d.datname = pg_catalog.current_database()"
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

/// A catalog whose rows of initdb's may have got other privileges.
struct InSystem<'s> {
    catalog: &'s str,
    prefix: &'s str,
    keyword: &'s str,
    /// SQL of the object's name.
    name: &'s str,
    /// SQL of the letter of `acldefault()`.
    letter: &'s str,
    /// Which rows; the alias of the catalog is `x`, and of the schema, if any, `n`.
    rows: &'s str,
}

const IN_SYSTEM: [InSystem<'_>; 5] = [
    InSystem {
        catalog: "pg_proc",
        prefix: "pro",
        keyword: "FUNCTION",
        name: "x.oid::pg_catalog.regprocedure",
        letter: "'f'",
        rows: "x.pronamespace = 11",
    },
    InSystem {
        catalog: "pg_class",
        prefix: "rel",
        keyword: "RELATION",
        name: "x.oid::pg_catalog.regclass",
        letter: "'r'",
        rows: "x.relnamespace = 11",
    },
    InSystem {
        catalog: "pg_type",
        prefix: "typ",
        keyword: "TYPE",
        name: "x.oid::pg_catalog.regtype",
        letter: "'T'",
        rows: "x.typnamespace = 11",
    },
    InSystem {
        catalog: "pg_language",
        prefix: "lan",
        keyword: "LANGUAGE",
        name: "x.lanname",
        letter: "'l'",
        rows: "true",
    },
    InSystem {
        catalog: "pg_namespace",
        prefix: "nsp",
        keyword: "SCHEMA",
        name: "x.nspname",
        letter: "'n'",
        rows: "x.oid = 11",
    },
];

impl InSystem<'_> {
    /// Both sides as texts, compared as sets: a privilege taken and given back stands elsewhere in the
    /// list, and the default may be spelled out.
    fn sql(&self) -> String {
        let InSystem { catalog, prefix, keyword, name, letter, rows } = self;
        let default = format!("pg_catalog.acldefault({letter}, x.{prefix}owner)");
        let now = format!("COALESCE(x.{prefix}acl, {default})::pg_catalog.text[]");
        let then = format!("COALESCE(pip.initprivs, {default})::pg_catalog.text[]");
        format!(
            "SELECT 'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid, x.oid, \
              'PRIVILEGES ON {keyword} ' || {name}::pg_catalog.text, NULL::pg_catalog.text, \
              NULL::pg_catalog.oid FROM pg_catalog.{catalog} x {} \
             WHERE x.oid < 16384 AND {rows} AND NOT ({now} OPERATOR(pg_catalog.@>) {then} \
              AND {now} OPERATOR(pg_catalog.<@) {then})",
            acl::join(catalog, "x.oid", "0"),
        )
    }
}

const SYSTEM_COLUMNS: &str = "\
SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, x.attrelid, \
 'PRIVILEGES ON COLUMN ' || x.attrelid::pg_catalog.regclass::pg_catalog.text || '.' || x.attname, \
 NULL::pg_catalog.text, NULL::pg_catalog.oid \
FROM pg_catalog.pg_attribute x JOIN pg_catalog.pg_class c ON c.oid = x.attrelid \
LEFT JOIN pg_catalog.pg_init_privs pip ON pip.objoid = x.attrelid \
 AND pip.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND pip.objsubid = x.attnum \
WHERE c.oid < 16384 AND c.relnamespace = 11 \
 AND NOT (COALESCE(x.attacl, '{}')::pg_catalog.text[] OPERATOR(pg_catalog.@>) \
  COALESCE(pip.initprivs, '{}')::pg_catalog.text[] \
 AND COALESCE(x.attacl, '{}')::pg_catalog.text[] OPERATOR(pg_catalog.<@) \
  COALESCE(pip.initprivs, '{}')::pg_catalog.text[])";
