//! What a server has and this pgx never heard of: a newer version's, a pre-release's, a fork's. A dump
//! must not go past it in silence.
//!
//! Catalogs and columns are compared with those that are `known`; then every letter by which a catalog
//! tells classes of objects apart, and every privilege, wherever users' objects have one.

use super::known::{Columns, Unknown};
use crate::connect::Session;
use crate::connect::quote::ident;
use crate::error::Result;

/// Names what is unknown and in use, sorted.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<String>> {
    let columns = Columns::read(session)?;
    let mut names = Vec::new();
    for unknown in columns.unknown() {
        if is_used(session, &unknown)? {
            names.push(unknown.to_string());
        }
    }
    let mut parts = letters(&columns);
    parts.extend(privileges(&columns));
    parts.push(classes());
    let sql = parts.join(" UNION ALL ");
    for row in session.query(&sql)? {
        names.push(format!("{} {}", row.str("what")?, row.str("value")?));
    }
    names.sort_unstable();
    Ok(names)
}

/// A catalog is used when it holds anything that refers to a user's object; a column always.
fn is_used(session: &mut Session, unknown: &Unknown) -> Result<bool> {
    let Unknown::Catalog(name, oids) = unknown else { return Ok(true) };
    let refers: Vec<String> = oids.iter().map(|c| format!("x.{} >= 16384", ident(c))).collect();
    let condition = if refers.is_empty() { "true".to_owned() } else { refers.join(" OR ") };
    let sql = format!("SELECT FROM pg_catalog.{} x WHERE {condition} LIMIT 1", ident(name));
    Ok(!session.query(&sql)?.is_empty())
}

