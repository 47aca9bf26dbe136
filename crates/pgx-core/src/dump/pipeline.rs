//! From rows to frames: compression beside reading, one writer behind.
//!
//! Any number of readers cut rows into chunks and hand them to workers, which compress; one appender
//! writes the frames in the order in which the chunks came, so that one reader gives the same file every
//! time. It holds a place for each chunk in flight, and places are few: a slow output, or one chunk
//! that is slow to compress, slows the readers down instead of filling memory.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Scope;

use crate::archive::{EncodedFrame, StreamEnd, Writer};
use crate::chunk::{Chunk, Packer};
use crate::error::{Error, Result};
use crate::stripe::StreamCodec;
use crate::toc::EntryId;

/// Chunks that wait for a worker.
const QUEUE: usize = 1;

/// Workers beyond the number of readers do not pay: one compresses faster than a backend produces
/// rows, and where there is nothing to compress, faster than many.
fn workers(codec: StreamCodec, readers: usize) -> usize {
    match codec {
        StreamCodec::Plain => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from).min(readers + 1),
    }
}

/// The pipeline as a whole.
pub(super) struct Pipeline<'scope, W: Write> {
    inlet: Inlet,
    appender: std::thread::ScopedJoinHandle<'scope, Result<Writer<W>>>,
}

/// A reader's entrance.
pub(super) struct Inlet {
    chunks: SyncSender<Work>,
    places: SyncSender<Place>,
    turn: Arc<Turn>,
    spare: Spare,
    /// The reader's last chunk ended in the middle of a row: it is still its turn.
    in_row: bool,
}

/// Buffers of chunks that are packed, to be filled again: freeing and allocating megabytes on several
/// threads leaves holes that nobody fills.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

/// Whose chunks are taken: those of a row that goes over several come without others in between.
#[derive(Default)]
struct Turn {
    taken: Mutex<bool>,
    free: Condvar,
}

struct Work {
    chunk: Chunk,
    /// Where the frame is waited for.
    frame: SyncSender<Result<EncodedFrame>>,
}

/// What the appender writes next.
enum Place {
    Frame(Receiver<Result<EncodedFrame>>),
    End(EntryId, StreamEnd),
}

impl<'scope, W: Write + Send + 'scope> Pipeline<'scope, W> {
    /// Starts workers and the appender in front of `writer`, for so many readers.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal): the codec cannot be set up.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        writer: Writer<W>,
        codec: StreamCodec,
        readers: usize,
    ) -> Result<Pipeline<'scope, W>> {
        let workers = workers(codec, readers);
        let (chunks, work) = sync_channel(QUEUE);
        let (places, due) = sync_channel(QUEUE + workers);
        let work = Arc::new(Mutex::new(work));
        let spare = Spare::default();
        for _ in 0..workers {
            let (work, packer, spare) = (work.clone(), Packer::new(codec)?, spare.clone());
            scope.spawn(move || compress(&work, packer, &spare));
        }
        let appender = scope.spawn(move || append(writer, &due));
        let inlet = Inlet { chunks, places, turn: Arc::default(), spare, in_row: false };
        Ok(Pipeline { inlet, appender })
    }

    /// An entrance for one more reader.
    pub(super) fn inlet(&self) -> Inlet {
        let Inlet { chunks, places, turn, spare, .. } = &self.inlet;
        Inlet {
            chunks: chunks.clone(),
            places: places.clone(),
            turn: turn.clone(),
            spare: spare.clone(),
            in_row: false,
        }
    }

    /// Waits until all is written and gives the writer back; the entrances must be gone.
    ///
    /// # Errors
    /// The first failure of a worker or of the output.
    pub(super) fn finish(self) -> Result<Writer<W>> {
        drop(self.inlet);
        self.appender.join().unwrap_or_else(|_| Err(Error::internal("the appender panicked")))
    }
}

impl Inlet {
    /// Gives buffers to fill: used ones while there are any.
    pub(super) fn buffers(&self) -> impl FnMut() -> Vec<u8> + use<> {
        let spare = self.spare.clone();
        move || spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Hands a chunk to the workers; waits while too many are in flight.
    pub(super) fn chunk(&mut self, chunk: Chunk) -> Result<()> {
        let (frame, encoded) = sync_channel(1);
        if !self.in_row {
            self.turn.take();
        }
        self.in_row = chunk.head.continued;
        let placed = self.places.send(Place::Frame(encoded));
        if !self.in_row {
            self.turn.release();
        }
        placed.map_err(|_| closed())?;
        self.chunks.send(Work { chunk, frame }).map_err(|_| closed())
    }

    /// Ends a stream.
    pub(super) fn end(&mut self, stream: EntryId, end: StreamEnd) -> Result<()> {
        self.turn.take();
        let placed = self.places.send(Place::End(stream, end));
        self.turn.release();
        placed.map_err(|_| closed())
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        if self.in_row {
            self.turn.release();
        }
    }
}

impl Turn {
    fn take(&self) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken =
            self.free.wait_while(taken, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        *taken = true;
    }

