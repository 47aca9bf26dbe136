//! The rows of a COPY, or of a batch of them, into the pipeline.

use super::pipeline::Inlet;
use super::streams::Streams;
use super::task::{Part, Task};
use crate::archive::{ChunkHead, ChunkKey};
use crate::catalog::{large_objects, planner};
use crate::chunk::Chunk;
use crate::connect::{Copied, Session};
use crate::ddl;
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Event, Observer};
use crate::rows::{CHUNK_BYTES, Cut, Cutter, RowSum};
use crate::toc::{Described, Entry};

/// Copies the rows that tasks are about, and ends the streams whose last rows they are. Several tasks
/// are one batch of small tables, read in one round trip.
///
/// # Errors
/// The server's, with the table's name; a row count that differs from the server's command tag.
pub(super) fn run(
    session: &mut Session,
    entries: &[Entry],
    batch: &[Task],
    outlet: &mut Outlet<'_>,
) -> Result<()> {
    match batch {
        [task] if !is_plain(&entries[task.entry], task) => {
            other(session, &entries[task.entry], task, outlet)
        }
        tables => tables_in_turn(session, entries, tables, outlet),
    }?;
    outlet.inlet.flush()
}

/// Whether the task is one COPY statement and nothing else.
fn is_plain(entry: &Entry, task: &Task) -> bool {
    let foreign = entry.data.as_ref().is_some_and(|data| data.foreign);
    let statistics = Described::of(entry).is_some();
    !foreign && !statistics && !matches!(task.part, Part::LargeObjects(_))
}

/// Copies tables, or a part of one, by statements that the server is given all at once.
fn tables_in_turn(
    session: &mut Session,
    entries: &[Entry],
    tasks: &[Task],
    outlet: &mut Outlet<'_>,
) -> Result<()> {
    let version = session.version();
    let sql: Vec<String> = tasks.iter().map(|task| copy_sql(&entries[task.entry], task)).collect();
    let mut left = tasks.iter();
    let mut next = |inlet: &Inlet| {
        left.next().map(|task| Rows::new(version, &entries[task.entry], task, inlet))
    };
    let mut rows = next(&outlet.inlet);
    let copied = session.copies_out(&sql.join(";\n"), |copied| match (copied, &mut rows) {
        (Copied::Piece(piece), Some(rows)) => rows.push(piece, outlet),
        (Copied::End(counted), Some(_)) => {
            let ended = std::mem::replace(&mut rows, next(&outlet.inlet));
            ended.map_or(Ok(()), |ended| ended.end(counted, outlet))
        }
        (_, None) => Err(Error::internal("the server sent more tables than were asked for")),
    });
    let failed = |error| match &rows {
        Some(rows) => super::hints::conflict(error).object(rows.entry.label()),
        None => error,
    };
    copied.map_err(failed)
}

fn copy_sql(entry: &Entry, task: &Task) -> String {
    let blocks = match task.part {
        Part::Blocks(blocks) => Some(blocks),
        _ => None,
    };
    ddl::data::copy_out_sql(entry, blocks)
}

/// Copies what is not one statement alone: large objects, statistics, foreign tables.
fn other(session: &mut Session, entry: &Entry, task: &Task, outlet: &mut Outlet<'_>) -> Result<()> {
    let mut rows = Rows::new(session.version(), entry, task, &outlet.inlet);
    let (format, relations) = (rows.head.format, outlet.described);
    let take = |piece: &[u8]| rows.push(piece, outlet);
    let copied = match (&task.part, &entry.large_objects, Described::of(entry)) {
        (Part::LargeObjects(oids), Some(objects), _) => {
            large_objects::copy_pages(session, objects.page_bytes, format, oids, take)
        }
        (.., Some(described)) => planner::copy(session, described, relations, take),
        _ => restrict(session, "view")
            .and_then(|()| session.copy_out(&copy_sql(entry, task), take))
            .and_then(|copied| harden(session).map(|()| copied)),
    };
    let copied = copied.map_err(super::hints::conflict).object(|| entry.label())?;
    rows.end(copied, outlet)
}

