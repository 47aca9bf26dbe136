//! Tables and the foreign keys between them, as a picture: Mermaid or SVG.
//!
//! What is drawn is read from the statements of a table of contents, so that an archive says as much as
//! the database that it was taken from. The same entries give the same text, byte by byte.

mod layout;
mod mermaid;
mod statement;
mod svg;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Code, Error, Result};
use crate::select::Names;
use crate::toc::{Entry, Kind, Ref};
use statement::ForeignKey;

/// Tables and foreign keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// Tables, by name. Partitions are parts of their tables, not tables of their own.
    pub tables: Vec<Table>,
    /// Foreign keys between them, in the order of their tables and names.
    pub keys: Vec<Key>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: Ref,
    /// Its columns, inherited ones first.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type as the server prints it.
    pub type_name: String,
    /// Whether it is part of the primary key.
    pub primary: bool,
    /// Whether it is part of a foreign key.
    pub foreign: bool,
    /// Whether it is declared NOT NULL, be it by a primary key.
    pub required: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The constraint's name.
    pub name: String,
    /// The table that refers: its place among the tables.
    pub from: usize,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub to: usize,
    /// The columns there.
    pub to_columns: Vec<String>,
}

impl Diagram {
    /// The diagram of the tables that `names` chooses, and of the keys between these.
    ///
    /// # Errors
    /// [`Code::NoMatch`]: a pattern chooses no table, or there is none.
    pub fn new(entries: &[Entry], names: &Names) -> Result<Diagram> {
        let mut tables = tables(entries);
        names.all_match(&tables.keys().collect::<Vec<_>>())?;
        tables.retain(|name, _| names.has(name));
        if tables.is_empty() {
            return Err(Error::new(Code::NoMatch, "there is no table to draw")
                .hint("a diagram is made of definitions: see what pgx inspect lists"));
        }
        let mut tables: Vec<Table> =
            tables.into_iter().map(|(name, columns)| Table { name, columns }).collect();
        let place: BTreeMap<Ref, usize> =
            tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        let mut keys = Vec::new();
        for entry in entries {
            let Some(&from) = entry.on.as_ref().and_then(|on| place.get(on)) else { continue };
            match entry.kind {
                Kind::Constraint => mark_primary(&mut tables[from], entry),
                Kind::ForeignKey => {
                    let key = foreign_key(entry);
                    mark_foreign(&mut tables[from], &key);
                    keys.extend(place.get(&key.to).map(|&to| Key {
                        name: entry.name.name.clone(),
                        from,
                        columns: key.columns,
                        to,
                        to_columns: key.to_columns,
                    }));
                }
                _ => {}
            }
        }
        keys.sort_by(|a, b| (a.from, &a.name).cmp(&(b.from, &b.name)));
        Ok(Diagram { tables, keys })
    }

    /// As text for Mermaid: an `erDiagram`.
    pub fn mermaid(&self) -> String {
        mermaid::text(self)
    }

    /// As a picture.
    pub fn svg(&self) -> String {
        svg::text(self)
    }

    /// What a table is called: with its schema, where there are several.
    fn title(&self, table: &Table) -> String {
        let schemas: BTreeSet<_> = self.tables.iter().map(|table| &table.name.schema).collect();
        if schemas.len() > 1 { table.name.to_string() } else { table.name.name.clone() }
    }
}

/// Columns of every table that is no partition.
fn tables(entries: &[Entry]) -> BTreeMap<Ref, Vec<Column>> {
    let of_kind = |kind| entries.iter().filter(move |entry: &&Entry| entry.kind == kind);
    let partitions: BTreeSet<&Ref> = of_kind(Kind::TableAttach).map(|entry| &entry.name).collect();
    let types: BTreeMap<Ref, Vec<Column>> =
        of_kind(Kind::Type).map(|entry| (entry.name.clone(), statement::columns(entry))).collect();
    let mut tables: BTreeMap<Ref, Vec<Column>> = BTreeMap::new();
    // Parents come before their children.
    for entry in entries {
        if !matches!(entry.kind, Kind::Table | Kind::ForeignTable) || entry.create.is_empty() {
            continue;
        }
        let (parents, of_type) = statement::origins(entry);
        let mut columns: Vec<Column> = Vec::new();
        let inherited = parents.iter().filter_map(|parent| tables.get(parent));
        let typed = of_type.iter().filter_map(|name| types.get(name));
        let own = statement::columns(entry);
        for column in inherited.chain(typed).flatten().chain(&own) {
            match columns.iter_mut().find(|known| known.name == column.name) {
                Some(known) => known.required |= column.required,
                None => columns.push(column.clone()),
            }
        }
        tables.insert(entry.name.clone(), columns);
    }
    tables.retain(|name, _| !partitions.contains(name));
    tables
}

fn mark_primary(table: &mut Table, entry: &Entry) {
    let names = entry.create.first().map(|sql| statement::primary_key(sql)).unwrap_or_default();
    for column in table.columns.iter_mut().filter(|column| names.contains(&column.name)) {
        column.primary = true;
        column.required = true;
    }
}

fn foreign_key(entry: &Entry) -> ForeignKey {
    entry.create.first().map(|sql| statement::foreign_key(sql)).unwrap_or_default()
}

fn mark_foreign(table: &mut Table, key: &ForeignKey) {
    let columns = table.columns.iter_mut();
    columns.filter(|one| key.columns.contains(&one.name)).for_each(|one| one.foreign = true);
}

#[cfg(test)]
mod tests;
