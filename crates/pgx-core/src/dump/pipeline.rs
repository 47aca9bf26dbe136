//! From rows to frames: compression beside reading, one writer behind.
//!
//! The reader cuts rows into chunks and hands them to workers, which compress; frames go to one
//! appender that puts them back into order and writes. Every queue is bounded, so a slow output slows
//! the reader down instead of filling memory: at most
//! `QUEUE + 2 × workers` chunks and as many frames are in flight.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use crate::archive::{ChunkKey, Codec, EncodedFrame, StreamEnd, Writer, encode_chunk};
use crate::error::{Error, Result};
use crate::rows::Cut;
use crate::toc::EntryId;

/// Chunks that wait for a worker.
const QUEUE: usize = 2;

/// More workers than this do not pay for one connection: a worker compresses faster than one backend
/// produces rows.
const WORKERS_MAX: usize = 4;

/// The entrance of the pipeline.
pub(super) struct Pipeline<'scope, W: Write> {
    chunks: SyncSender<(u64, Work)>,
    next: u64,
    appender: std::thread::ScopedJoinHandle<'scope, Result<Writer<W>>>,
}

enum Work {
    Chunk { key: ChunkKey, cut: Cut },
    End(EntryId, StreamEnd),
}

enum Done {
    Frame(Result<EncodedFrame>),
    End(EntryId, StreamEnd),
}

impl<'scope, W: Write + Send + 'scope> Pipeline<'scope, W> {
    /// Starts workers and the appender in front of `writer`.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        writer: Writer<W>,
        codec: Codec,
    ) -> Pipeline<'scope, W> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        let (chunks, work) = sync_channel(QUEUE);
        let (results, done) = sync_channel(workers);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..workers {
            let (work, results) = (work.clone(), results.clone());
            scope.spawn(move || compress(&work, &results, codec));
        }
        let appender = scope.spawn(move || append(writer, &done));
        Pipeline { chunks, next: 0, appender }
    }

    /// Hands a chunk to the workers; waits while too many are in flight.
    pub(super) fn chunk(&mut self, key: ChunkKey, cut: Cut) -> Result<()> {
        self.send(Work::Chunk { key, cut })
    }

    /// Ends a stream.
    pub(super) fn end(&mut self, stream: EntryId, end: StreamEnd) -> Result<()> {
        self.send(Work::End(stream, end))
    }

    /// Waits until all is written and gives the writer back.
    ///
    /// # Errors
    /// The first failure of a worker or of the output.
    pub(super) fn finish(self) -> Result<Writer<W>> {
        drop(self.chunks);
        self.appender.join().unwrap_or_else(|_| Err(Error::internal("the appender panicked")))
    }

    fn send(&mut self, work: Work) -> Result<()> {
        let number = self.next;
        self.next += 1;
        // The appender hangs up when it fails; `finish` tells why.
        self.chunks.send((number, work)).map_err(|_| Error::internal("the output is closed"))
    }
}

fn compress(work: &Mutex<Receiver<(u64, Work)>>, results: &SyncSender<(u64, Done)>, codec: Codec) {
    loop {
        let next = match work.lock() {
            Ok(work) => work.recv(),
            Err(_) => return,
        };
        let Ok((number, work)) = next else { return };
        let done = match work {
            Work::Chunk { key, cut } => {
                Done::Frame(encode_chunk(key, cut.rows, cut.continued, &cut.raw, codec))
            }
            Work::End(stream, end) => Done::End(stream, end),
        };
        if results.send((number, done)).is_err() {
            return;
        }
    }
}

/// Writes what comes in by number: workers finish in any order, a file is the same every time.
fn append<W: Write>(mut writer: Writer<W>, done: &Receiver<(u64, Done)>) -> Result<Writer<W>> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, item) in done {
        early.insert(number, item);
        while let Some(item) = early.remove(&next) {
            next += 1;
            match item {
                Done::Frame(frame) => writer.append(frame?)?,
                Done::End(stream, end) => writer.end_stream(stream, end)?,
            }
        }
    }
    Ok(writer)
}
