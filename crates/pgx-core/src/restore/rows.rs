//! Loading rows: COPY after COPY, each of many chunks, counted against the archive.

use std::collections::HashMap;

use super::feed::{Feed, Item};
use super::large_objects::Pages;
use super::plan::{Action, Plan};
use super::refusal;
use super::report::RestoreReport;
use super::session::{Commits, commit_and_go_on};
use crate::archive::{ChunkHead, StreamEnd};
use crate::chunk::Chunk;
use crate::connect::Session;
use crate::ddl::data::{CopyIn, copy_in_sql};
use crate::error::{Code, Error, Result};
use crate::event::{Event, Observer};
use crate::rows;
use crate::toc::{Entry, EntryId, Ref, RowFormat};

/// A table that rows are loaded into.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The table, or the partitioned ancestor its rows go through.
    pub(super) into: Ref,
    columns: Vec<String>,
    /// How the server takes the rows.
    pub(super) format: RowFormat,
    /// The encoding of text rows, where it is not that of the session.
    pub(super) encoding: Option<String>,
    freeze: Freeze,
    /// Rows may be turned away by a trigger, so that fewer arrive than were sent.
    pub(super) may_drop_rows: bool,
    /// What statistics are called, which are nobody's rows to the report.
    statistics: Option<String>,
    /// Which part of the table's rows this is, and of how many, where several sessions load it.
    part: Option<(usize, usize)>,
    loaded: u64,
    bytes: u64,
}

/// Whether rows can be frozen. They can only in the transaction that made or emptied the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freeze {
    /// The table was there before.
    Never,
    /// This restore made the table.
    Made,
    /// The same, and others may have written into it since.
    MadeOpenly,
    /// This restore made it in an earlier transaction, and emptied it again in this one.
    EmptiedIn(u64),
}

impl Table {
    pub(super) fn new(entry: &Entry, into: Ref, freeze: Freeze) -> Table {
        let columns = entry.data.iter().flat_map(|data| &data.columns);
        Table {
            columns: columns.map(|column| column.name.clone()).collect(),
            format: entry.data.as_ref().map(|data| data.format).unwrap_or_default(),
            encoding: None,
            freeze,
            into,
            may_drop_rows: false,
            statistics: None,
            part: None,
            loaded: 0,
            bytes: 0,
        }
    }

    /// A table where statistics wait.
    pub(super) fn of_statistics(entry: &Entry, into: Ref) -> Table {
        let statistics = Some(entry.name.to_string());
        Table { statistics, ..Table::new(entry, into, Freeze::Never) }
    }

    /// The same table where others can reach it.
    pub(super) fn openly(&mut self) {
        if self.freeze == Freeze::Made {
            self.freeze = Freeze::MadeOpenly;
        }
    }

    /// For messages.
    fn name(&self) -> String {
        let name = self.statistics.clone().unwrap_or_else(|| self.into.to_string());
        match self.part {
            Some((part, parts)) => format!("{name} (part {part} of {parts})"),
            None => name,
        }
    }

    /// The same table, whose rows are not frozen: freezing takes a lock that readers of the table wait for.
    pub(super) fn unfrozen(self) -> Table {
        Table { freeze: Freeze::Never, ..self }
    }

    /// A part of the table's rows, from 1. Nobody has the table alone, so they cannot be frozen.
    pub(super) fn part(&self, part: usize, parts: usize) -> Table {
        Table { freeze: Freeze::Never, part: Some((part, parts)), ..self.clone() }
    }

    /// Whether this restore made it, so that nothing else is in it.
    pub(super) fn is_made(&self) -> bool {
        matches!(self.freeze, Freeze::Made | Freeze::MadeOpenly)
    }

    fn copy_sql(&self, freeze: bool) -> String {
        let (format, encoding) = (self.format, self.encoding.clone());
        copy_in_sql(&self.into, &self.columns, &CopyIn { format, freeze, encoding })
    }
}

/// The tables of a full restore. Rows are frozen where this restore made the table.
pub(super) fn tables(plan: &Plan) -> HashMap<EntryId, Table> {
    let made = plan.made_tables();
    plan.of(Action::Load)
        .map(|(_, entry)| {
            let mut table = table(entry);
            if table.into == entry.name && made.contains(&entry.name) {
                table.freeze = Freeze::Made;
            }
            if plan.journaled {
                table.openly();
            }
            (entry.id, table)
        })
        .collect()
}

