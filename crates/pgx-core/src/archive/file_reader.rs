//! Reading an archive at random.

use std::ops::Range;
use std::path::Path;

use super::body;
use super::defect::{self, Defect};
use super::frame::{FrameHeader, FrameKind, HEADER_LEN};
use super::index::Record;
use super::opening::{self, Opened};
use super::source::Source;
use super::stream::{Item, StoredChunk, StreamInfo, Totals};
use crate::error::{Error, Result};
use crate::toc::{Entry, EntryId, Meta};

/// An archive in a file.
///
/// Opening it reads and checks everything but the rows: header, tail, footer, table of contents,
/// index. Rows are read and checked chunk by chunk, from any number of threads. It holds the table of
/// contents and about 90 bytes for each chunk.
pub struct FileReader {
    source: Box<dyn Source>,
    uuid: [u8; 16],
    meta: Meta,
    toc: Vec<Entry>,
    streams: Vec<StreamInfo>,
    /// By stream; within a stream the chunks in key order, then its end.
    records: Vec<Record>,
    totals: Totals,
}

/// A frame of rows whose stored bytes are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedFrame {
    /// The entry it belongs to.
    pub stream: EntryId,
    /// Rows that end in it; 0 at the end of a stream.
    pub rows: u64,
    /// Bytes in the archive, frame header included.
    pub file_bytes: u64,
}

impl FileReader {
    /// Opens the archive at `path`, a regular file.
    ///
    /// # Errors
    /// [`Code::InputFailed`](crate::Code::InputFailed), [`Code::NotAnArchive`](crate::Code::NotAnArchive), [`Code::ArchiveNewer`](crate::Code::ArchiveNewer),
    /// [`Code::ArchiveTruncated`](crate::Code::ArchiveTruncated), [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged).
    pub fn open(path: &Path) -> Result<FileReader> {
        opening::open_regular(path)
            .and_then(|(file, length)| FileReader::from_source(Box::new(file), length))
            .map_err(|error| error.object(format!("file {}", path.display())))
    }