/// A catalog, its column with the OID of a row, a column with one letter, and the letters that are
/// known.
type Letters = (&'static str, &'static str, &'static str, &'static [&'static str]);

const FIRING: &[&str] = &["O", "D", "R", "A"];

/// Sorted by catalog.
const LETTERS: &[Letters] = &[
    ("pg_aggregate", "aggfnoid", "aggkind", &["n", "o", "h"]),
    ("pg_aggregate", "aggfnoid", "aggfinalmodify", &["r", "s", "w"]),
    ("pg_am", "oid", "amtype", &["i", "t"]),
    ("pg_amop", "oid", "amoppurpose", &["s", "o"]),
    ("pg_attribute", "attrelid", "attcompression", &["", "p", "l"]),
    ("pg_attribute", "attrelid", "attgenerated", &["", "s", "v"]),
    ("pg_attribute", "attrelid", "attidentity", &["", "a", "d"]),
    ("pg_attribute", "attrelid", "attstorage", &["p", "e", "m", "x"]),
    ("pg_cast", "oid", "castcontext", &["e", "a", "i"]),
    ("pg_cast", "oid", "castmethod", &["f", "i", "b"]),
    ("pg_class", "oid", "relkind", &["r", "i", "S", "t", "v", "m", "c", "f", "p", "I"]),
    ("pg_class", "oid", "relpersistence", &["p", "u", "t"]),
    ("pg_class", "oid", "relreplident", &["d", "n", "f", "i"]),
    ("pg_collation", "oid", "collprovider", &["d", "c", "i", "b"]),
    ("pg_constraint", "oid", "contype", &["c", "f", "n", "p", "u", "t", "x"]),
    ("pg_default_acl", "oid", "defaclobjtype", &["r", "S", "f", "T", "n", "L"]),
    ("pg_depend", "objid", "deptype", &["n", "a", "i", "e", "x", "p", "P", "S", "I"]),
    ("pg_event_trigger", "oid", "evtenabled", FIRING),
    ("pg_operator", "oid", "oprkind", &["b", "l", "r"]),
    ("pg_partitioned_table", "partrelid", "partstrat", &["h", "l", "r"]),
    ("pg_policy", "oid", "polcmd", &["r", "a", "w", "d", "*"]),
    ("pg_proc", "oid", "prokind", &["f", "p", "a", "w"]),
    ("pg_proc", "oid", "proparallel", &["s", "r", "u"]),
    ("pg_proc", "oid", "provolatile", &["i", "s", "v"]),
    ("pg_publication", "oid", "pubgencols", &["n", "s"]),
    ("pg_rewrite", "oid", "ev_enabled", FIRING),
    ("pg_trigger", "oid", "tgenabled", FIRING),
    ("pg_type", "oid", "typtype", &["b", "c", "d", "e", "m", "p", "r"]),
];

/// One pass over each catalog.
fn letters(columns: &Columns) -> Vec<String> {
    let there: Vec<&Letters> =
        LETTERS.iter().filter(|(catalog, _, column, _)| columns.has(catalog, column)).collect();
    there.chunk_by(|a, b| a.0 == b.0).map(of_catalog).collect()
}

fn of_catalog(letters: &[&Letters]) -> String {
    let (catalog, oid, ..) = *letters[0];
    let strange = letters.iter().map(|(_, _, column, known)| {
        let known: Vec<String> =
            known.iter().map(|letter| format!("'{letter}'::pg_catalog.\"char\"")).collect();
        format!("x.{column} NOT IN ({})", known.join(", "))
    });
    let strange: Vec<String> = strange.collect();
    let told = letters.iter().zip(&strange).map(|((_, _, column, _), strange)| {
        format!("('{catalog}.{column}', x.{column}::pg_catalog.text, {strange})")
    });
    format!(
        "SELECT DISTINCT v.what, v.value FROM pg_catalog.{catalog} x, \
          LATERAL (VALUES {}) AS v(what, value, strange) \
         WHERE x.{oid}::pg_catalog.oid >= 16384 AND ({}) AND v.strange",
        told.collect::<Vec<_>>().join(", "),
        strange.join(" OR ")
    )
}

/// Lists of privileges, by the catalogs that hold them. Those of large objects can be millions, and know
/// but two.
const PRIVILEGES: &[(&str, &str)] = &[
    ("pg_attribute", "attacl"),
    ("pg_class", "relacl"),
    ("pg_default_acl", "defaclacl"),
    ("pg_foreign_data_wrapper", "fdwacl"),
    ("pg_foreign_server", "srvacl"),
    ("pg_language", "lanacl"),
    ("pg_namespace", "nspacl"),
    ("pg_proc", "proacl"),
    ("pg_type", "typacl"),
];

const KNOWN_PRIVILEGES: &str = "'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', \
    'TRIGGER', 'EXECUTE', 'USAGE', 'CREATE', 'TEMPORARY', 'CONNECT', 'SET', 'ALTER SYSTEM', 'MAINTAIN'";

fn privileges(columns: &Columns) -> Vec<String> {
    let there = PRIVILEGES.iter().filter(|(catalog, column)| columns.has(catalog, column));
    let part = |(catalog, column): &(&str, &str)| {
        format!(
            "SELECT DISTINCT '{catalog}.{column}', e.privilege_type \
             FROM pg_catalog.{catalog} x, pg_catalog.aclexplode(x.{column}) e \
             WHERE x.{column} IS NOT NULL AND e.privilege_type NOT IN ({KNOWN_PRIVILEGES})"
        )
    };
    there.map(part).collect()
}

/// Catalogs whose rows depend on others' and are read as objects of their own.
const CLASSES: &str = "'pg_am', 'pg_amop', 'pg_amproc', 'pg_attrdef', 'pg_cast', 'pg_class', \
    'pg_collation', 'pg_constraint', 'pg_conversion', 'pg_default_acl', 'pg_event_trigger', \
    'pg_extension', 'pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_language', 'pg_namespace', \
    'pg_opclass', 'pg_operator', 'pg_opfamily', 'pg_policy', 'pg_proc', 'pg_publication', \
    'pg_publication_namespace', 'pg_publication_rel', 'pg_rewrite', 'pg_statistic_ext', \
    'pg_subscription', 'pg_transform', 'pg_trigger', 'pg_ts_config', 'pg_ts_dict', 'pg_ts_parser', \
    'pg_ts_template', 'pg_type', 'pg_user_mapping'";

fn classes() -> String {
    format!(
        "SELECT DISTINCT 'pg_depend.classid', c.relname::pg_catalog.text \
         FROM (SELECT DISTINCT d.classid FROM pg_catalog.pg_depend d WHERE d.objid >= 16384) u \
         JOIN pg_catalog.pg_class c ON c.oid = u.classid WHERE c.relname NOT IN ({CLASSES})"
    )
}
