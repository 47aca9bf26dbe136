//! Salvage: what is whole of a damaged archive, and on request what can be read of the rest, into
//! a new archive.
//!
//! [`survey`] reads what is left and judges each table: it is whole only if every chunk is there and
//! its rows have the count and the hash that the dump wrote down. [`Survey::plan`] decides what a
//! repaired archive can hold so that it can be restored; [`Survey::write`] writes it. Memory holds
//! the table of contents and a record for each chunk, never a table.

mod plan;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use uuid::Uuid;

pub use plan::{LeftOut, Plan};

use crate::archive::cluster::{self, Part};
use crate::archive::{ChunkKey, Damage, Missing, Remains, StreamEnd, Totals, Writer};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::event::{Event, Observer};
use crate::toc::{Entry, EntryId, Meta, Ref};
use rows::{Finder, Found};

/// What is left of an archive.
pub struct Survey {
    remains: Remains,
    tables: Vec<Table>,
    strays: Vec<Stray>,
}

/// What is left of the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The entry of its rows.
    pub id: EntryId,
    /// The table.
    pub name: Ref,
    /// How much is left.
    pub state: State,
    /// Rows that can be read.
    pub rows: u64,
    /// Rows there were, where that is known.
    pub of: Option<u64>,
    /// What the chunks below amount to.
    end: StreamEnd,
    /// The chunks that can be read, in key order: whole rows only.
    chunks: Vec<ChunkKey>,
}

/// How much of a table's rows is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All of them, and it is proven.
    Whole,
    /// Some can be read, or all without a proof that there were no more.
    Partial,
    /// None can be read.
    Gone,
}

/// Rows of an entry that is lost: nobody knows which table they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The lost entry.
    pub id: EntryId,
    /// Rows in the chunks that are left.
    pub rows: u64,
}

/// Reads what is left of the archive at `path`. Every byte is read, and every row that can be.
///
/// # Errors
/// Codes 7xx: nothing can be salvaged, or the file cannot be read; an interrupt.
pub fn survey(path: &Path, interrupt: &Interrupt, observer: &dyn Observer) -> Result<Survey> {
    observer.stage("looking for what is left of the archive");
    let remains = Remains::read(path, &mut || interrupt.check())?;
    Survey::of(remains, interrupt, observer)
        .map_err(|error| error.object(format!("file {}", path.display())))
}

/// [`survey`] of a member of a cluster archive.
///
/// # Errors
/// As [`survey`].
pub fn survey_part(part: &Part, interrupt: &Interrupt, observer: &dyn Observer) -> Result<Survey> {
    observer.stage(format!("looking for what is left of {}", part.label()));
    let remains = Remains::read_part(part, &mut || interrupt.check())?;
    Survey::of(remains, interrupt, observer).map_err(|error| error.object(part.label()))
}

/// The members of the cluster archive at `path` that are left, in file order; none if it is an
/// ordinary archive.
///
/// # Errors
/// [`Code::InputFailed`]; an interrupt.
pub fn members(path: &Path, interrupt: &Interrupt) -> Result<Option<cluster::Found>> {
    match cluster::begins_at(path) {
        true => cluster::found(path, &mut || interrupt.check()).map(Some),
        false => Ok(None),
    }
}

/// What is left of the rows of each entry that has some.
fn tables(remains: &Remains, interrupt: &Interrupt, observer: &dyn Observer) -> Result<Vec<Table>> {
    let mut finder = Finder::new(remains, interrupt)?;
    let mut tables = Vec::new();
    for entry in remains.toc() {
        let Some(data) = &entry.data else { continue };
        let table = Table::new(entry, finder.find(entry.id, data)?);
        observer.event(&table.event());
        tables.push(table);
    }
    Ok(tables)
}

