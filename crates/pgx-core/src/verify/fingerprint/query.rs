//! One statement per catalog, built from the rules and from the columns the server has.

use super::identity;
use super::rule::acl_unless;
use crate::catalog::known::{Catalog, Identity, Rule};
use crate::connect::quote::ident;

/// The first OID that initdb does not give: the server's `FirstNormalObjectId`.
const FIRST_USER_OID: &str = "16384";

/// The role that initdb makes.
const BOOTSTRAP_ROLE_OID: &str = "10";

/// Members of extensions and what exists only inside them; and what is in temporary and TOAST
/// schemas and in a restore's journal (`scratch`) with all that hangs on it.
const LEFT_OUT: &str = "WITH RECURSIVE scratch_schema AS (\
    SELECT n.oid FROM pg_catalog.pg_namespace n \
    WHERE n.nspname ~ '^pg_(toast$|temp_|toast_temp_)' OR n.nspname = 'pgx_journal'), \
    left_out(classid, objid, scratch) AS (\
    SELECT d.classid, d.objid, false FROM pg_catalog.pg_depend d WHERE d.deptype = 'e' \
    UNION SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid, true FROM scratch_schema s \
    UNION SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, true \
    FROM pg_catalog.pg_class c JOIN scratch_schema s ON s.oid = c.relnamespace \
    UNION SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, true \
    FROM pg_catalog.pg_type t JOIN scratch_schema s ON s.oid = t.typnamespace \
    UNION SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, true \
    FROM pg_catalog.pg_proc p JOIN scratch_schema s ON s.oid = p.pronamespace \
    UNION SELECT d.classid, d.objid, l.scratch FROM pg_catalog.pg_depend d \
    JOIN left_out l ON d.refclassid = l.classid AND d.refobjid = l.objid \
    WHERE d.deptype = 'i' OR d.deptype = 'a' AND (l.scratch OR d.classid IN \
    ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_amproc'::pg_catalog.regclass))) ";

