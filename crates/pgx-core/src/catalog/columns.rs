//! Columns: `pg_attribute`, with the rules of what a column's definition must say.

use std::collections::HashMap;

use super::acl;
use super::among::{among, from_version};
use super::model::{Column, Generated, Identity};
use super::relations::SystemColumns;
use crate::connect::{Row, Session, quote};
use crate::error::Result;

/// Reads the columns of `relations` by relation, in the order of their numbers, dropped ones left
/// out.
///
/// # Errors
/// What the server refuses.
pub(super) fn read(session: &mut Session, relations: &[u32]) -> Result<HashMap<u32, Vec<Column>>> {
    let mut columns: HashMap<u32, Vec<Column>> = HashMap::new();
    session.query_map(&query(session.version(), relations), |row| {
        columns.entry(row.oid("attrelid")?).or_default().push(column(row)?);
        Ok(())
    })?;
    Ok(columns)
}

/// Reads the privileges that somebody granted on system columns (`ctid`, `xmin`, …).
///
/// # Errors
/// What the server refuses.
pub(super) fn read_system(
    session: &mut Session,
    relations: &[u32],
) -> Result<HashMap<u32, SystemColumns>> {
    let rows = session.query(&format!(
        "SELECT a.attrelid, a.attname, {} FROM {} \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = src.oid AND a.attnum < 0 {} \
         WHERE a.attacl IS NOT NULL ORDER BY a.attrelid, a.attnum DESC",
        acl::column_columns("a.attacl"),
        among(relations),
        acl::join("pg_class", "a.attrelid", "a.attnum"),
    ))?;
    let mut columns: HashMap<u32, SystemColumns> = HashMap::new();
    for row in &rows {
        let column = (row.text("attname")?, acl::read(row)?);
        columns.entry(row.oid("attrelid")?).or_default().push(column);
    }
    Ok(columns)
}

fn column(row: &Row) -> Result<Column> {
    let collation = match row.opt("collation_schema")? {
        Some(schema) => Some(quote::qualified(schema, row.str("collation_name")?)),
        None => None,
    };
    Ok(Column {
        number: row.int("attnum")?,
        name: row.text("attname")?,
        type_name: row.text("type_name")?,
        type_oid: row.oid("atttypid")?,
        collation,
        not_null: row.bool("attnotnull")?,
        not_null_name: row.opt_text("not_null_name")?,
        not_null_no_inherit: row.bool("not_null_no_inherit")?,
        not_null_local: row.bool("not_null_local")?,
        generated: generated(row.char("generated")?),
        identity: identity(row.char("attidentity")?),
        local: row.bool("attislocal")?,
        loses_default: row.bool("loses_default")?,
        storage: row.opt("storage")?.and_then(|text| text.chars().next()),
        compression: row.opt("compression")?.and_then(|text| text.chars().next()),
        statistics: row.opt_int("statistics")?,
        options: row.list("attoptions")?,
        foreign_options: row.list("attfdwoptions")?,
        acl: acl::read(row)?,
    })
}

fn generated(letter: char) -> Generated {
    match letter {
        's' => Generated::Stored,
        'v' => Generated::Virtual,
        _ => Generated::No,
    }
}

fn identity(letter: char) -> Identity {
    match letter {
        'a' => Identity::Always,
        'd' => Identity::ByDefault,
        _ => Identity::No,
    }
}

fn query(version: u32, relations: &[u32]) -> String {
    let generated = from_version(version, 12, "a.attgenerated", "''");
    let (loses_default, storage, compression) =
        (loses_default(version), storage(), compression(version));
    let not_null = if version / 10_000 >= 18 { not_null() } else { not_null_unnamed() };
    let not_null_join = from_version(version, 18, NOT_NULL_JOIN, "");
    let (acl_columns, init_privileges) =
        (acl::column_columns("a.attacl"), acl::join("pg_class", "a.attrelid", "a.attnum"));
    format!(
        "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, \
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name, \
         con.nspname AS collation_schema, co.collname AS collation_name, a.attnotnull, \
         {not_null}, {generated} AS generated, a.attidentity, a.attislocal, \
         {loses_default} AS loses_default, {storage} AS storage, {compression} AS compression, \
         CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS statistics, \
         {OPTIONS} AS attoptions, a.attfdwoptions, \
         {acl_columns} \
         FROM {src} JOIN pg_catalog.pg_class c ON c.oid = src.oid \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
           AND NOT a.attisdropped \
         LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation \
           AND a.attcollation <> t.typcollation \
         LEFT JOIN pg_catalog.pg_namespace con ON con.oid = co.collnamespace \
         {not_null_join} {init_privileges} \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY a.attrelid, a.attnum",
        src = among(relations)
    )
}