    fn release(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.free.notify_one();
    }
}

/// The appender hangs up when it fails; [`Pipeline::finish`] tells why.
fn closed() -> Error {
    Error::internal("the output is closed")
}

fn compress(work: &Mutex<Receiver<Work>>, mut packer: Packer, spare: &Spare) {
    loop {
        let next = match work.lock() {
            Ok(work) => work.recv(),
            Err(_) => return,
        };
        let Ok(Work { chunk, frame }) = next else { return };
        // Nobody waits for the frame any more when the appender has failed.
        let _ = frame.send(packer.pack(chunk.head, &chunk.raw));
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(chunk.raw);
    }
}

fn append<W: Write>(mut writer: Writer<W>, due: &Receiver<Place>) -> Result<Writer<W>> {
    for place in due {
        match place {
            Place::Frame(frame) => {
                let lost = |_| Error::internal("a chunk was lost on its way to the output");
                writer.append(frame.recv().map_err(lost)??)?;
            }
            Place::End(stream, end) => writer.end_stream(stream, end)?,
        }
    }
    Ok(writer)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::archive::{ChunkHead, ChunkKey, FileReader};
    use crate::chunk::Unpacker;
    use crate::error::Code;
    use crate::toc::{CatalogId, DataSpec, Entry, Kind, Meta, Ref};

    /// Takes a header and then fails.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn writer<W: Write>(output: W, tables: u32) -> Writer<W> {
        let meta = Meta { has_data: true, ..Meta::default() };
        let mut writer = Writer::new(output, &meta).unwrap();
        for id in 1..=tables {
            let rows = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
            let data = Some(DataSpec::default());
            writer.toc(&[Entry { id: EntryId(id), data, ..rows }]).unwrap();
        }
        writer
    }

    /// Bytes that no codec makes shorter.
    fn noise(seed: u32) -> Vec<u8> {
        let mut raw = vec![0; 10_000];
        let seed = blake3::hash(&seed.to_le_bytes());
        blake3::Hasher::new_keyed(seed.as_bytes()).finalize_xof().fill(&mut raw);
        raw
    }

    #[test]
    fn a_full_output_ends_the_reader_and_is_the_error() {
        let writer = writer(Full(100_000), 1);
        let (sent, error) = std::thread::scope(|scope| {
            let pipeline = Pipeline::start(scope, writer, StreamCodec::None, 1).unwrap();
            let mut inlet = pipeline.inlet();
            let mut chunk = |sequence| {
                let key = ChunkKey { stream: EntryId(1), range: 0, sequence };
                let head = ChunkHead { key, rows: 1, ..ChunkHead::default() };
                inlet.chunk(Chunk { head, raw: noise(sequence) })
            };
            let sent = (0..1_000).take_while(|&sequence| chunk(sequence).is_ok()).count();
            drop(inlet);
            (sent, pipeline.finish().err())
        });
        assert!(sent < 100, "{sent}");
        assert_eq!(error.map(|error| error.code()), Some(Code::OutputFull));
    }

    /// The chunks of one stream: every third one begins a row over three chunks.
    fn stream(id: u32) -> Vec<Chunk> {
        let chunks = (0..60).map(|sequence| {
            let key = ChunkKey { stream: EntryId(id), range: 0, sequence };
            let continued = sequence % 6 < 2;
            let head =
                ChunkHead { key, rows: u32::from(!continued), continued, ..ChunkHead::default() };
            let mut raw = vec![b'a' + id as u8; 50 + sequence as usize];
            raw.extend((!continued).then_some(b'\n'));
            Chunk { head, raw }
        });
        chunks.collect()
    }

    #[test]
    fn many_readers_write_one_archive_and_no_row_is_torn() {
        const READERS: u32 = 8;
        let bytes = std::thread::scope(|scope| {
            let writer = writer(Vec::new(), READERS);
            let codec = StreamCodec::default();
            let pipeline = Pipeline::start(scope, writer, codec, READERS as usize).unwrap();
            let readers = (1..=READERS).map(|id| {
                let mut inlet = pipeline.inlet();
                scope.spawn(move || {
                    let mut end = StreamEnd::default();
                    for chunk in stream(id) {
                        end.rows += u64::from(chunk.head.rows);
                        end.raw_bytes += chunk.raw.len() as u64;
                        end.chunks += 1;
                        inlet.chunk(chunk).unwrap();
                    }
                    inlet.end(EntryId(id), end).unwrap();
                })
            });
            for reader in readers.collect::<Vec<_>>() {
                reader.join().unwrap();
            }
            pipeline.finish().unwrap().finish().unwrap().0
        });
        let reader = FileReader::of_bytes(bytes).unwrap();
        let mut unpacker = Unpacker::new().unwrap();
        for id in 1..=READERS {
            let chunks = reader.chunks(EntryId(id));
            let chunks: Vec<Chunk> =
                chunks.map(|chunk| unpacker.unpack(&chunk.unwrap()).unwrap()).collect();
            assert_eq!(chunks, stream(id));
        }
    }
}
