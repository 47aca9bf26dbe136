//! Types: enums, domains, composites, ranges, base types, and those that come with something else.

use std::collections::HashMap;

use super::base_types;
use super::model::{CompositeAttribute, DomainConstraint, Object, Type, TypeKind, class};
use super::object::{self, Source};
use crate::connect::{Row, Session, quote};
use crate::error::{Error, Result};
use crate::toc::CatalogId;

const SOURCE: Source<'_> = Source { catalog: "pg_type", alias: "t", prefix: "typ", acl: Some('T') };

/// A domain begins with the default of its base type: what is the same is not said again.
const DOMAIN_DEFAULT: &str = "CASE \
    WHEN t.typdefaultbin IS NOT NULL THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) \
    WHEN b.typdefaultbin IS NOT NULL OR b.typdefault IS DISTINCT FROM t.typdefault \
    THEN pg_catalog.quote_literal(t.typdefault) END";

/// SQL of the quoted name of the collation `oid`, when it is not `default`.
fn collation(oid: &str, default: &str) -> String {
    format!(
        "CASE WHEN {oid} <> {default} THEN (SELECT {} FROM pg_catalog.pg_collation co \
          JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = {oid}) END",
        object::quoted("cn.nspname", "co.collname"),
    )
}

/// Reads the types in users' schemas, in OID order.
///
/// # Errors
/// As [`Session::query`]; a type vanished meanwhile.
pub fn read(session: &mut Session) -> Result<Vec<Type>> {
    let mut parts = Parts {
        labels: labels(session)?,
        attributes: attributes(session)?,
        constraints: constraints(session)?,
        ranges: ranges(session)?,
        constructors: constructors(session)?,
        bases: base_types::read(session)?,
    };
    let sql = format!(
        "SELECT {}, n.nspname AS schema, t.typtype, t.typrelid, c.relkind, el.oid AS element, \
          t.typnotnull, t.typisdefined, pg_catalog.format_type(t.typbasetype, t.typtypmod) AS base, \
          {DOMAIN_DEFAULT} AS default, \
          t.typdefault IS NULL AND b.typdefault IS NOT NULL AS lost_default, {} AS collation \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
         LEFT JOIN pg_catalog.pg_type el ON el.oid = t.typelem AND el.typarray = t.oid \
         LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype {} \
         WHERE {} ORDER BY t.oid",
        SOURCE.columns(),
        collation("t.typcollation", "b.typcollation"),
        SOURCE.join(),
        object::in_user_schema("n"),
    );
    session.query_map(&sql, |row| read_type(row, &mut parts))
}

/// What types consist of, by the OID of the type (of its `pg_class` row for attributes).
struct Parts {
    labels: HashMap<u32, Vec<String>>,
    attributes: HashMap<u32, Vec<CompositeAttribute>>,
    constraints: HashMap<u32, Vec<DomainConstraint>>,
    ranges: Ranges,
    constructors: HashMap<u32, Vec<Object>>,
    bases: HashMap<u32, Vec<String>>,
}

fn read_type(row: &Row, parts: &mut Parts) -> Result<Type> {
    let object = object::read(row, class::TYPE, Some(row.text("schema")?))?;
    let kind = kind(row, object.id.oid, parts)?;
    Ok(Type { object, kind })
}

fn kind(row: &Row, oid: u32, parts: &mut Parts) -> Result<TypeKind> {
    let of_type = |oid| TypeKind::Derived { of: CatalogId { class: class::TYPE, oid } };
    if let Some(element) = row.opt_int("element")? {
        return Ok(of_type(element));
    }
    let class_oid = row.oid("typrelid")?;
    Ok(match row.char("typtype")? {
        'e' => TypeKind::Enum(parts.labels.remove(&oid).unwrap_or_default()),
        'd' => domain(row, parts.constraints.remove(&oid).unwrap_or_default())?,
        'c' if row.char("relkind")? == 'c' => TypeKind::Composite {
            class_oid,
            attributes: parts.attributes.remove(&class_oid).unwrap_or_default(),
        },
        'c' => TypeKind::Derived { of: CatalogId { class: class::CLASS, oid: class_oid } },
        'r' => match parts.ranges.parts.remove(&oid) {
            Some((range, own_canonical)) => TypeKind::Range {
                parts: range,
                own_canonical,
                constructors: parts.constructors.remove(&oid).unwrap_or_default(),
            },
            None => TypeKind::Other,
        },
        'm' => {
            of_type(parts.ranges.of_multirange.get(&oid).copied().ok_or_else(|| {
                Error::internal(format!("a multirange type without a range: {oid}"))
            })?)
        }
        'b' => {
            parts.bases.remove(&oid).map_or(TypeKind::Other, |clauses| TypeKind::Base { clauses })
        }
        'p' if !row.bool("typisdefined")? => TypeKind::Shell,
        _ => TypeKind::Other,
    })
}

/// A NOT NULL is a constraint with a name from version 17 on.
fn domain(row: &Row, constraints: Vec<DomainConstraint>) -> Result<TypeKind> {
    let named = constraints.iter().any(|constraint| constraint.kind == 'n');
    Ok(TypeKind::Domain {
        base: row.text("base")?,
        collation: row.opt_text("collation")?,
        not_null: row.bool("typnotnull")? && !named,
        default: row.opt_text("default")?,
        lost_default: row.bool("lost_default")?,
        constraints,
    })
}

fn labels(session: &mut Session) -> Result<HashMap<u32, Vec<String>>> {
    let mut labels: HashMap<u32, Vec<String>> = HashMap::new();
    let rows = session.query(
        "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder",
    )?;
    for row in rows {
        labels.entry(row.oid("enumtypid")?).or_default().push(row.text("enumlabel")?);
    }
    Ok(labels)
}

