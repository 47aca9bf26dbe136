//! Sessions that copy side by side, in the snapshot of the leader.
//!
//! The leader copies too. It holds the locks; a worker's own lock could wait behind somebody's ALTER
//! TABLE that waits for the leader, and all would wait for ever. So a worker locks without waiting, and
//! what it cannot lock it hands back to the leader, which has the lock.

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
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::Observer;
use crate::toc::{Entry, Kind};

/// Opens the sessions besides the leader's, each in its snapshot, no more than there are tasks; the
/// `second` may be open already.
///
/// # Errors
/// Codes 4xx; the server does not let the snapshot be shared.
pub(super) fn open(
    (leader, second): (&mut Session, Option<Session>),
    request: &DumpRequest,
    tasks: usize,
) -> Result<Vec<Session>> {
    let jobs = request.jobs.min(tasks);
    let mut workers = Vec::new();
    if let Some(mut session) = second.filter(Session::is_usable) {
        session.execute("SET LOCAL lock_timeout = 0")?;
        workers.push(session);
    }
    if workers.len() + 1 >= jobs {
        return Ok(workers);
    }
    let snapshot = export(leader)?;
    for _ in workers.len() + 1..jobs {
        workers.push(worker(request, &snapshot)?);
    }
    Ok(workers)
}

/// Tables from which on two sessions read the catalog faster than one: below, it takes less than a
/// tenth of a second.
const TABLES_FOR_TWO: usize = 500;

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
    if request.jobs < 2 || tables < TABLES_FOR_TWO {
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
    tasks: Vec<Task>,
    writer: Writer<W>,
) -> Result<Writer<W>> {
    let (leader, workers) = sessions;
    let queue = Queue::new(tasks);
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
            self.copy(session, &taken.task, queue, outlet)?;
        }
        Ok(())
    }

    fn work(&self, session: &mut Session, queue: &Queue, outlet: &mut Outlet<'_>) -> Result<()> {
        let mut locked = HashSet::new();
        while let Some(taken) = queue.next() {
            let at = taken.task.entry;
            let entry = &self.entries[at];
            let lock = match entry.kind {
                // No foreign table can be locked.
                Kind::TableData if entry.data.as_ref().is_some_and(|data| data.foreign) => Ok(true),
                Kind::TableData if !locked.contains(&at) => lock(session, entry),
                _ => Ok(true),
            };
            match lock {
                Ok(true) => {
                    locked.insert(at);
                    self.copy(session, &taken.task, queue, outlet)?;
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
        task: &Task,
        queue: &Queue,
        outlet: &mut Outlet<'_>,
    ) -> Result<()> {
        let entry = &self.entries[task.entry];
        if task.range == 0 {
            self.observer.detail(format!("dumping the rows of {}", entry.name));
        }
        copy::run(session, entry, task, outlet).inspect_err(|_| self.fail(queue))
    }

    fn fail(&self, queue: &Queue) {
        self.streams.fail();
        queue.close();
    }
}

/// Locks a table without waiting; false if somebody else waits for it.
fn lock(session: &mut Session, entry: &Entry) -> Result<bool> {
    let table = entry.name.sql();
    // A refusal must not end the transaction, and with it the snapshot.
    match session.execute(&format!(
        "SAVEPOINT pgx_lock; LOCK TABLE ONLY {table} IN ACCESS SHARE MODE NOWAIT; \
         RELEASE SAVEPOINT pgx_lock"
    )) {
        Ok(()) => Ok(true),
        Err(error) if error.sqlstate() == Some("55P03") => {
            session.execute("ROLLBACK TO SAVEPOINT pgx_lock; RELEASE SAVEPOINT pgx_lock")?;
            Ok(false)
        }
        Err(error) => Err(error).object(|| entry.label()),
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

/// The tasks that are left.
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    left: VecDeque<Task>,
    handed_back: Vec<Task>,
    /// Tasks that a session is about.
    running: usize,
}

/// A task that a session is about, until it is dropped.
struct Taken<'q> {
    queue: &'q Queue,
    task: Task,
}

impl Taken<'_> {
    /// Leaves the task to the leader.
    fn hand_back(self) {
        self.queue.lock().handed_back.push(self.task.clone());
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.queue.lock().running -= 1;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn new(tasks: Vec<Task>) -> Queue {
        let state = QueueState { left: tasks.into(), handed_back: Vec::new(), running: 0 };
        Queue { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn next(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        let task = state.left.pop_front()?;
        state.running += 1;
        Some(Taken { queue: self, task })
    }

    /// The leader waits for the workers: they may hand back what they have just taken.
    fn next_for_leader(&self) -> Option<Taken<'_>> {
        let mut state = self.lock();
        loop {
            let task = state.handed_back.pop().or_else(|| state.left.pop_front());
            if let Some(task) = task {
                state.running += 1;
                return Some(Taken { queue: self, task });
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
