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
}

const SIGINT: i32 = 2;

/// Between two requests to cancel.
const AGAIN: Duration = Duration::from_secs(1);

impl Interrupt {
    /// A switch nobody has thrown.
    pub fn new() -> Interrupt {
        Interrupt::default()
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

    fn sessions(&self) -> Vec<CancelRequest> {
        self.0.sessions.lock().map(|open| open.values().cloned().collect()).unwrap_or_default()
    }

    /// The error of an interrupted run, once the switch is thrown.
    pub fn error(&self) -> Option<Error> {
        match self.0.signal.load(Ordering::SeqCst) {
            0 => None,
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
        let id = self.0.next.fetch_add(1, Ordering::SeqCst);
        if let Ok(mut sessions) = self.0.sessions.lock() {
            sessions.insert(id, request);
        }
        Registration { id, interrupt: self.clone() }
    }
}

/// A session's place in the switch; leaves it when dropped.
pub(super) struct Registration {
    id: u64,
    interrupt: Interrupt,
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Ok(mut sessions) = self.interrupt.0.sessions.lock() {
            sessions.remove(&self.id);
        }
    }
}
