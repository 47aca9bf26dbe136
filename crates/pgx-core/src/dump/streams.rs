//! What the streams of a dump amount to so far, whoever copies their ranges.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::task::Task;
use crate::archive::StreamEnd;
use crate::error::{Error, Result};
use crate::toc::{Entry, EntryId};

/// The streams, shared by all sessions that copy.
pub(super) struct Streams(Mutex<State>);

struct State {
    streams: HashMap<EntryId, Stream>,
    /// A session failed: the others need not go on.
    failed: bool,
}

#[derive(Default)]
struct Stream {
    ranges_left: usize,
    end: StreamEnd,
}

impl Streams {
    /// The streams of `tasks`.
    pub(super) fn new(entries: &[Entry], tasks: &[Task]) -> Streams {
        let mut streams: HashMap<EntryId, Stream> = HashMap::new();
        for task in tasks {
            streams.entry(entries[task.entry].id).or_default().ranges_left += 1;
        }
        Streams(Mutex::new(State { streams, failed: false }))
    }

    /// Counts a chunk; the stream's rows and raw bytes so far.
    ///
    /// # Errors
    /// Another session failed; its error is the one to tell.
    pub(super) fn add(&self, id: EntryId, rows: u32, raw_bytes: usize) -> Result<(u64, u64)> {
        let mut state = self.lock();
        if state.failed {
            return Err(Error::internal("another session of the dump failed"));
        }
        let end = &mut state.streams.entry(id).or_default().end;
        end.rows += u64::from(rows);
        end.raw_bytes += raw_bytes as u64;
        end.chunks += 1;
        Ok((end.rows, end.raw_bytes))
    }

    /// Counts a range; the stream's end if it was the last.
    pub(super) fn end_range(&self, id: EntryId, row_sum: u128) -> Option<StreamEnd> {
        let mut state = self.lock();
        let stream = state.streams.entry(id).or_default();
        stream.end.row_sum = stream.end.row_sum.wrapping_add(row_sum);
        stream.ranges_left = stream.ranges_left.saturating_sub(1);
        (stream.ranges_left == 0).then_some(stream.end)
    }

    /// The end of every stream.
    pub(super) fn ends(&self) -> HashMap<EntryId, StreamEnd> {
        self.lock().streams.iter().map(|(&id, stream)| (id, stream.end)).collect()
    }

    /// Makes the other sessions stop at their next chunk.
    pub(super) fn fail(&self) {
        self.lock().failed = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
