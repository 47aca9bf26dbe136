//! Chunks on their way to the server: read, checked and decompressed beside the sending.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::format::Printers;
use super::rows::Table;
use super::source::Reader;
use crate::archive::{self, ChunkHead, FileReader, PipeReader, StoredChunk, StreamEnd};
use crate::chunk::{Chunk, Unpacker};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::toc::{EntryId, RowFormat};

/// Chunks that wait to be sent.
pub(super) const AHEAD: usize = 2;

/// How long Ctrl-C may go unnoticed while a stream gives nothing.
const LOOK: Duration = Duration::from_millis(100);

/// A step of loading.
pub(super) enum Item {
    /// Rows of this table will come.
    Begin(EntryId, Box<Table>),
    /// Rows.
    Chunk(Chunk),
    /// A stream is complete.
    StreamEnd(EntryId, StreamEnd),
}

/// Rows in the order in which they are loaded; from a stream, in the order in which they come.
pub(super) struct Feed {
    receiver: Receiver<Result<Option<Item>>>,
    interrupt: Interrupt,
    /// Set when nothing more is wanted.
    stopped: Arc<AtomicBool>,
}

impl Feed {
    /// Reads the rows of `streams`. A stream is read to its end in any case, since only then is the
    /// archive known to be complete; of what is not among `streams` only the end comes too.
    ///
    /// The reading thread is not waited for: it may be blocked by a stream that gives nothing, and
    /// it ends with the first chunk that nobody takes.
    pub(super) fn start(
        reader: Reader,
        streams: Vec<EntryId>,
        printers: Printers,
        interrupt: &Interrupt,
    ) -> Feed {
        let (sender, receiver) = sync_channel(AHEAD);
        thread::spawn(move || {
            let outcome = match reader {
                Reader::File(reader) => from_file(&reader, &streams, printers, &sender),
                Reader::Pipe(reader) => from_pipe(*reader, &streams, printers, &sender),
            };
            // Nobody listens any more when the restore has failed.
            let _ = sender.send(outcome.map(|()| None));
        });
        Feed::of(receiver, interrupt.clone())
    }

    /// Reads the rows of some ranges of a stream, and gives their number for its end.
    pub(super) fn of_ranges(
        reader: Arc<FileReader>,
        stream: EntryId,
        ranges: Range<u32>,
        interrupt: &Interrupt,
    ) -> Feed {
        let (sender, receiver) = sync_channel(AHEAD);
        thread::spawn(move || {
            let outcome = ranges_from_file(&reader, stream, ranges, &sender);
            let _ = sender.send(outcome.map(|()| None));
        });
        Feed::of(receiver, interrupt.clone())
    }

    /// Rows that somebody else reads.
    pub(super) fn of(receiver: Receiver<Result<Option<Item>>>, interrupt: Interrupt) -> Feed {
        Feed { receiver, interrupt, stopped: Arc::default() }
    }

    /// The same feed, which fails once `stopped` is set.
    pub(super) fn stopped_by(self, stopped: Arc<AtomicBool>) -> Feed {
        Feed { stopped, ..self }
    }

    /// The next chunk or end of a stream; none when the archive has been read and verified to its
    /// end.
    ///
    /// # Errors
    /// Codes 7xx; an interrupt.
    pub(super) fn next(&mut self) -> Result<Option<Item>> {
        loop {
            self.interrupt.check()?;
            if self.stopped.load(Ordering::SeqCst) {
                return Err(Error::internal("the restore has stopped"));
            }
            match self.receiver.recv_timeout(LOOK) {
                Ok(item) => return item,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::internal("the thread that reads the archive ended early"));
                }
            }
        }
    }
}

/// From what is stored to what the server takes.
pub(super) struct Unpacking {
    unpacker: Unpacker,
    printers: Printers,
}

impl Unpacking {
    pub(super) fn new(printers: Printers) -> Result<Unpacking> {
        Ok(Unpacking { unpacker: Unpacker::new()?, printers })
    }

    /// The rows as they are sent.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`].
    pub(super) fn rows(&mut self, stored: &StoredChunk) -> Result<Chunk> {
        let chunk = self.unpacker.unpack(stored)?;
        let Some(printer) = self.printers.get_mut(&chunk.head.key.stream) else {
            return Ok(chunk);
        };
        let mut text = Vec::with_capacity(chunk.raw.len());
        let printed = printer.push(&chunk.raw, &mut text);
        printed.map_err(|malformed| stored.damaged(malformed.to_string()))?;
        Ok(Chunk { head: ChunkHead { format: RowFormat::Text, ..chunk.head }, raw: text })
    }
}

pub(super) type Sender = SyncSender<Result<Option<Item>>>;

fn from_file(
    reader: &FileReader,
    streams: &[EntryId],
    printers: Printers,
    sender: &Sender,
) -> Result<()> {
    let mut unpacking = Unpacking::new(printers)?;
    for &stream in streams {
        for chunk in reader.chunks(stream) {
            let chunk = unpacking.rows(&chunk?)?;
            if sender.send(Ok(Some(Item::Chunk(chunk)))).is_err() {
                return Ok(());
            }
        }
        let info = reader.streams().iter().find(|info| info.id == stream).ok_or_else(|| {
            Error::new(Code::ArchiveDamaged, "the archive lists rows that it does not hold")
        })?;
        let end = StreamEnd {
            rows: info.rows,
            raw_bytes: info.raw_bytes,
            chunks: info.chunks,
            row_sum: info.row_sum,
        };
        if sender.send(Ok(Some(Item::StreamEnd(stream, end)))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn ranges_from_file(
    reader: &FileReader,
    stream: EntryId,
    ranges: Range<u32>,
    sender: &Sender,
) -> Result<()> {
    let mut unpacking = Unpacking::new(Printers::new())?;
    let mut end = StreamEnd::default();
    for chunk in reader.chunks_of(stream, ranges) {
        let chunk = unpacking.rows(&chunk?)?;
        end.rows += u64::from(chunk.head.rows);
        if sender.send(Ok(Some(Item::Chunk(chunk)))).is_err() {
            return Ok(());
        }
    }
    let _ = sender.send(Ok(Some(Item::StreamEnd(stream, end))));
    Ok(())
}

fn from_pipe<R: std::io::Read>(
    mut reader: PipeReader<R>,
    streams: &[EntryId],
    printers: Printers,
    sender: &Sender,
) -> Result<()> {
    let mut unpacking = Unpacking::new(printers)?;
    let streams: HashSet<EntryId> = streams.iter().copied().collect();
    while let Some(item) = reader.next()? {
        let item = match item {
            archive::Item::Chunk(chunk) if !streams.contains(&chunk.head.key.stream) => continue,
            archive::Item::Chunk(chunk) => Item::Chunk(unpacking.rows(&chunk)?),
            archive::Item::StreamEnd(stream, end) => Item::StreamEnd(stream, end),
        };
        if sender.send(Ok(Some(item))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