/// The rows of one task, on their way from the session to the outlet.
struct Rows<'r> {
    entry: &'r Entry,
    /// Whether other tasks bring other rows of the stream.
    partly: bool,
    head: ChunkHead,
    cutter: Cutter,
}

impl<'r> Rows<'r> {
    fn new(version: u32, entry: &'r Entry, task: &Task, inlet: &Inlet) -> Rows<'r> {
        let data = entry.data.clone().unwrap_or_default();
        let key = ChunkKey { stream: entry.id, range: task.range, sequence: 0 };
        let head = ChunkHead { key, format: data.format, ..ChunkHead::default() };
        let sum = RowSum::for_rows(version, &data);
        let cutter = Cutter::new(CHUNK_BYTES, sum).reusing(inlet.buffers());
        Rows { entry, partly: task.part != Part::Whole, head, cutter }
    }

    fn push(&mut self, piece: &[u8], outlet: &mut Outlet<'_>) -> Result<()> {
        let Rows { entry, head, cutter, .. } = self;
        cutter.push(piece, |cut, _| outlet.chunk(entry, head, cut))
    }

    /// The server's command tag counts `copied` rows.
    fn end(mut self, copied: u64, outlet: &mut Outlet<'_>) -> Result<()> {
        let label = || self.entry.label();
        if let Some(cut) = self.cutter.finish().map_err(Error::from).object(label)? {
            outlet.chunk(self.entry, &mut self.head, cut)?;
        }
        let sum = self.cutter.sum();
        if copied != sum.rows() {
            let what = format!("the server counted {copied} rows and sent {}", sum.rows());
            return Err(Error::new(Code::SourceFailed, what).object(self.entry.label()));
        }
        if self.partly {
            // Another session may end the stream as soon as this part counts as read.
            outlet.inlet.flush()?;
        }
        outlet.end_range(self.entry, sum.value());
        Ok(())
    }
}

/// Keeps a relation that is swapped for a view or a foreign table from running its owner's code
/// (CVE-2024-7348). Every session that reads rows begins so.
pub(super) fn harden(session: &mut Session) -> Result<()> {
    restrict(session, "view, foreign-table")
}

/// The setting is missing on old minor versions, where asking for it must be no error.
fn restrict(session: &mut Session, kinds: &str) -> Result<()> {
    session.execute(&format!(
        "SELECT pg_catalog.set_config(name, '{kinds}', true) \
         FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind'"
    ))
}

/// Where the rows of one session go.
pub(super) struct Outlet<'o> {
    pub(super) inlet: Inlet,
    /// The relations that statistics are about.
    pub(super) described: &'o [u32],
    pub(super) streams: &'o Streams,
    pub(super) observer: &'o dyn Observer,
}

impl Outlet<'_> {
    fn chunk(&mut self, entry: &Entry, head: &mut ChunkHead, cut: Cut) -> Result<()> {
        let Cut { raw, rows, continued } = cut;
        let (rows_so_far, bytes) = self.streams.add(entry.id, rows, raw.len())?;
        self.inlet.chunk(Chunk { head: ChunkHead { rows, continued, ..*head }, raw })?;
        head.key.sequence += 1;
        self.tell(entry, rows_so_far, bytes, false);
        Ok(())
    }

    fn end_range(&mut self, entry: &Entry, row_sum: u128) {
        let Some(end) = self.streams.end_range(entry.id, row_sum) else { return };
        self.inlet.end(entry.id, end);
        self.tell(entry, end.rows, end.raw_bytes, true);
    }

    fn tell(&self, entry: &Entry, rows: u64, bytes: u64, done: bool) {
        let table = entry.name.to_string();
        self.observer.event(&Event::Rows { table, rows, bytes, done });
    }
}