fn attributes(session: &mut Session) -> Result<HashMap<u32, Vec<CompositeAttribute>>> {
    let sql = format!(
        "SELECT a.attrelid, a.attnum, a.attname, \
          pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, {} AS collation \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         WHERE c.relkind = 'c' AND {} AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
        collation("a.attcollation", "t.typcollation"),
        object::in_user_schema("n"),
    );
    let mut attributes: HashMap<u32, Vec<CompositeAttribute>> = HashMap::new();
    for row in session.query(&sql)? {
        attributes.entry(row.oid("attrelid")?).or_default().push(CompositeAttribute {
            number: row.int("attnum")?,
            name: row.text("attname")?,
            type_name: row.text("type")?,
            collation: row.opt_text("collation")?,
        });
    }
    Ok(attributes)
}

fn constraints(session: &mut Session) -> Result<HashMap<u32, Vec<DomainConstraint>>> {
    let sql = format!(
        "SELECT k.contypid, k.oid, k.conname, k.contype, k.convalidated, \
          pg_catalog.pg_get_constraintdef(k.oid) AS definition \
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = k.contypid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE {} ORDER BY k.contypid, k.conname",
        object::in_user_schema("n"),
    );
    let mut constraints: HashMap<u32, Vec<DomainConstraint>> = HashMap::new();
    for row in session.query(&sql)? {
        constraints.entry(row.oid("contypid")?).or_default().push(DomainConstraint {
            oid: row.oid("oid")?,
            name: row.text("conname")?,
            definition: row.text("definition")?,
            kind: row.char("contype")?,
            validated: row.bool("convalidated")?,
        });
    }
    Ok(constraints)
}

#[derive(Default)]
struct Ranges {
    /// The parts of CREATE TYPE … AS RANGE, and whether the canonical function is a user's, by the
    /// range's OID.
    parts: HashMap<u32, (Vec<String>, bool)>,
    /// Multirange type to range type.
    of_multirange: HashMap<u32, u32>,
}

/// `multirange` is the OID of the multirange type and its names (version 14 and newer).
fn ranges(session: &mut Session) -> Result<Ranges> {
    let (columns, join) = match session.version() {
        140_000.. => (
            "m.oid AS multirange, mn.nspname AS multirange_schema, m.typname AS multirange_name",
            "JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid \
             JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace",
        ),
        _ => ("NULL AS multirange", ""),
    };
    let sql = format!(
        "SELECT r.rngtypid, pg_catalog.format_type(r.rngsubtype, NULL) AS subtype, {columns}, \
          CASE WHEN NOT oc.opcdefault THEN {} END AS opclass, {} AS collation, \
          r.rngcanonical::pg_catalog.oid >= 16384 AS own_canonical, \
          NULLIF(r.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regproc AS canonical, \
          NULLIF(r.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regproc AS diff \
         FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         JOIN pg_catalog.pg_type st ON st.oid = r.rngsubtype \
         JOIN pg_catalog.pg_opclass oc ON oc.oid = r.rngsubopc \
         JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.opcnamespace {join} WHERE {}",
        object::quoted("ocn.nspname", "oc.opcname"),
        collation("r.rngcollation", "st.typcollation"),
        object::in_user_schema("n"),
    );
    let mut ranges = Ranges::default();
    for row in session.query(&sql)? {
        let oid = row.oid("rngtypid")?;
        ranges.parts.insert(oid, (range_parts(&row)?, row.bool("own_canonical")?));
        if let Some(multirange) = row.opt_int("multirange")? {
            ranges.of_multirange.insert(multirange, oid);
        }
    }
    Ok(ranges)
}

/// By range, the functions that come with ranges and multiranges and have privileges of their own.
fn constructors(session: &mut Session) -> Result<HashMap<u32, Vec<Object>>> {
    let of_range = match session.version() {
        140_000.. => {
            "COALESCE((SELECT r.rngtypid FROM pg_catalog.pg_range r \
              WHERE r.rngmultitypid = d.refobjid), d.refobjid)"
        }
        _ => "d.refobjid",
    };
    let source = Source { catalog: "pg_proc", alias: "p", prefix: "pro", acl: Some('f') };
    let sql = format!(
        "SELECT q.*, {} || '(' || pg_catalog.pg_get_function_identity_arguments(q.oid) || ')' \
          AS signature FROM (SELECT {}, n.nspname AS schema, {of_range} AS range \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         JOIN pg_catalog.pg_depend d ON d.objid = p.oid AND d.deptype = 'i' \
          AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
          AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass {} \
         WHERE p.proacl IS NOT NULL AND {}) q ORDER BY q.range, signature",
        object::quoted("q.schema", "q.name"),
        source.columns(),
        source.join(),
        object::in_user_schema("n"),
    );
    let mut constructors: HashMap<u32, Vec<Object>> = HashMap::new();
    for row in session.query(&sql)? {
        let name = row.text("signature")?;
        let object = Object { name, ..object::read(&row, class::PROC, None)? };
        constructors.entry(row.oid("range")?).or_default().push(object);
    }
    Ok(constructors)
}

fn range_parts(row: &Row) -> Result<Vec<String>> {
    let mut parts = vec![format!("subtype = {}", row.str("subtype")?)];
    if row.opt("multirange")?.is_some() {
        let name = quote::qualified(row.str("multirange_schema")?, row.str("multirange_name")?);
        parts.push(format!("multirange_type_name = {name}"));
    }
    for (part, column) in [
        ("subtype_opclass", "opclass"),
        ("collation", "collation"),
        ("canonical", "canonical"),
        ("subtype_diff", "diff"),
    ] {
        if let Some(value) = row.opt(column)? {
            parts.push(format!("{part} = {value}"));
        }
    }
    Ok(parts)
}