/// Where the rows of an entry go.
pub(super) fn table(entry: &Entry) -> Table {
    let root = entry.data.as_ref().and_then(|data| data.via_root.clone());
    Table::new(entry, root.unwrap_or_else(|| entry.name.clone()), Freeze::Never)
}

/// Sends rows.
pub(super) struct Loader<'l> {
    session: &'l mut Session,
    feed: Feed,
    tables: HashMap<EntryId, Table>,
    observer: &'l dyn Observer,
    report: &'l mut RestoreReport,
    /// Where the pages of large objects go.
    pages: Option<Pages>,
    commits: Commits,
    /// The number of the transaction, from 0.
    transaction: u64,
    /// Tables loaded since the last commit.
    uncommitted: usize,
}

/// Tables that one transaction of a staging database loads: few enough for any lock table, many
/// enough that commits cost nothing beside them.
const TABLES_PER_COMMIT: usize = 100;

impl<'l> Loader<'l> {
    pub(super) fn new(
        session: &'l mut Session,
        feed: Feed,
        tables: HashMap<EntryId, Table>,
        observer: &'l dyn Observer,
        report: &'l mut RestoreReport,
    ) -> Loader<'l> {
        let (commits, transaction, uncommitted) = (Commits::AtEnd, 0, 0);
        let pages = None;
        Loader { session, feed, tables, observer, report, pages, commits, transaction, uncommitted }
    }

    /// The same, with large objects to fill.
    pub(super) fn filling(mut self, pages: Option<Pages>) -> Loader<'l> {
        self.pages = pages;
        self
    }

    /// The same, with commits in between where `commits` says so.
    pub(super) fn committing(mut self, commits: Commits) -> Loader<'l> {
        self.commits = commits;
        self
    }

    /// Loads everything the feed brings, to its verified end; returns the streams.
    ///
    /// # Errors
    /// [`Code::RowRejected`]; what the server refused; a damaged archive; a count that differs.
    pub(super) fn run(mut self) -> Result<Vec<EntryId>> {
        let mut ended = Vec::new();
        let mut next = self.feed.next()?;
        while let Some(item) = next {
            next = match item {
                Item::Begin(stream, table) => {
                    self.tables.insert(stream, *table);
                    self.feed.next()?
                }
                Item::Chunk(chunk) => match self.tables.contains_key(&chunk.head.key.stream) {
                    true => self.copy(chunk)?,
                    false => self.fill(&chunk)?,
                },
                Item::StreamEnd(stream, end) => {
                    ended.extend(self.settle(stream, end)?.then_some(stream));
                    self.between_tables()?;
                    self.feed.next()?
                }
            };
        }
        if ended.len() == self.tables.len() + usize::from(self.pages.is_some()) {
            return Ok(ended);
        }
        Err(Error::new(Code::ArchiveDamaged, "the archive lists rows that it does not hold"))
    }

    /// One COPY: the chunk and those of the same table that follow it. Returns what comes after
    /// them.
    fn copy(&mut self, first: Chunk) -> Result<Option<Item>> {
        let stream = first.head.key.stream;
        let Some(table) = self.tables.get_mut(&stream) else { return self.feed.next() };
        let name = table.name();
        let before = table.loaded;
        let failed = |error| refusal::of_copy(error, &name, before);
        let sql = copy_sql(self.session, table, self.commits, self.transaction).map_err(failed)?;
        let mut copy = self.session.copy_in(&sql).map_err(failed)?;
        copy.send(rows::header(table.format)).map_err(failed)?;
        let mut chunk = first;
        let after = loop {
            if chunk.head.format != table.format {
                let _ = copy.abort("the archive is damaged");
                return Err(other_format(&name));
            }
            copy.send(&chunk.raw).map_err(failed)?;
            table.bytes += chunk.raw.len() as u64;
            let (rows, bytes) = (0, table.bytes);
            self.observer.event(&Event::Rows { table: name.clone(), rows, bytes, done: false });
            let last = chunk.head;
            match self.feed.next().and_then(|item| whole_rows(last, item)) {
                Ok(Some(Item::Chunk(next))) if next.head.key.stream == stream => chunk = next,
                Ok(after) => break after,
                Err(error) => {
                    // The error is the archive's; whether the server hears of it changes nothing.
                    let _ = copy.abort("the archive cannot be read");
                    return Err(error);
                }
            }
        };
        copy.send(rows::trailer(table.format)).map_err(failed)?;
        table.loaded += copy.finish().map_err(failed)?;
        Ok(after)
    }

    /// Pages of large objects, or rows that nobody wants. Returns what comes after them.
    fn fill(&mut self, chunk: &Chunk) -> Result<Option<Item>> {
        if let Some(pages) = self.pages.as_mut().filter(|pages| pages.are(chunk.head.key.stream)) {
            pages.load(self.session, chunk, self.observer)?;
        }
        self.feed.next()
    }

    /// The place for a commit in between.
    fn between_tables(&mut self) -> Result<()> {
        self.uncommitted += 1;
        if self.commits == Commits::AsItGoes && self.uncommitted >= TABLES_PER_COMMIT {
            commit_and_go_on(self.session)?;
            self.transaction += 1;
            self.uncommitted = 0;
        }
        Ok(())
    }

    /// Compares what the server counted with what the archive says.
    fn settle(&mut self, stream: EntryId, end: StreamEnd) -> Result<bool> {
        if let Some(pages) = self.pages.as_ref().filter(|pages| pages.are(stream)) {
            return pages.end(end, self.observer, self.report).map(|()| true);
        }
        let Some(table) = self.tables.get(&stream) else { return Ok(false) };
        let name = table.name();
        if table.loaded != end.rows {
            let what =
                format!("the target took {} rows and the archive holds {}", table.loaded, end.rows);
            if !table.may_drop_rows || table.loaded > end.rows {
                return Err(Error::new(Code::TargetFailed, what).object(format!("table {name}")));
            }
            let warning = format!("{what} of table {name}: a trigger turned rows away");
            self.observer.warning(warning.clone());
            self.report.warnings.push(warning);
        }
        let counts = u64::from(table.part.is_none_or(|(part, _)| part == 1));
        self.report.entries += counts;
        if table.statistics.is_none() {
            self.report.tables += counts;
            self.report.rows += table.loaded;
        }
        self.report.bytes += table.bytes;
        let (rows, bytes) = (table.loaded, table.bytes);
        self.observer.event(&Event::Rows { table: name, rows, bytes, done: true });
        Ok(true)
    }
}

