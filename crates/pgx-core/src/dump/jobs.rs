//! Sessions that copy side by side, in the snapshot of the leader.
//!
//! The leader copies too. It holds the locks; a worker's own lock could wait behind somebody's ALTER
//! TABLE that waits for the leader, and all would wait for ever. So a worker locks without waiting, and
//! what it cannot lock it hands back to the leader, which has the lock. Small tables are locked and
//! copied in batches.

use std::collections::{HashSet, VecDeque};
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::copy::{self, Outlet};
use super::pipeline::Pipeline;
use super::request::DumpRequest;
use super::streams::Streams;
use super::task::Task;
use crate::archive::Writer;
use crate::connect::{Session, pinned_settings};
use crate::error::{Code, Error, Result};
use crate::event::Observer;
use crate::toc::{Entry, Kind};

/// Rows from which on a second session saves more than it costs, in bytes.
const BYTES_FOR_TWO: u64 = 32 << 20;

/// Tables from which on two sessions read the catalog faster than one: below, it takes less than a
/// tenth of a second.
const TABLES_FOR_TWO: usize = 500;

/// How many sessions are wanted for the rows of these entries.
pub(super) fn count(request: &DumpRequest, entries: &[Entry]) -> usize {
    let with_rows = || entries.iter().filter_map(|entry| entry.data.as_ref());
    let bytes = || with_rows().map(|data| data.bytes_estimate).sum::<u64>();
    request.jobs.unwrap_or_else(|| {
        let pays = with_rows().count() >= TABLES_FOR_TWO || bytes() >= BYTES_FOR_TWO;
        if pays { 2 } else { 1 }
    })
}

/// Opens the sessions besides the leader's, each in its snapshot, so that they are `jobs`, or as many as
/// the server lets in; the `second` may be open already.
///
/// # Errors
/// Codes 4xx; the server does not let the snapshot be shared.
pub(super) fn open(
    (leader, second): (&mut Session, Option<Session>),
    request: &DumpRequest,
    jobs: usize,
    observer: &dyn Observer,
) -> Result<Vec<Session>> {
    let mut workers = Vec::new();
    if let Some(mut session) = second.filter(Session::is_usable) {
        session.execute("SET LOCAL lock_timeout = 0")?;
        workers.push(session);
    }
    if workers.len() + 1 >= jobs {
        return Ok(workers);
    }
    let snapshot = export(leader)?;
    while workers.len() + 1 < jobs {
        match worker(request, &snapshot) {
            Ok(session) => workers.push(session),
            // Nobody has asked for more than one.
            Err(error) if request.jobs.is_none() || error.is_no_room() => {
                let count = workers.len() + 1;
                observer.detail(format!("no more than {count} jobs: {error}"));
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(workers)
}

/// A session that reads a half of a large catalog; none where one is enough, or no other is to be had.
/// It waits for no lock for long: whoever holds it may wait for the leader.
///
/// # Errors
/// The server does not let the snapshot be shared.
pub(super) fn second(
    leader: &mut Session,
    request: &DumpRequest,
    tables: usize,
) -> Result<Option<Session>> {
    if request.jobs == Some(1) || tables < TABLES_FOR_TWO {
        return Ok(None);
    }
    let settings = "SET LOCAL work_mem = '64MB'; SET LOCAL lock_timeout = '1s'";
    let snapshot = export(leader)?;
    let second = worker(request, &snapshot);
    Ok(second.and_then(|mut session| session.execute(settings).map(|()| session)).ok())
}

fn export(leader: &mut Session) -> Result<String> {
    leader
        .query_one("SELECT pg_catalog.pg_export_snapshot() AS snapshot")
        .and_then(|row| row.text("snapshot"))
}

fn worker(request: &DumpRequest, snapshot: &str) -> Result<Session> {
    let mut session = Session::open(&request.config)?;
    let pins = pinned_settings(session.major());
    let snapshot = crate::connect::quote::literal(snapshot);
    session.execute(&format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{pins}; \
         SET TRANSACTION SNAPSHOT {snapshot}"
    ))?;
    copy::harden(&mut session)?;
    Ok(session)
}

/// Copies all rows and gives the writer back.
///
/// # Errors
/// The first failure of any session, or of the output.
pub(super) fn copy_rows<W: Write + Send>(
    sessions: (&mut Session, Vec<Session>),
    job: &Job<'_>,
    batches: Vec<Vec<Task>>,
    writer: Writer<W>,
) -> Result<Writer<W>> {
    let (leader, workers) = sessions;
    let queue = Queue::new(batches);
    std::thread::scope(|scope| {
        let readers = workers.len() + 1;
        let pipeline = Pipeline::start(scope, writer, job.request.codec, readers)?;
        let outlet = || Outlet {
            inlet: pipeline.inlet(),
            described: job.described,
            streams: job.streams,
            observer: job.observer,
        };
        let mut running = Vec::new();
        for mut session in workers {
            let (queue, mut outlet) = (&queue, outlet());
            running.push(scope.spawn(move || job.work(&mut session, queue, &mut outlet)));
        }
        let led = job.lead(leader, &queue, &mut outlet());
        let worked = running.into_iter().map(|worker| {
            worker.join().unwrap_or_else(|_| Err(Error::internal("a session's thread panicked")))
        });
        let outcomes: Vec<Result<()>> = std::iter::once(led).chain(worked).collect();
        first_cause(outcomes, pipeline.finish())
    })
}

/// What all sessions share.
pub(super) struct Job<'j> {
    pub(super) request: &'j DumpRequest,
    pub(super) entries: &'j [Entry],
    pub(super) described: &'j [u32],
    pub(super) streams: &'j Streams,
    pub(super) observer: &'j dyn Observer,
}

impl Job<'_> {
    /// The leader copies what comes, and what workers hand back.
    fn lead(&self, session: &mut Session, queue: &Queue, outlet: &mut Outlet<'_>) -> Result<()> {
        while let Some(taken) = queue.next_for_leader() {
            self.copy(session, &taken.batch, queue, outlet)?;
        }
        Ok(())
    }

    fn work(&self, session: &mut Session, queue: &Queue, outlet: &mut Outlet<'_>) -> Result<()> {
        let mut locked = HashSet::new();
        while let Some(taken) = queue.next() {
            let tables = taken.batch.iter().map(|task| task.entry);
            let new = tables.filter(|&at| !locked.contains(&at) && lockable(&self.entries[at]));
            let new: Vec<usize> = new.collect();
            match lock(session, new.iter().map(|&at| &self.entries[at])) {
                Ok(true) => {
                    locked.extend(new);
                    self.copy(session, &taken.batch, queue, outlet)?;
                }
                Ok(false) => taken.hand_back(),
                Err(error) => {
                    self.fail(queue);
                    return Err(error);
                }
            }
        }
        session.execute("COMMIT").map_err(super::hints::conflict).inspect_err(|_| self.fail(queue))
    }

    fn copy(
        &self,
        session: &mut Session,
        batch: &[Task],
        queue: &Queue,
        outlet: &mut Outlet<'_>,
    ) -> Result<()> {
        for task in batch.iter().filter(|task| task.range == 0) {
            let name = &self.entries[task.entry].name;
            self.observer.detail(format!("dumping the rows of {name}"));
        }
        copy::run(session, self.entries, batch, outlet).inspect_err(|_| self.fail(queue))
    }

    fn fail(&self, queue: &Queue) {
        self.streams.fail();
        queue.close();
    }
}

