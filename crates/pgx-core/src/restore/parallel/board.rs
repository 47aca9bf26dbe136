//! The board where tasks hang, and what they wait for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::parts::{Make, Piece, Weights};
use super::task::{Claim, Statement, Task, What};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::restore::plan::Step;
use crate::restore::rows::Table;
use crate::toc::{EntryId, Ref};

/// Tables with fewer bytes share a transaction with others …
pub(super) const SMALL: u64 = 4 << 20;
/// … of so many tables together …
pub(super) const TABLES_TOGETHER: usize = 50;
/// … or so many definitions: few enough for any lock table.
const STEPS_TOGETHER: usize = 100;

/// How long Ctrl-C may go unnoticed by who has nothing to do.
const LOOK: Duration = Duration::from_millis(100);

/// Tasks for all sessions.
pub(super) struct Board {
    state: Mutex<State>,
    changed: Condvar,
    /// Set by the first failure; those who wait for rows see it too.
    pub(super) stopped: Arc<AtomicBool>,
    weights: Weights,
}

#[derive(Default)]
struct State {
    /// The largest last.
    ready: Vec<Task>,
    /// Where the rows of streams go, and how many streams are still to come there.
    places: HashMap<EntryId, Ref>,
    left: HashMap<Ref, usize>,
    /// Definitions that wait for the rows of a place.
    waiting: HashMap<Ref, Vec<Piece>>,
    claims: HashMap<Ref, Claimed>,
    /// Tasks that a session is about.
    running: usize,
    /// More tasks will come.
    coming: bool,
    error: Option<Error>,
}

/// Who is about a table.
#[derive(Clone, Copy, Default)]
struct Claimed {
    sharing: usize,
    alone: bool,
}

/// A task that a session is about, until it is dropped.
pub(super) struct Taken<'b> {
    board: &'b Board,
    pub(super) task: Option<What>,
    claim: Option<Claim>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.board.lock();
        state.running -= 1;
        state.leave(self.claim.as_ref());
        self.board.changed.notify_all();
    }
}

impl Board {
    /// A board with definitions that wait for the rows of `tables`.
    pub(super) fn new(
        pieces: Vec<Piece>,
        tables: &HashMap<EntryId, Table>,
        weights: Weights,
    ) -> Board {
        let mut state = State::default();
        for (&stream, table) in tables {
            *state.left.entry(table.into.clone()).or_default() += 1;
            state.places.insert(stream, table.into.clone());
        }
        let mut free = Vec::new();
        for piece in pieces {
            match state.left.contains_key(&piece.place) {
                true => state.waiting.entry(piece.place.clone()).or_default().push(piece),
                false => free.push(piece),
            }
        }
        let board = Board::with(state, weights);
        board.lock().define(free, &board.weights);
        board
    }

    /// A board with foreign keys to be checked: those of a table by one session, since they lock it
    /// against each other.
    pub(super) fn of_checks(keys: Vec<Statement>, weights: &Weights) -> Board {
        let mut by_table: HashMap<Ref, Vec<Statement>> = HashMap::new();
        for key in keys {
            by_table.entry(key.table.clone()).or_default().push(key);
        }
        let mut state = State::default();
        let mut together = Vec::new();
        for (table, keys) in by_table {
            let weight = weights.get(&table).copied().unwrap_or_default();
            if weight >= SMALL {
                state.add(task(What::Run(keys), weight, None));
                continue;
            }
            together.extend(keys);
            if together.len() >= STEPS_TOGETHER {
                state.add(task(What::Run(std::mem::take(&mut together)), SMALL, None));
            }
        }
        if !together.is_empty() {
            state.add(task(What::Run(together), 0, None));
        }
        Board::with(state, Weights::new())
    }

    fn with(state: State, weights: Weights) -> Board {
        let (state, changed, stopped) = (Mutex::new(state), Condvar::new(), Arc::default());
        Board { state, changed, stopped, weights }
    }

    /// Bytes of a table's rows, by an estimate.
    pub(super) fn weight(&self, table: &Ref) -> u64 {
        self.weights.get(table).copied().unwrap_or_default()
    }

    /// The rows of a stream come in so many parts, each of which lands by itself.
    pub(super) fn split(&self, stream: EntryId, parts: usize) {
        let mut state = self.lock();
        let place = state.places.get(&stream).cloned().unwrap_or_default();
        *state.left.entry(place).or_default() += parts.saturating_sub(1);
    }

    /// Hangs up a task.
    pub(super) fn add(&self, task: Task) {
        self.lock().add(task);
        self.changed.notify_all();
    }

