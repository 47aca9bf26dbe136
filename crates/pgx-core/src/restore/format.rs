//! Whether the target takes rows as they are stored. COPY BINARY is blind: bytes of one type load into
//! a column of another without an error, or as nonsense. So binary rows are sent only into columns
//! whose types have the same binary form, and which receive from it what was sent; else they become
//! text, and the server decides.

use std::collections::HashMap;

use super::rows::Table;
use crate::catalog::Shapes;
use crate::connect::Session;
use crate::error::Result;
use crate::rows::{Origin, TextRows};
use crate::toc::{Entry, EntryId, Ref, RowFormat, Shape};

/// What is to be done with the rows of the streams.
pub(super) type Printers = HashMap<EntryId, TextRows>;

/// Compares the columns of `tables`, which exist, with those of the archive. Tables that take text
/// alone are set to it; returned is what turns their rows into text.
///
/// # Errors
/// What the server refuses.
pub(super) fn settle<'e, 't>(
    session: &mut Session,
    tables: impl Iterator<Item = (&'e Entry, &'t mut Table)>,
    origin: Origin,
) -> Result<Printers> {
    let mut tables: Vec<(&Entry, &mut Table)> = tables.collect();
    if session.encoding().name() == "SQL_ASCII" {
        let encoding = database_encoding(session)?;
        tables.iter_mut().for_each(|(_, table)| table.encoding = Some(encoding.clone()));
    }
    let binary: Vec<(&Entry, &mut Table)> =
        tables.into_iter().filter(|(_, table)| table.format == RowFormat::Binary).collect();
    let mut printers = Printers::new();
    if binary.is_empty() {
        return Ok(printers);
    }
    let version = session.version();
    let columns = columns(session, binary.iter().map(|(_, table)| &table.into))?;
    for (entry, table) in binary {
        let Some(data) = &entry.data else { continue };
        let same = data.columns.iter().all(|column| {
            let there = columns.get(&(table.into.clone(), column.name.clone()));
            there.is_some_and(|there| {
                Some(there) == column.shape.as_ref() && origin.is_received(there, version)
            })
        });
        if !same && let Some(printer) = TextRows::new(&data.columns, origin) {
            table.format = RowFormat::Text;
            printers.insert(entry.id, printer);
        }
    }
    Ok(printers)
}

/// The encoding that text without one must be in. From version 14 on COPY takes any bytes from a
/// session in SQL_ASCII, into whatever database, unless it is told.
fn database_encoding(session: &mut Session) -> Result<String> {
    let sql = "SELECT pg_catalog.current_setting('server_encoding') AS encoding";
    session.query_one(sql)?.text("encoding")
}

/// The columns of the target whose binary form is known, by table and name.
fn columns<'t>(
    session: &mut Session,
    tables: impl Iterator<Item = &'t Ref>,
) -> Result<HashMap<(Ref, String), Shape>> {
    let shapes = Shapes::read(session)?;
    let names: Vec<String> = tables.map(Ref::literals).collect();
    let rows = session.query(&format!(
        "SELECT n.nspname, c.relname, a.attname, a.atttypid \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
           AND NOT a.attisdropped \
         WHERE (n.nspname, c.relname) IN (VALUES {})",
        names.join(", ")
    ))?;
    let mut columns = HashMap::new();
    for row in &rows {
        let table = Ref::new(row.str("nspname")?, row.str("relname")?);
        if let Some(shape) = shapes.of(row.oid("atttypid")?) {
            columns.insert((table, row.text("attname")?), shape);
        }
    }
    Ok(columns)
}