/// The COPY of a table. One made in an earlier transaction of this restore is empty, and emptying it
/// again lets its rows be frozen.
fn copy_sql(
    session: &mut Session,
    table: &mut Table,
    commits: Commits,
    transaction: u64,
) -> Result<String> {
    if table.freeze == Freeze::MadeOpenly {
        table.freeze = if is_filled(session, table)? { Freeze::Never } else { Freeze::Made };
    }
    if table.freeze == Freeze::Made && commits != Commits::AtEnd {
        session.execute(&format!("TRUNCATE ONLY {}", table.into.sql()))?;
        table.freeze = Freeze::EmptiedIn(transaction);
    }
    Ok(table.copy_sql(match table.freeze {
        Freeze::Never | Freeze::MadeOpenly => false,
        Freeze::Made => true,
        Freeze::EmptiedIn(emptied_in) => emptied_in == transaction,
    }))
}

/// Whether somebody has written into a table; from now on nobody can.
fn is_filled(session: &mut Session, table: &Table) -> Result<bool> {
    let name = table.into.sql();
    let sql = format!(
        "LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE; \
         SELECT EXISTS (SELECT FROM ONLY {name}) AS filled"
    );
    session.query_one(&sql)?.bool("filled")
}

/// A chunk that does not say of its rows what the table of contents says.
fn other_format(table: &str) -> Error {
    let what = "the rows are not in the format of their table";
    Error::new(Code::ArchiveDamaged, what).object(format!("table {table}"))
}

/// A row that goes on in the next chunk is never left for another: the readers see to it.
fn whole_rows(last: ChunkHead, item: Option<Item>) -> Result<Option<Item>> {
    let goes_on = |item: &Item| match item {
        Item::Chunk(next) => next.head.key.stream == last.key.stream,
        Item::Begin(..) | Item::StreamEnd(..) => false,
    };
    if last.continued && !item.as_ref().is_some_and(goes_on) {
        return Err(Error::internal("a row of the archive is cut"));
    }
    Ok(item)
}