/// A column of the result: its name in the fingerprint and its SQL.
type Output = (&'static str, String);

/// The rows that describe users' objects. Its first column is the identity, the others are named as
/// in the fingerprint. `present` says which columns the server has.
pub(super) fn users(
    catalog: &Catalog,
    major: u32,
    present: impl Fn(&str) -> bool,
) -> (String, Vec<&'static str>) {
    let rules = catalog.columns.iter().filter(|(name, _)| present(name));
    let mut outputs: Vec<Output> =
        rules.filter_map(|&(name, rule)| Some((name, rule.sql(name, major)?))).collect();
    outputs.extend(catalog.extra.iter().map(|&(name, sql)| (name, format!("({sql})::text"))));
    let sql =
        select(catalog, major, &outputs, "", &format!("({}) AND ({})", mine(catalog), catalog.and));
    (sql, outputs.into_iter().map(|(name, _)| name).collect())
}

/// Access control lists and owners of everything else, where they are no longer those of initdb or
/// of the extension's script; `None` where the catalog has neither.
pub(super) fn altered(
    catalog: &Catalog,
    major: u32,
    present: impl Fn(&str) -> bool,
) -> Option<(String, Vec<&'static str>)> {
    let (acl, kind, owner) = catalog.columns.iter().find_map(|&(name, rule)| match rule {
        Rule::Acl(kind, owner) if present(name) => Some((name, kind, owner)),
        _ => None,
    })?;
    let (class, object) = catalog.object;
    let part = catalog.part.map_or("0".to_owned(), |part| format!("x.{}", ident(part)));
    let initial =
        format!("COALESCE(p.initprivs, pg_catalog.acldefault({kind}, x.{}))", ident(owner));
    let mut outputs = vec![(acl, acl_unless(&format!("x.{}", ident(acl)), &initial))];
    let owned = catalog.part.is_none();
    let reowned = format!("(x.oid < {FIRST_USER_OID} AND x.{owner} <> {BOOTSTRAP_ROLE_OID})");
    if owned {
        let name = Rule::Role.sql(owner, major).unwrap_or_default();
        outputs.push((owner, format!("CASE WHEN {reowned} THEN {name} END")));
    }
    let join = format!(
        "LEFT JOIN pg_catalog.pg_init_privs p \
         ON p.classoid = 'pg_catalog.{class}'::pg_catalog.regclass \
         AND p.objoid = x.{} AND p.objsubid = {part}",
        ident(object)
    );
    let changed = format!(
        "(x.{acl} IS DISTINCT FROM p.initprivs {})",
        if owned { format!("OR {reowned}") } else { String::new() }
    );
    let filter = format!("NOT ({}) AND NOT ({}) AND {changed}", mine(catalog), scratch(catalog));
    let sql = select(catalog, major, &outputs, &join, &filter);
    Some((sql, outputs.into_iter().map(|(name, _)| name).collect()))
}

/// Who depends on whom, among what a user made, as pairs of names. That an index goes with its
/// table and columns is left out: version 11 does not say so of every partition's index.
pub(super) fn dependencies(major: u32) -> String {
    let dependent = "pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o";
    let referenced = "pg_catalog.pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r";
    format!(
        "{LEFT_OUT} SELECT DISTINCT o.type || ' ' || o.identity AS identity, \
         d.deptype::pg_catalog.text || ' ' || r.type || ' ' || r.identity AS \"on\" \
         FROM pg_catalog.pg_depend d, LATERAL {dependent}, LATERAL {referenced} \
         WHERE d.deptype IN ('n', 'a', 'x') AND d.objid >= {FIRST_USER_OID} \
         AND (d.classid, d.objid) NOT IN (SELECT l.classid, l.objid FROM left_out l) \
         AND (d.classid, d.objid) NOT IN ({}) \
         AND NOT (d.deptype = 'a' AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         AND (d.classid, d.objid) IN (SELECT i.tableoid, i.oid FROM pg_catalog.pg_class i \
         WHERE i.relkind IN ('i', 'I')))",
        made_up(major)
    )
}

/// Objects with names that are made up; what they depend on follows from what they serve.
fn made_up(major: u32) -> String {
    format!(
        "SELECT t.tableoid, t.oid FROM pg_catalog.pg_trigger t WHERE {} UNION ALL \
         SELECT c.tableoid, c.oid FROM pg_catalog.pg_constraint c WHERE {}",
        identity::enforces("t"),
        identity::made_up("c", major)
    )
}

fn select(catalog: &Catalog, major: u32, outputs: &[Output], join: &str, filter: &str) -> String {
    let mut sql = format!("{LEFT_OUT} SELECT {} AS identity", identity_sql(catalog, major));
    for (name, expression) in outputs {
        sql.push_str(&format!(", {expression} AS {}", ident(name)));
    }
    sql.push_str(&format!(" FROM pg_catalog.{} x {join} WHERE {filter}", catalog.name));
    sql
}

fn identity_sql(catalog: &Catalog, major: u32) -> String {
    match catalog.identity {
        Identity::Sql(sql) => format!("({sql})"),
        Identity::Constraint => identity::constraint("x", major),
        Identity::Trigger => identity::trigger("x", major),
        Identity::Object => {
            let (class, object) = catalog.object;
            let part = catalog.part.map_or("0".to_owned(), |part| format!("x.{}", ident(part)));
            identity::object(class, &format!("x.{}", ident(object)), &part)
        }
    }
}

/// Rows of objects that a user made.
fn mine(catalog: &Catalog) -> String {
    format!(
        "(x.{} >= {FIRST_USER_OID} AND {} NOT IN (SELECT l.classid, l.objid FROM left_out l)) \
         OR {}",
        ident(catalog.object.1),
        address(catalog),
        catalog.or
    )
}

fn scratch(catalog: &Catalog) -> String {
    format!("{} IN (SELECT l.classid, l.objid FROM left_out l WHERE l.scratch)", address(catalog))
}

fn address(catalog: &Catalog) -> String {
    let (class, object) = catalog.object;
    let object = ident(object);
    match class {
        "" => format!("(x.classoid, x.{object})"),
        class => format!(
            "('pg_catalog.{class}'::pg_catalog.regclass::pg_catalog.oid, \
             x.{object}::pg_catalog.oid)"
        ),
    }
}
