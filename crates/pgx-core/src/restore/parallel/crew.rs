//! The sessions of a restore, and what stops them.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::worker::{Shared, Worker};
use crate::connect::{Canceller, Config, Session};
use crate::error::{Error, Result};
use crate::restore::journal;
use crate::restore::memory;
use crate::restore::report::RestoreReport;
use crate::restore::session;
use crate::restore::work::Work;

/// Between two looks at whether somebody failed.
const LOOK: Duration = Duration::from_millis(200);

/// Sessions beside the leader's.
pub(super) struct Crew {
    workers: Vec<Session>,
}

impl Crew {
    /// Opens as many sessions as the request has jobs, or as the server lets in; one at least.
    ///
    /// # Errors
    /// Codes 4xx.
    pub(super) fn gather(
        work: &Work<'_>,
        config: &Config,
        encoding: &str,
        journaled: bool,
    ) -> Result<Crew> {
        let open = || worker(work, config, encoding, journaled);
        let mut workers = vec![open()?];
        while workers.len() < work.request.jobs {
            match open() {
                Ok(session) => workers.push(session),
                Err(error) if error.is_no_room() => {
                    let count = workers.len();
                    work.observer.detail(format!("no more than {count} jobs: {error}"));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Crew { workers })
    }

    /// How many they are.
    pub(super) fn size(&self) -> usize {
        self.workers.len()
    }

    /// Does all that hangs on the board.
    ///
    /// # Errors
    /// The first failure of any session; the others have been stopped.
    pub(super) fn run(
        &mut self,
        leader: &mut Session,
        shared: &Shared<'_>,
    ) -> Result<RestoreReport> {
        let all = self.workers.iter().chain([&*leader]);
        let cancellers: Vec<Canceller> = all.map(Session::canceller).collect();
        let (alive, gone) = channel::<()>();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let mut running = Vec::new();
            let workers = self.workers.iter_mut().map(|session| (session, false));
            for (session, leads) in workers.chain([(leader, true)]) {
                let alive = alive.clone();
                running.push(scope.spawn(move || {
                    let _alive = alive;
                    Worker::new(session, shared, leads).run()
                }));
            }
            drop(alive);
            while gone.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if shared.board.stopped.load(Ordering::SeqCst) {
                    cancellers.iter().for_each(Canceller::cancel);
                }
            }
            running.into_iter().map(|worker| worker.join()).collect()
        });
        if let Some(error) = shared.board.take_error() {
            return Err(error);
        }
        let mut done = RestoreReport::default();
        for outcome in outcomes {
            let one = outcome.map_err(|_| Error::internal("a session's thread panicked"))?;
            done.add(one);
        }
        Ok(done)
    }
}

/// What is lost when the server fails is less than what a restore that has not ended is worth; what it
/// commits at the end makes all before it safe.
fn worker(work: &Work<'_>, config: &Config, encoding: &str, journaled: bool) -> Result<Session> {
    let mut session = session::open(config, encoding)?;
    if journaled {
        journal::share(&mut session)?;
    }
    session.execute("SET synchronous_commit = off")?;
    memory::give(&mut session, work.request)?;
    Ok(session)
}