impl Survey {
    /// Reads the rows that are left.
    ///
    /// # Errors
    /// As [`survey`].
    pub fn of(remains: Remains, interrupt: &Interrupt, observer: &dyn Observer) -> Result<Survey> {
        if remains.toc().is_empty() && !remains.missing().is_nothing() {
            return Err(Error::new(Code::ArchiveDamaged, "the table of contents is gone")
                .note("without it nothing can be salvaged")
                .hint("use another copy of the archive"));
        }
        observer.stage("reading the rows that are left");
        let tables = match remains.meta().has_rows() {
            true => tables(&remains, interrupt, observer)?,
            false => Vec::new(),
        };
        let strays = remains.strays().into_iter().map(|id| Stray::new(id, &remains)).collect();
        Ok(Survey { remains, tables, strays })
    }

    /// The UUID of the archive; not to be relied on where its header is damaged.
    pub fn uuid(&self) -> Uuid {
        self.remains.uuid()
    }

    /// What the archive says of itself.
    pub fn meta(&self) -> &Meta {
        self.remains.meta()
    }

    /// Where the file is not what it was.
    pub fn damage(&self) -> &Damage {
        self.remains.damage()
    }

    /// What is missing of the table of contents.
    pub fn missing(&self) -> &Missing {
        self.remains.missing()
    }

    /// Every table whose entry is left, in the order of the table of contents.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Rows that belong to nothing that is left.
    pub fn strays(&self) -> &[Stray] {
        &self.strays
    }

    /// What a repaired archive holds; with `partial` also the rows that can be read of tables that
    /// are not whole.
    pub fn plan(&self, partial: bool) -> Plan {
        plan::plan(&self.remains, &self.tables, partial)
    }

    /// Whether all the archive held is left: then a plan leaves nothing out either.
    pub fn is_complete(&self) -> bool {
        self.missing().is_nothing()
            && self.strays.is_empty()
            && self.tables.iter().all(|table| table.state == State::Whole)
    }

    /// Writes a new archive as planned, and gives the output back, complete but not synced.
    ///
    /// # Errors
    /// Codes 7xx when the file has changed since the survey, 10xx for the output; an interrupt.
    pub fn write<W: Write>(
        &self,
        plan: &Plan,
        output: W,
        interrupt: &Interrupt,
        observer: &dyn Observer,
    ) -> Result<(W, Totals)> {
        observer.stage("writing the repaired archive");
        let mut writer = Writer::new(output, &self.repaired_meta())?;
        writer.toc(&plan.entries)?;
        for &(table, stream) in &plan.streams {
            self.copy(&self.tables[table], stream, &mut writer, interrupt)?;
        }
        writer.finish()
    }

    /// The source's facts, and where they come from.
    fn repaired_meta(&self) -> Meta {
        let meta = self.meta();
        let mut request = format!("salvaged from {}", self.uuid());
        if !meta.request.is_empty() {
            request = format!("{request}; {}", meta.request);
        }
        Meta { request, pgx_version: env!("CARGO_PKG_VERSION").to_owned(), ..meta.clone() }
    }

    /// Copies chunks as they are stored; those of a range close up.
    fn copy<W: Write>(
        &self,
        table: &Table,
        stream: EntryId,
        writer: &mut Writer<W>,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let mut next: HashMap<u32, u32> = HashMap::new();
        for &chunk in &table.chunks {
            interrupt.check()?;
            let sequence = next.entry(chunk.range).or_default();
            let key = ChunkKey { stream, range: chunk.range, sequence: *sequence };
            *sequence += 1;
            writer.append(self.remains.frame(chunk, key)?)?;
        }
        writer.end_stream(stream, table.end)
    }
}

impl Table {
    fn new(entry: &Entry, found: Found) -> Table {
        let Found { end, chunks, whole, of } = found;
        let state = match whole {
            true => State::Whole,
            false if end.rows > 0 => State::Partial,
            false => State::Gone,
        };
        Table { id: entry.id, name: entry.name.clone(), state, rows: end.rows, of, end, chunks }
    }

    fn event(&self) -> Event {
        let StreamEnd { rows, raw_bytes: bytes, .. } = self.end;
        Event::Rows { table: self.name.to_string(), rows, bytes, done: true }
    }
}

impl Stray {
    fn new(id: EntryId, remains: &Remains) -> Stray {
        let whole = remains.pieces(id).filter(|(_, piece)| piece.whole);
        Stray { id, rows: whole.map(|(_, piece)| u64::from(piece.rows)).sum() }
    }
}