/// The options that somebody set. From 15.20 on the server keeps a version of its own among them, under
/// a name that no statement may set.
const OPTIONS: &str = "CASE WHEN a.attoptions IS NOT NULL THEN (SELECT pg_catalog.array_agg(o.o) FROM pg_catalog.unnest(a.attoptions) o(o) \
    WHERE pg_catalog.left(o.o, 10) <> 'pg_attver=') END";

/// The condition that some parent's column `pa` of the same name meets `condition`.
fn some_parent(condition: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_inherits i \
         JOIN pg_catalog.pg_attribute pa ON pa.attrelid = i.inhparent \
           AND pa.attname = a.attname AND NOT pa.attisdropped \
         WHERE i.inhrelid = a.attrelid AND {condition})"
    )
}

/// An inherited column takes its parents' default when the table is made, and must lose it again.
fn loses_default(version: u32) -> String {
    let plain = from_version(version, 12, "pa.atthasdef AND pa.attgenerated = ''", "pa.atthasdef");
    format!(
        "c.relkind IN ('r', 'f') AND NOT c.relispartition AND NOT a.atthasdef \
         AND a.attinhcount > 0 AND {}",
        some_parent(plain)
    )
}

/// Tables below parents take over the parents' setting, even where they are to have the type's.
fn storage() -> String {
    let other = some_parent("pa.attstorage <> a.attstorage");
    format!(
        "CASE WHEN a.attstorage <> t.typstorage OR NOT c.relispartition AND {other} \
         THEN a.attstorage END"
    )
}

/// As [`storage`]; `d` leads back to the default.
fn compression(version: u32) -> String {
    let set = some_parent("pa.attcompression <> ''");
    let compression = format!(
        "CASE WHEN a.attcompression <> '' THEN a.attcompression \
         WHEN NOT c.relispartition AND {set} THEN 'd' END"
    );
    from_version(version, 14, &compression, "NULL").to_owned()
}

/// Up to 17 a NOT NULL has no name, and nothing says whether it is local: it is when no parent has
/// it.
fn not_null_unnamed() -> String {
    let inherited = some_parent("pa.attnotnull");
    format!(
        "NULL AS not_null_name, false AS not_null_no_inherit, \
         a.attnotnull AND (c.relispartition OR NOT {inherited}) AS not_null_local"
    )
}

/// From 18 on it is a constraint. Its name is spelled out when it is not the one the server would
/// choose, or when a comment refers to it. One that is NOT VALID is not part of the table's
/// definition, and a valid one below parents whose own are all NOT VALID is.
fn not_null() -> String {
    let inherited = some_parent(
        "EXISTS (SELECT FROM pg_catalog.pg_constraint pn WHERE pn.conrelid = i.inhparent \
         AND pn.contype = 'n' AND pn.conkey[1] = pa.attnum AND pn.convalidated)",
    );
    format!(
        "CASE WHEN nn.conname <> c.relname || '_' || a.attname || '_not_null' OR EXISTS (\
         SELECT FROM pg_catalog.pg_description de WHERE de.objoid = nn.oid AND de.objsubid = 0 \
           AND de.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass) \
         THEN nn.conname END AS not_null_name, nn.connoinherit AS not_null_no_inherit, \
         nn.convalidated AND (nn.conislocal OR c.relispartition OR NOT {inherited}) \
         AS not_null_local"
    )
}

const NOT_NULL_JOIN: &str = "\
LEFT JOIN pg_catalog.pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' \
 AND nn.conkey[1] = a.attnum";
