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
    chunks: SyncSender<Work>,
    places: SyncSender<Place>,
    appender: std::thread::ScopedJoinHandle<'scope, Result<Writer<W>>>,
}

struct Work {
    key: ChunkKey,
    cut: Cut,
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
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        writer: Writer<W>,
        codec: Codec,
    ) -> Pipeline<'scope, W> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        let (chunks, work) = sync_channel(QUEUE);
        let (places, due) = sync_channel(QUEUE + 2 * workers);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..workers {
            let work = work.clone();
            scope.spawn(move || compress(&work, codec));
        }
        let appender = scope.spawn(move || append(writer, &due));
        Pipeline { chunks, places, appender }
    }

    /// Hands a chunk to the workers; waits while too many are in flight.
    pub(super) fn chunk(&mut self, key: ChunkKey, cut: Cut) -> Result<()> {
        let (frame, encoded) = sync_channel(1);
        self.place(Place::Frame(encoded))?;
        self.chunks.send(Work { key, cut, frame }).map_err(|_| closed())
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

fn compress(work: &Mutex<Receiver<Work>>, codec: Codec) {
    loop {
        let next = match work.lock() {
            Ok(work) => work.recv(),
            Err(_) => return,
        };
        let Ok(Work { key, cut, frame }) = next else { return };
        // Nobody waits for the frame any more when the appender has failed.
        let _ = frame.send(encode_chunk(key, cut.rows, cut.continued, &cut.raw, codec));
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
            let mut pipeline = Pipeline::start(scope, writer, Codec::None);
            let mut chunk = |sequence| {
                let key = ChunkKey { stream: EntryId(1), range: 0, sequence };
                let raw = [vec![b'x'; 9_999], vec![b'\n']].concat();
                pipeline.chunk(key, Cut { raw, rows: 1, continued: false })
            };
            let sent = (0..1_000).take_while(|&sequence| chunk(sequence).is_ok()).count();
            (sent, pipeline.finish().err())
        });
        assert!(sent < 100, "{sent}");
        assert_eq!(error.map(|error| error.code()), Some(Code::OutputFull));
    }
}
