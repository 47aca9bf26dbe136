//! Ctrl-C: one switch for a run, known to every session it opens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::cancel::CancelRequest;
use crate::error::{Code, Error, Result};

/// The switch. Clones share it.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    signal: AtomicI32,
    next: AtomicU64,
    sessions: Mutex<HashMap<u64, CancelRequest>>,
    /// The switch of the whole that this one is a part's of.
    whole: Option<Interrupt>,
}

const SIGINT: i32 = 2;

/// Between two requests to cancel.
const AGAIN: Duration = Duration::from_secs(1);

impl Interrupt {
    /// A switch nobody has thrown.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// A switch for a part of the run, which is thrown by itself or with the whole.
    #[must_use]
    pub fn part(&self) -> Interrupt {
        Interrupt(Arc::new(Shared { whole: Some(self.clone()), ..Shared::default() }))
    }

    /// Throws the switch: remembers `signal` and asks the server to cancel what every open session is
    /// doing. Blocked reads then return the server's answer, and the flow unwinds and cleans up.
    ///
    /// Returns when all sessions are closed: a request that arrives just before its statement cancels
    /// nothing, so it is repeated.
    pub fn trigger(&self, signal: i32) {
        self.0.signal.store(signal, Ordering::SeqCst);
        loop {
            let sessions = self.sessions();
            if sessions.is_empty() {
                return;
            }
            for request in sessions {
                // A session that cannot be cancelled ends when its connection closes.
                let _ = request.send();
            }
            thread::sleep(AGAIN);
        }
    }

    /// Throws the switch of a part for whose failure somebody else tells the reason; as
    /// [`Interrupt::trigger`] otherwise.
    pub fn cancel(&self) {
        self.trigger(SIGINT);
    }

    fn sessions(&self) -> Vec<CancelRequest> {
        self.0.sessions.lock().map(|open| open.values().cloned().collect()).unwrap_or_default()
    }

    /// The error of an interrupted run, once the switch is thrown.
    pub fn error(&self) -> Option<Error> {
        match self.0.signal.load(Ordering::SeqCst) {
            0 => self.0.whole.as_ref().and_then(Interrupt::error),
            SIGINT => Some(Error::new(Code::Interrupted, "interrupted")),
            _ => Some(Error::new(Code::Terminated, "terminated")),
        }
    }

    /// Fails once the switch is thrown: called between pieces of long work.
    ///
    /// # Errors
    /// [`Code::Interrupted`] or [`Code::Terminated`].
    pub fn check(&self) -> Result<()> {
        self.error().map_or(Ok(()), Err)
    }

    /// Makes a session known, so that it is cancelled too.
    pub(super) fn register(&self, request: CancelRequest) -> Registration {
        let with_whole = |whole: &Interrupt| whole.register(request.clone());
        let whole = self.0.whole.as_ref().map(|whole| Box::new(with_whole(whole)));
        let id = self.0.next.fetch_add(1, Ordering::SeqCst);
        if let Ok(mut sessions) = self.0.sessions.lock() {
            sessions.insert(id, request);
        }
        Registration { id, interrupt: self.clone(), _whole: whole }
    }
}

/// A session's place in the switch; leaves it when dropped.
pub(super) struct Registration {
    id: u64,
    interrupt: Interrupt,
    /// Its place in the switch of the whole.
    _whole: Option<Box<Registration>>,
}

impl Registration {
    /// What stops this session alone.
    pub(super) fn canceller(&self) -> Canceller {
        Canceller { id: self.id, interrupt: self.interrupt.clone() }
    }
}

/// Stops what one session is doing, from another thread.
#[derive(Clone)]
pub struct Canceller {
    id: u64,
    interrupt: Interrupt,
}

impl Canceller {
    /// Asks the server to cancel the session's statement. A request that arrives between two statements
    /// cancels nothing.
    pub fn cancel(&self) {
        let open = self.interrupt.0.sessions.lock();
        let session = open.ok().and_then(|open| open.get(&self.id).cloned());
        if let Some(request) = session {
            // A session that cannot be cancelled ends when its connection closes.
            let _ = request.send();
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Ok(mut sessions) = self.interrupt.0.sessions.lock() {
            sessions.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_thrown_with_the_whole_and_the_whole_not_with_a_part() {
        let whole = Interrupt::new();
        let (one, other) = (whole.part(), whole.part());
        one.cancel();
        assert_eq!(one.error().map(|error| error.code()), Some(Code::Interrupted));
        assert!(whole.check().is_ok() && other.check().is_ok());
        whole.trigger(15);
        assert_eq!(other.error().map(|error| error.code()), Some(Code::Terminated));
    }
}