    /// Opens the archive that `bytes` are.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn of_bytes(bytes: Vec<u8>) -> Result<FileReader> {
        let length = bytes.len() as u64;
        FileReader::from_source(Box::new(bytes), length)
    }

    pub(super) fn from_source(source: Box<dyn Source>, length: u64) -> Result<FileReader> {
        let Opened { uuid, meta, toc, streams, mut records, totals } =
            opening::open(&*source, length)?;
        records.sort_unstable_by_key(|record| (record.stream, record.kind, record.key()));
        Ok(FileReader { source, uuid, meta, toc, streams, records, totals })
    }

    /// What tells it from every other archive.
    pub fn uuid(&self) -> [u8; 16] {
        self.uuid
    }

    /// What the archive says of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The table of contents, ids ascending.
    pub fn toc(&self) -> &[Entry] {
        &self.toc
    }

    /// The streams, ids ascending.
    pub fn streams(&self) -> &[StreamInfo] {
        &self.streams
    }

    /// What the archive amounts to.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The chunks of a stream in key order, each checked before it is handed out; the end of the
    /// stream is checked behind the last one.
    ///
    /// # Errors
    /// As items: [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged), [`Code::InputFailed`](crate::Code::InputFailed); [`Code::Internal`](crate::Code::Internal) for a stream
    /// that [`FileReader::streams`] does not list. Nothing follows an error.
    pub fn chunks(&self, stream: EntryId) -> Chunks<'_> {
        let from = self.records.partition_point(|record| record.stream < stream);
        let to = self.records.partition_point(|record| record.stream <= stream);
        Chunks { reader: self, stream, records: Some(&self.records[from..to]), whole: true }
    }

    /// The same of some ranges of the stream alone; its end is not among them.
    ///
    /// # Errors
    /// As items, as [`FileReader::chunks`].
    pub fn chunks_of(&self, stream: EntryId, ranges: Range<u32>) -> Chunks<'_> {
        let chunks = self.chunk_records(stream);
        let from = chunks.partition_point(|record| record.key().range < ranges.start);
        let to = chunks.partition_point(|record| record.key().range < ranges.end);
        let records = chunks.get(from..to).unwrap_or_default();
        Chunks { reader: self, stream, records: Some(records), whole: false }
    }

    /// How many ranges a stream has; no row goes from one into the next.
    pub fn ranges(&self, stream: EntryId) -> u32 {
        self.chunk_records(stream).last().map_or(0, |record| record.key().range + 1)
    }

    fn chunk_records(&self, stream: EntryId) -> &[Record] {
        let from = self.records.partition_point(|record| record.stream < stream);
        let chunk = FrameKind::Data.number();
        let is_chunk = |record: &Record| record.stream == stream && record.kind == chunk;
        let records = &self.records[from..];
        &records[..records.iter().take_while(|record| is_chunk(record)).count()]
    }

    /// Checks the stored bytes of every frame of rows, in file order and without unpacking them,
    /// against the frame header's checksums and the index. Goes on after an error.
    pub fn check_stored(&self) -> impl Iterator<Item = Result<CheckedFrame>> {
        self.in_file_order().map(|record| {
            self.read(record)?;
            Ok(CheckedFrame {
                stream: record.stream,
                rows: u64::from(if record.end.is_some() { 0 } else { record.rows }),
                file_bytes: record.length(),
            })
        })
    }

    /// Reads and checks everything in file order, as [`PipeReader`](super::PipeReader) would. Goes on
    /// after an error.
    pub fn items(&self) -> impl Iterator<Item = Result<Item>> {
        self.in_file_order().filter_map(|record| self.item(record).transpose())
    }

    fn in_file_order(&self) -> impl Iterator<Item = &Record> {
        let mut order: Vec<usize> = (0..self.records.len()).collect();
        order.sort_unstable_by_key(|&at| self.records[at].offset);
        order.into_iter().map(|at| &self.records[at])
    }

    /// The content of a frame; none for one of an unknown optional type.
    fn item(&self, record: &Record) -> Result<Option<Item>> {
        let (header, stored) = self.read(record)?;
        self.locate(record, body::decode_item(&header, stored, record, self.label(record.stream)))
    }

    /// The frame of a record: the header is what the record says, the payload has its digest.
    fn read(&self, record: &Record) -> Result<(FrameHeader, Vec<u8>)> {
        let mut bytes = vec![0; HEADER_LEN];
        let mut stored = vec![0; record.stored as usize];
        let read = |buffer: &mut [u8], offset| {
            let read = self.source.read_exact_at(buffer, offset);
            read.map_err(|error| defect::unreadable(error, offset))
        };
        read(&mut bytes, record.offset)?;
        read(&mut stored, record.offset + HEADER_LEN as u64)?;
        let header = FrameHeader::from_slice(&bytes, &self.uuid)
            .and_then(|header| body::match_record(&header, &stored, record).map(|()| header));
        Ok((self.locate(record, header)?, stored))
    }

    /// Says where a defect is: frame, offset, table.
    fn locate<T>(&self, record: &Record, result: Result<T, Defect>) -> Result<T> {
        result.map_err(|defect| {
            let error = defect.at(record.place());
            match self.label(record.stream) {
                Some(label) => error.object(label),
                None => error,
            }
        })
    }

    fn label(&self, stream: EntryId) -> Option<String> {
        let at = self.toc.binary_search_by_key(&stream, |entry| entry.id).ok()?;
        Some(self.toc[at].label())
    }
}

/// The chunks of a stream; see [`FileReader::chunks`].
pub struct Chunks<'r> {
    reader: &'r FileReader,
    stream: EntryId,
    /// What is left to read; none after the end and after an error.
    records: Option<&'r [Record]>,
    /// The end of the stream must follow.
    whole: bool,
}

impl Iterator for Chunks<'_> {
    type Item = Result<StoredChunk>;

    fn next(&mut self) -> Option<Result<StoredChunk>> {
        while let Some((record, rest)) = self.records?.split_first() {
            self.records = Some(rest);
            match self.reader.item(record) {
                Ok(Some(Item::Chunk(chunk))) => return Some(Ok(chunk)),
                Ok(Some(Item::StreamEnd(..))) => return self.end(),
                Ok(None) => {}
                Err(error) => {
                    self.records = None;
                    return Some(Err(error));
                }
            }
        }
        self.records = None;
        self.whole
            .then(|| Err(Error::internal(format!("the archive has no stream {}", self.stream))))
    }
}

impl Chunks<'_> {
    fn end(&mut self) -> Option<Result<StoredChunk>> {
        self.records = None;
        None
    }
}
