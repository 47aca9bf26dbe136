//! From rows to frames: compression beside reading, one writer behind.
//!
//! Any number of readers cut rows into chunks and hand them to workers, which compress; one appender
//! writes the frames in the order in which the chunks came, so that one reader gives the same file every
//! time. What travels is a parcel: a large chunk, or the chunks of many small tables, because waking a
//! thread costs more than compressing ten rows. The appender holds a place for each parcel in flight,
//! and places are few: a slow output, or one chunk that is slow to compress, slows the readers down
//! instead of filling memory.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Scope;

use crate::archive::{EncodedFrame, StreamEnd, Writer};
use crate::chunk::{Chunk, Packer};
use crate::error::{Error, Result};
use crate::rows::CHUNK_BYTES;
use crate::stripe::StreamCodec;
use crate::toc::EntryId;

/// Parcels that wait for a worker.
const QUEUE: usize = 1;

/// Raw bytes with which a parcel is sent.
const PARCEL_BYTES: usize = 256 << 10;

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
    work: SyncSender<Work>,
    places: SyncSender<Place>,
    turn: Arc<Turn>,
    spare: Spare,
    /// What is not sent yet, and its raw bytes.
    parcel: (Vec<Item>, usize),
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

/// What readers hand on.
enum Item {
    Chunk(Chunk),
    End(EntryId, StreamEnd),
}

/// What the appender writes.
enum Packed {
    Frame(EncodedFrame),
    End(EntryId, StreamEnd),
}

struct Work {
    parcel: Vec<Item>,
    /// Where the parcel is waited for when it is packed.
    packed: SyncSender<Result<Vec<Packed>>>,
}

/// What the appender writes next.
type Place = Receiver<Result<Vec<Packed>>>;

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
        let (sender, work) = sync_channel(QUEUE);
        let (places, due) = sync_channel(QUEUE + workers);
        let work = Arc::new(Mutex::new(work));
        let spare = Spare::default();
        for _ in 0..workers {
            let (work, packer, spare) = (work.clone(), Packer::new(codec)?, spare.clone());
            scope.spawn(move || compress(&work, packer, &spare));
        }
        let appender = scope.spawn(move || append(writer, &due));
        let parcel = (Vec::new(), 0);
        let turn = Arc::default();
        let inlet = Inlet { work: sender, places, turn, spare, parcel, in_row: false };
        Ok(Pipeline { inlet, appender })
    }

    /// An entrance for one more reader.
    pub(super) fn inlet(&self) -> Inlet {
        let Inlet { work, places, turn, spare, .. } = &self.inlet;
        Inlet {
            work: work.clone(),
            places: places.clone(),
            turn: turn.clone(),
            spare: spare.clone(),
            parcel: (Vec::new(), 0),
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

    /// Adds a chunk to the parcel, and sends that when it is large enough.
    pub(super) fn chunk(&mut self, chunk: Chunk) -> Result<()> {
        let Chunk { head, mut raw } = chunk;
        self.parcel.1 += raw.len();
        if raw.len() < PARCEL_BYTES {
            // It waits in a buffer of its size; the large one is for the next table.
            let large = std::mem::take(&mut raw);
            raw = large.as_slice().into();
            give_back(&self.spare, large);
        }
        self.parcel.0.push(Item::Chunk(Chunk { head, raw }));
        if self.parcel.1 < PARCEL_BYTES { Ok(()) } else { self.flush() }
    }

    /// Adds the end of a stream to the parcel; all its chunks must have been sent, or be in the parcel.
    pub(super) fn end(&mut self, stream: EntryId, end: StreamEnd) {
        self.parcel.0.push(Item::End(stream, end));
    }

    /// Hands the parcel to the workers; waits while too many are in flight.
    pub(super) fn flush(&mut self) -> Result<()> {
        let (parcel, _) = std::mem::take(&mut self.parcel);
        let Some(last) = parcel.last() else { return Ok(()) };
        let (packed, place) = sync_channel(1);
        if !self.in_row {
            self.turn.take();
        }
        self.in_row = matches!(last, Item::Chunk(chunk) if chunk.head.continued);
        let placed = self.places.send(place);
        if !self.in_row {
            self.turn.release();
        }
        placed.map_err(|_| closed())?;
        self.work.send(Work { parcel, packed }).map_err(|_| closed())
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
        let Ok(Work { parcel, packed }) = next else { return };
        let done = parcel.into_iter().map(|item| pack(item, &mut packer, spare)).collect();
        // Nobody waits for the frames any more when the appender has failed.
        let _ = packed.send(done);
    }
}

fn pack(item: Item, packer: &mut Packer, spare: &Spare) -> Result<Packed> {
    match item {
        Item::Chunk(Chunk { head, raw }) => {
            let frame = packer.pack(head, &raw);
            give_back(spare, raw);
            frame.map(Packed::Frame)
        }
        Item::End(stream, end) => Ok(Packed::End(stream, end)),
    }
}

/// Keeps a buffer that a whole chunk fits into.
fn give_back(spare: &Spare, buffer: Vec<u8>) {
    if buffer.capacity() >= CHUNK_BYTES {
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

fn append<W: Write>(mut writer: Writer<W>, due: &Receiver<Place>) -> Result<Writer<W>> {
    for place in due {
        let lost = |_| Error::internal("a chunk was lost on its way to the output");
        for packed in place.recv().map_err(lost)?? {
            match packed {
                Packed::Frame(frame) => writer.append(frame)?,
                Packed::End(stream, end) => writer.end_stream(stream, end)?,
            }
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
            let mut chunk = |sequence| -> Result<()> {
                let key = ChunkKey { stream: EntryId(1), range: 0, sequence };
                let head = ChunkHead { key, rows: 1, ..ChunkHead::default() };
                inlet.chunk(Chunk { head, raw: noise(sequence) })?;
                inlet.flush()
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
                        // Parcels of one chunk and of three.
                        if id % 2 == 0 || end.chunks % 3 == 0 {
                            inlet.flush().unwrap();
                        }
                    }
                    inlet.end(EntryId(id), end);
                    inlet.flush().unwrap();
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
