//! One COPY into the pipeline.

use super::pipeline::Inlet;
use super::streams::Streams;
use super::task::Task;
use crate::archive::{ChunkHead, ChunkKey};
use crate::catalog::{large_objects, planner};
use crate::chunk::Chunk;
use crate::connect::Session;
use crate::ddl;
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Event, Observer};
use crate::rows::{CHUNK_BYTES, Cut, Cutter, RowSum};
use crate::toc::{Described, Entry};

/// Copies the rows that a task is about, and ends their stream if they are its last.
///
/// # Errors
/// The server's, with the table's name; a row count that differs from the server's command tag.
pub(super) fn run(
    session: &mut Session,
    entry: &Entry,
    task: &Task,
    outlet: &mut Outlet<'_>,
) -> Result<()> {
    let Some(data) = &entry.data else {
        return Err(Error::internal("rows of an entry that has none"));
    };
    let key = ChunkKey { stream: entry.id, range: task.range, sequence: 0 };
    let mut head = ChunkHead { key, format: data.format, ..ChunkHead::default() };
    let sum = RowSum::for_rows(session.version(), data);
    let mut cutter = Cutter::new(CHUNK_BYTES, sum).reusing(outlet.inlet.buffers());
    let relations = outlet.described;
    let take = |piece: &[u8]| cutter.push(piece, |cut, _| outlet.chunk(entry, &mut head, cut));
    let copied = match (&entry.large_objects, Described::of(entry)) {
        (Some(objects), _) => {
            large_objects::copy_pages(session, objects.page_bytes, data.format, take)
        }
        (None, Some(described)) => planner::copy(session, described, relations, take),
        (None, None) if data.foreign => {
            restrict(session, "view")?;
            let copied = session.copy_out(&ddl::data::copy_out_sql(entry, task.blocks), take);
            copied.and_then(|rows| harden(session).map(|()| rows))
        }
        (None, None) => session.copy_out(&ddl::data::copy_out_sql(entry, task.blocks), take),
    };
    let copied = copied.map_err(super::hints::conflict).object(|| entry.label())?;
    if let Some(cut) = cutter.finish().map_err(Error::from).object(|| entry.label())? {
        outlet.chunk(entry, &mut head, cut)?;
    }
    let sum = cutter.sum();
    if copied != sum.rows() {
        let what = format!("the server counted {copied} rows and sent {}", sum.rows());
        return Err(Error::new(Code::SourceFailed, what).object(entry.label()));
    }
    outlet.end_range(entry, sum.value())
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

    fn end_range(&mut self, entry: &Entry, row_sum: u128) -> Result<()> {
        let Some(end) = self.streams.end_range(entry.id, row_sum) else { return Ok(()) };
        self.inlet.end(entry.id, end)?;
        self.tell(entry, end.rows, end.raw_bytes, true);
        Ok(())
    }

    fn tell(&self, entry: &Entry, rows: u64, bytes: u64, done: bool) {
        let table = entry.name.to_string();
        self.observer.event(&Event::Rows { table, rows, bytes, done });
    }
}