    /// Says whether more tasks will be added.
    pub(super) fn expect_more(&self, coming: bool) {
        self.lock().coming = coming;
        self.changed.notify_all();
    }

    /// The next task for a worker, or for the leader; none when all is done, or something failed.
    ///
    /// # Errors
    /// An interrupt.
    pub(super) fn next(&self, leader: bool, interrupt: &Interrupt) -> Result<Option<Taken<'_>>> {
        let mut state = self.lock();
        loop {
            interrupt.check()?;
            if state.error.is_some() {
                return Ok(None);
            }
            if let Some(task) = state.take(leader) {
                let claim = task.claim;
                return Ok(Some(Taken { board: self, task: Some(task.what), claim }));
            }
            if state.ready.is_empty() && state.running == 0 && !state.coming {
                return Ok(None);
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The rows of these streams are committed: what waits for them can begin.
    pub(super) fn land<'s>(&self, streams: impl Iterator<Item = &'s EntryId>) {
        let mut state = self.lock();
        let mut pieces = Vec::new();
        for stream in streams {
            let Some(place) = state.places.get(stream).cloned() else { continue };
            let left = state.left.entry(place.clone()).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                pieces.extend(state.waiting.remove(&place).unwrap_or_default());
            }
        }
        state.define(pieces, &self.weights);
        self.changed.notify_all();
    }

    /// The first failure stops everybody.
    pub(super) fn fail(&self, error: Error) {
        let mut state = self.lock();
        // Who was stopped by another's failure may tell of it first, as of a bug.
        let is_effect = |error: &Error| error.code() == Code::Internal;
        if state.error.as_ref().is_none_or(is_effect) {
            state.error = Some(error);
        }
        drop(state);
        self.stopped.store(true, Ordering::SeqCst);
        self.changed.notify_all();
    }

    /// The first failure, if there was one.
    pub(super) fn take_error(&self) -> Option<Error> {
        self.lock().error.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn task(what: What, weight: u64, claim: Option<Claim>) -> Task {
    Task { what, weight, claim, leaders: false }
}

impl State {
    fn add(&mut self, task: Task) {
        let at = self.ready.partition_point(|other| other.weight < task.weight);
        self.ready.insert(at, task);
    }

    /// Takes the largest task whose table is free.
    fn take(&mut self, leader: bool) -> Option<Task> {
        let fits = |task: &Task| task.leaders == leader && self.is_free(task.claim.as_ref());
        let at = self.ready.iter().rposition(fits)?;
        let task = self.ready.remove(at);
        if let Some(claim) = &task.claim {
            let claimed = self.claims.entry(claim.table.clone()).or_default();
            claimed.sharing += 1;
            claimed.alone = claim.alone;
        }
        self.running += 1;
        Some(task)
    }

    fn is_free(&self, claim: Option<&Claim>) -> bool {
        let Some(claim) = claim else { return true };
        let claimed = self.claims.get(&claim.table).copied().unwrap_or_default();
        claimed.sharing == 0 || !claimed.alone && !claim.alone
    }

    fn leave(&mut self, claim: Option<&Claim>) {
        let Some(claimed) = claim.and_then(|claim| self.claims.get_mut(&claim.table)) else {
            return;
        };
        claimed.sharing -= 1;
        claimed.alone = false;
    }

    /// Hangs up definitions: of large tables each by itself, of small ones many together.
    fn define(&mut self, mut pieces: Vec<Piece>, weights: &Weights) {
        pieces.sort_by(|a, b| a.claim.table.cmp(&b.claim.table));
        let mut together: Vec<Step> = Vec::new();
        let mut last: Option<Ref> = None;
        for piece in pieces {
            let weight = weights.get(&piece.claim.table).copied().unwrap_or_default();
            match piece.what {
                Make::Index(index) => {
                    self.add(task(What::Run(vec![index]), weight, Some(piece.claim)));
                }
                Make::Step(step) if weight >= SMALL => {
                    self.add(task(What::Define(vec![step]), weight, Some(piece.claim)));
                }
                Make::Step(step) => {
                    // All of a table goes together, so that nobody else can be about it.
                    let another = last.as_ref() != Some(&piece.claim.table);
                    if another && together.len() >= STEPS_TOGETHER {
                        let full = std::mem::take(&mut together);
                        self.add(task(What::Define(full), SMALL, None));
                    }
                    last = Some(piece.claim.table);
                    together.push(step);
                }
            }
        }
        if !together.is_empty() {
            self.add(task(What::Define(together), 0, None));
        }
    }
}
