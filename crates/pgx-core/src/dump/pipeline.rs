//! From rows to frames: compression beside reading, one writer behind.
//!
//! The reader cuts rows into chunks and hands them to workers, which compress; one appender writes the
//! frames in the order of the chunks, so that a file is the same every time. It holds a place for each
//! chunk in flight, and places are few: a slow output, or one chunk that is slow to compress, slows the
//! reader down instead of filling memory.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use crate::archive::{EncodedFrame, StreamEnd, Writer};
use crate::chunk::{Chunk, Packer};
use crate::error::{Error, Result};
use crate::stripe::StreamCodec;
use crate::toc::EntryId;

/// Chunks that wait for a worker.
const QUEUE: usize = 2;

/// More workers than this do not pay for one connection: a worker compresses faster than one backend
/// produces rows.
const WORKERS_MAX: usize = 4;

/// The entrance of the pipeline.
pub(super) struct Pipeline<'scope, W: Write> {
    chunks: SyncSender<Work>,
    places: SyncSender<Place>,
    appender: std::thread::ScopedJoinHandle<'scope, Result<Writer<W>>>,
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
    /// Starts workers and the appender in front of `writer`.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal): the codec cannot be set up.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        writer: Writer<W>,
        codec: StreamCodec,
    ) -> Result<Pipeline<'scope, W>> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        let (chunks, work) = sync_channel(QUEUE);
        let (places, due) = sync_channel(QUEUE + 2 * workers);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..workers {
            let (work, packer) = (work.clone(), Packer::new(codec)?);
            scope.spawn(move || compress(&work, packer));
        }
        let appender = scope.spawn(move || append(writer, &due));
        Ok(Pipeline { chunks, places, appender })
    }

    /// Hands a chunk to the workers; waits while too many are in flight.
    pub(super) fn chunk(&mut self, chunk: Chunk) -> Result<()> {
        let (frame, encoded) = sync_channel(1);
        self.place(Place::Frame(encoded))?;
        self.chunks.send(Work { chunk, frame }).map_err(|_| closed())
    }

    /// Ends a stream.
    pub(super) fn end(&mut self, stream: EntryId, end: StreamEnd) -> Result<()> {
        self.place(Place::End(stream, end))
    }

    /// Waits until all is written and gives the writer back.
    ///
    /// # Errors
    /// The first failure of a worker or of the output.
    pub(super) fn finish(self) -> Result<Writer<W>> {
        drop((self.chunks, self.places));
        self.appender.join().unwrap_or_else(|_| Err(Error::internal("the appender panicked")))
    }

    fn place(&mut self, place: Place) -> Result<()> {
        self.places.send(place).map_err(|_| closed())
    }
}

/// The appender hangs up when it fails; [`Pipeline::finish`] tells why.
fn closed() -> Error {
    Error::internal("the output is closed")
}

fn compress(work: &Mutex<Receiver<Work>>, mut packer: Packer) {
    loop {
        let next = match work.lock() {
            Ok(work) => work.recv(),
            Err(_) => return,
        };
        let Ok(Work { chunk, frame }) = next else { return };
        // Nobody waits for the frame any more when the appender has failed.
        let _ = frame.send(packer.pack(chunk.head, &chunk.raw));
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
    use crate::archive::{ChunkHead, ChunkKey};
    use crate::error::Code;
    use crate::toc::{CatalogId, DataSpec, Entry, Kind, Meta, Ref, RowFormat};

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

    #[test]
    fn a_full_output_ends_the_reader_and_is_the_error() {
        let mut writer = Writer::new(Full(100_000), &Meta::default()).unwrap();
        let rows = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
        let data = Some(DataSpec {
            columns: Vec::new(),
            filter: None,
            via_root: None,
            bytes_estimate: 0,
            extension_config: false,
            format: RowFormat::Text,
        });
        writer.toc(&[Entry { id: EntryId(1), data, ..rows }]).unwrap();
        let (sent, error) = std::thread::scope(|scope| {
            let mut pipeline = Pipeline::start(scope, writer, StreamCodec::None).unwrap();
            let mut chunk = |sequence| {
                let key = ChunkKey { stream: EntryId(1), range: 0, sequence };
                let mut raw = vec![0; 10_000];
                let seed = blake3::hash(&u32::to_le_bytes(sequence));
                blake3::Hasher::new_keyed(seed.as_bytes()).finalize_xof().fill(&mut raw);
                let head = ChunkHead { key, rows: 1, ..ChunkHead::default() };
                pipeline.chunk(Chunk { head, raw })
            };
            let sent = (0..1_000).take_while(|&sequence| chunk(sequence).is_ok()).count();
            (sent, pipeline.finish().err())
        });
        assert!(sent < 100, "{sent}");
        assert_eq!(error.map(|error| error.code()), Some(Code::OutputFull));
    }
}
