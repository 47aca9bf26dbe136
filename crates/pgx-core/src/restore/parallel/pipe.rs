//! Tasks of an archive in a stream: its chunks are handed on as they come.
//!
//! A run of tables is what one session loads in one transaction. No more runs are open than there are
//! sessions, so each is somebody's sooner or later, and handing on a chunk can wait, but never for
//! ever. Chunks of a table all go to one run; where more tables come at once than there are sessions, a
//! run has several. Rows are not frozen: a run that waits for its next chunk would hold the lock for that,
//! and another that reads the table (to take in values of its row type, say) would hold up the stream.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::board::{Board, SMALL, TABLES_TOGETHER};
use super::task::{From, Run, Task, What};
use crate::archive::{self, PipeReader};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::restore::feed::{AHEAD, Feed, Item, Unpacking};
use crate::restore::format::Printers;
use crate::restore::large_objects::Pages;
use crate::restore::rows::Table;
use crate::restore::source::Tee;
use crate::restore::whole::Rows;
use crate::toc::EntryId;

/// Hands on what the stream brings, from a thread that is not waited for: it may be blocked by a stream
/// that gives nothing.
pub(super) fn start(
    reader: PipeReader<Tee>,
    rows: Rows,
    large_objects: Option<EntryId>,
    posts: Posts,
) {
    let board = posts.board.clone();
    board.expect_more(true);
    let of_statistics = rows.statistics.iter().map(|(id, _)| *id);
    let leaders = of_statistics.chain(large_objects.filter(|_| rows.pages.is_some())).collect();
    let tables = rows.tables.into_iter().chain(rows.statistics).collect();
    let runs = Runs { tables, leaders, pages: rows.pages, open: Vec::new(), posts };
    thread::spawn(move || {
        runs.hand_on(reader, rows.printers);
        board.expect_more(false);
    });
}

/// Who chunks are handed to.
pub(super) struct Posts {
    pub(super) board: Arc<Board>,
    /// Sessions that load tables.
    pub(super) sessions: usize,
    pub(super) interrupt: Interrupt,
}

/// The runs that chunks are handed to.
struct Runs {
    /// Tables that have not come yet.
    tables: HashMap<EntryId, Table>,
    /// Streams that only the leader can load.
    leaders: HashSet<EntryId>,
    pages: Option<Pages>,
    open: Vec<Open>,
    posts: Posts,
}

/// A run that more can come for.
struct Open {
    sender: SyncSender<Result<Option<Item>>>,
    /// Streams that have not ended.
    streams: HashSet<EntryId>,
    tables: usize,
    bytes: u64,
    leaders: bool,
}

impl Open {
    fn send(&self, item: Option<Item>) -> Result<(), Gone> {
        self.sender.send(Ok(item)).map_err(|_| Gone)
    }

    fn is_full(&self) -> bool {
        self.tables >= TABLES_TOGETHER || self.bytes >= SMALL
    }
}

/// The session at the other end has failed, and says so itself.
struct Gone;

impl Runs {
    /// Hands on everything. A failure is told before the runs end, since their end would look like one.
    fn hand_on(mut self, reader: PipeReader<Tee>, printers: Printers) {
        if let Err(error) = self.read(reader, printers) {
            self.posts.board.fail(error);
        }
    }

    fn read(&mut self, mut reader: PipeReader<Tee>, printers: Printers) -> Result<()> {
        let mut unpacking = Unpacking::new(printers)?;
        while let Some(item) = reader.next()? {
            let (stream, item) = match item {
                archive::Item::Chunk(chunk) => {
                    let stream = chunk.head.key.stream;
                    if !self.is_wanted(stream) {
                        continue;
                    }
                    (stream, Item::Chunk(unpacking.rows(&chunk)?))
                }
                archive::Item::StreamEnd(stream, _) if !self.is_wanted(stream) => continue,
                archive::Item::StreamEnd(stream, end) => (stream, Item::StreamEnd(stream, end)),
            };
            if self.send(stream, item).is_err() {
                return Ok(());
            }
        }
        if !self.tables.is_empty() || self.pages.is_some() {
            let what = "the archive lists rows that it does not hold";
            return Err(Error::new(Code::ArchiveDamaged, what));
        }
        // Whoever has failed meanwhile says so.
        while let Some(run) = self.open.pop() {
            let _ = run.sender.send(Ok(None));
        }
        Ok(())
    }

    fn is_wanted(&self, stream: EntryId) -> bool {
        self.tables.contains_key(&stream)
            || self.leaders.contains(&stream)
            || self.open.iter().any(|run| run.streams.contains(&stream))
    }

    fn send(&mut self, stream: EntryId, item: Item) -> Result<(), Gone> {
        let at = match self.open.iter().position(|run| run.streams.contains(&stream)) {
            Some(at) => at,
            None => self.begin(stream)?,
        };
        let run = &mut self.open[at];
        if let Item::Chunk(chunk) = &item {
            run.bytes += chunk.raw.len() as u64;
        }
        let ends = matches!(item, Item::StreamEnd(..));
        run.send(Some(item))?;
        if ends {
            run.streams.remove(&stream);
        }
        if !run.leaders && run.streams.is_empty() && run.is_full() {
            return self.open.swap_remove(at).send(None);
        }
        Ok(())
    }

    /// Gives a stream to a run.
    fn begin(&mut self, stream: EntryId) -> Result<usize, Gone> {
        let at = self.run_for(self.leaders.contains(&stream));
        let run = &mut self.open[at];
        run.streams.insert(stream);
        run.tables += 1;
        if let Some(table) = self.tables.remove(&stream) {
            run.send(Some(Item::Begin(stream, Box::new(table.unfrozen()))))?;
        }
        Ok(at)
    }

    /// A new run while there are sessions for one; then the one with the least to do.
    fn run_for(&mut self, leaders: bool) -> usize {
        let enough = if leaders { 1 } else { self.posts.sessions };
        let open = self.open.iter().enumerate().filter(|(_, run)| run.leaders == leaders);
        if open.clone().count() < enough {
            return self.open_run(leaders);
        }
        let least = open.min_by_key(|(_, run)| (run.is_full(), run.streams.len(), run.bytes));
        least.map_or(0, |(at, _)| at)
    }

    fn open_run(&mut self, leaders: bool) -> usize {
        let (sender, receiver) = sync_channel(AHEAD);
        let feed = Feed::of(receiver, self.posts.interrupt.clone());
        let pages = self.pages.take_if(|_| leaders);
        let run = Run { rows: From::Pipe(feed), tables: HashMap::new(), pages };
        let what = What::Rows(Box::new(run));
        // The stream waits for them, and nothing else does.
        self.posts.board.add(Task { what, weight: u64::MAX, claim: None, leaders });
        self.open.push(Open { sender, streams: HashSet::new(), tables: 0, bytes: 0, leaders });
        self.open.len() - 1
    }
}