/// No foreign table can be locked.
fn lockable(entry: &Entry) -> bool {
    let local = entry.data.as_ref().is_some_and(|data| !data.foreign);
    entry.kind == Kind::TableData && local
}

/// Locks tables without waiting; false if somebody else waits for one of them.
fn lock<'e>(session: &mut Session, tables: impl Iterator<Item = &'e Entry>) -> Result<bool> {
    let tables: Vec<String> = tables.map(|entry| format!("ONLY {}", entry.name.sql())).collect();
    if tables.is_empty() {
        return Ok(true);
    }
    // A refusal must not end the transaction, and with it the snapshot.
    match session.execute(&format!(
        "SAVEPOINT pgx_lock; LOCK TABLE {} IN ACCESS SHARE MODE NOWAIT; \
         RELEASE SAVEPOINT pgx_lock",
        tables.join(", ")
    )) {
        Ok(()) => Ok(true),
        Err(error) if error.sqlstate() == Some("55P03") => {
            session.execute("ROLLBACK TO SAVEPOINT pgx_lock; RELEASE SAVEPOINT pgx_lock")?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// What went wrong first: a closed output and a stopped session show as internal errors of those who
/// met them, and the cause is another's.
fn first_cause<T>(outcomes: Vec<Result<()>>, finished: Result<T>) -> Result<T> {
    let mut errors: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
    errors.sort_by_key(|error| error.code() == Code::Internal);
    match (errors.into_iter().next(), finished) {
        (Some(error), Err(output)) if error.code() == Code::Internal => Err(output),
        (Some(error), _) => Err(error),
        (None, finished) => finished,
    }
}

/// The batches of tasks that are left.
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    left: VecDeque<Vec<Task>>,
    handed_back: Vec<Vec<Task>>,
    /// Batches that a session is about.
    running: usize,
}

/// A batch that a session is about, until it is dropped.
struct Taken<'q> {
    queue: &'q Queue,
    batch: Vec<Task>,
}

impl Taken<'_> {
    /// Leaves the batch to the leader.
    fn hand_back(mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.queue.lock().handed_back.push(batch);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.queue.lock().running -= 1;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn new(batches: Vec<Vec<Task>>) -> Queue {
        let state = QueueState { left: batches.into(), handed_back: Vec::new(), running: 0 };
        Queue { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn next(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        let batch = state.left.pop_front()?;
        state.running += 1;
        Some(Taken { queue: self, batch })
    }

    /// The leader waits for the workers: they may hand back what they have just taken.
    fn next_for_leader(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        loop {
            let batch = state.handed_back.pop().or_else(|| state.left.pop_front());
            if let Some(batch) = batch {
                state.running += 1;
                return Some(Taken { queue: self, batch });
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing more is given out.
    fn close(&self) {
        let mut state = self.lock();
        state.left.clear();
        state.handed_back.clear();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
