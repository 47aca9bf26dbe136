//! Reading an archive at random.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::control;
use super::defect::{self, Defect, Place};
use super::footer::{Control, Footer};
use super::frame::{FrameHeader, FrameKind, HEADER_LEN};
use super::header::{self, Header};
use super::index::Record;
use super::items::Unpacker;
use super::ledger::Ledger;
use super::limits;
use super::sniff;
use super::source::Source;
use super::stream::{Chunk, Item, StreamInfo, Totals};
use super::tail::{self, Tail};
use crate::error::{Code, Error, Result};
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
    /// [`Code::InputFailed`], [`Code::NotAnArchive`], [`Code::ArchiveNewer`],
    /// [`Code::ArchiveTruncated`], [`Code::ArchiveDamaged`].
    pub fn open(path: &Path) -> Result<FileReader> {
        open_regular(path)
            .and_then(|(file, length)| FileReader::from_source(Box::new(file), length))
            .map_err(|error| error.object(format!("file {}", path.display())))
    }

    pub(super) fn from_source(source: Box<dyn Source>, length: u64) -> Result<FileReader> {
        let header = read_header(&*source, length)?;
        let tail = read_tail(&*source, length, &header)?;
        let uuid = header.uuid;
        let mut opening = Opening { source: &*source, ledger: Ledger::new(&header) };
        let (footer, footer_header, digest) = opening.footer(&tail)?;
        let meta = opening.meta(&footer)?;
        let toc = opening.toc(&footer, &meta)?;
        let mut records = opening.index(&footer)?;
        opening.compare(&footer, &footer_header, &tail)?;
        let streams = opening.ledger.streams().collect();
        let totals = footer.totals(&tail, digest);
        records.sort_unstable_by_key(|record| (record.stream, record.kind, record.key()));
        Ok(FileReader { source, uuid, meta, toc, streams, records, totals })
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
    /// As items: [`Code::ArchiveDamaged`], [`Code::InputFailed`]; [`Code::Internal`] for a stream
    /// that [`FileReader::streams`] does not list. Nothing follows an error.
    pub fn chunks(&self, stream: EntryId) -> Chunks<'_> {
        let from = self.records.partition_point(|record| record.stream < stream);
        let to = self.records.partition_point(|record| record.stream <= stream);
        Chunks { reader: self, stream, records: Some(&self.records[from..to]) }
    }

    /// Checks the stored bytes of every frame of rows, in file order and without decompressing them,
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
        self.locate(record, decode_item(&header, &stored, record))
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
        let header = decode_header(&bytes, &self.uuid)
            .and_then(|header| match_record(&header, &stored, record).map(|()| header));
        Ok((self.locate(record, header)?, stored))
    }

    /// Says where a defect is: frame, offset, table.
    fn locate<T>(&self, record: &Record, result: Result<T, Defect>) -> Result<T> {
        result.map_err(|defect| {
            let error = defect.at(record.place());
            match self.toc.binary_search_by_key(&record.stream, |entry| entry.id) {
                Ok(at) => error.object(self.toc[at].label()),
                Err(_) => error,
            }
        })
    }
}

/// The chunks of a stream; see [`FileReader::chunks`].
pub struct Chunks<'r> {
    reader: &'r FileReader,
    stream: EntryId,
    /// What is left to read; none after the end and after an error.
    records: Option<&'r [Record]>,
}

impl Iterator for Chunks<'_> {
    type Item = Result<Chunk>;

    fn next(&mut self) -> Option<Result<Chunk>> {
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
        Some(Err(Error::internal(format!("the archive has no stream {}", self.stream))))
    }
}

impl Chunks<'_> {
    fn end(&mut self) -> Option<Result<Chunk>> {
        self.records = None;
        None
    }
}

/// The content of a frame of the body; none for one of an unknown optional type.
pub(super) fn decode_item(
    header: &FrameHeader,
    stored: &[u8],
    record: &Record,
) -> Result<Option<Item>, Defect> {
    if let FrameKind::Optional(_) = header.kind {
        return Ok(None);
    }
    let raw = header.unpack(stored)?;
    if header.kind == FrameKind::Data {
        let (key, rows, continued) = (header.key, header.items, header.continued);
        return Ok(Some(Item::Chunk(Chunk { key, rows, continued, raw })));
    }
    let end = control::from_cbor(&raw)?;
    match record.end.as_deref() {
        Some(listed) if *listed != end => {
            Err(Defect::damaged("the end of the stream differs from the index"))
        }
        _ => Ok(Some(Item::StreamEnd(header.key.stream, end))),
    }
}

fn match_record(header: &FrameHeader, stored: &[u8], record: &Record) -> Result<(), Defect> {
    header.check_stored(stored)?;
    let digest = *blake3::hash(stored).as_bytes();
    let end = record.end.as_deref().copied();
    if Record::new(header, record.offset, digest, end) == *record {
        return Ok(());
    }
    Err(Defect::damaged("the frame differs from what the index says of it"))
}

fn decode_header(bytes: &[u8], uuid: &[u8; 16]) -> Result<FrameHeader, Defect> {
    let bytes = bytes.try_into().expect("the buffer has the length of a frame header");
    FrameHeader::decode(bytes, uuid)
}

/// What is needed while an archive is opened.
struct Opening<'s> {
    source: &'s dyn Source,
    ledger: Ledger,
}

impl Opening<'_> {
    fn footer(&self, tail: &Tail) -> Result<(Footer, FrameHeader, [u8; 32])> {
        let place = Place::frame(tail.frames.saturating_sub(1), tail.footer_offset);
        let (header, stored) = self.frame(place, tail.footer_length)?;
        let footer = header
            .unpack(&stored)
            .and_then(|raw| control::from_cbor(&raw))
            .map_err(|defect| defect.at(place))?;
        Ok((footer, header, *blake3::hash(&stored).as_bytes()))
    }

    fn meta(&mut self, footer: &Footer) -> Result<Meta> {
        let mut metas = of_kind(footer, FrameKind::Meta);
        let (Some(control), None) = (metas.next(), metas.next()) else {
            let place = Place::byte(header::LEN as u64);
            return Err(Defect::damaged("the archive has not exactly one META frame").at(place));
        };
        let (header, raw) = self.control(control)?;
        self.enter(&header, control)?;
        control::from_cbor(&raw).map_err(|defect| defect.at(place_of(control)))
    }

    fn toc(&mut self, footer: &Footer, meta: &Meta) -> Result<Vec<Entry>> {
        let mut unpacker = Unpacker::new();
        let mut toc = TocBuilder::default();
        for control in of_kind(footer, FrameKind::Toc) {
            let (header, raw) = self.control(control)?;
            self.enter(&header, control)?;
            let entries = unpacker.feed(&header, &raw);
            entries
                .and_then(|entries| toc.add(entries, header.raw, &mut self.ledger, meta))
                .map_err(|defect| defect.at(place_of(control)))?;
        }
        unpacker.finish().map_err(|defect| defect.at(Place::byte(self.ledger.offset())))?;
        Ok(toc.entries)
    }

    /// Reads the records first: they lead the ledger over the body to where the index stands.
    fn index(&mut self, footer: &Footer) -> Result<Vec<Record>> {
        let mut unpacker = Unpacker::<Record>::new();
        let mut records = Vec::new();
        let mut headers = Vec::new();
        for control in of_kind(footer, FrameKind::Index) {
            let (header, raw) = self.control(control)?;
            let part = unpacker.feed(&header, &raw).map_err(|d| d.at(place_of(control)))?;
            for record in part {
                self.ledger.record(&record).map_err(|defect| defect.at(record.place()))?;
                records.push(record);
            }
            headers.push((header, control));
        }
        unpacker.finish().map_err(|defect| defect.at(Place::byte(self.ledger.offset())))?;
        for (header, control) in headers {
            self.enter(&header, control)?;
        }
        Ok(records)
    }

    /// The footer and the tail must be those that the ledger makes.
    fn compare(&self, footer: &Footer, header: &FrameHeader, tail: &Tail) -> Result<()> {
        let check = || {
            let differs =
                |what| Err(Defect::damaged(format!("the {what} differs from the frames")));
            if self.ledger.footer(footer.finished_unix)? != *footer {
                return differs("footer");
            }
            if self.ledger.tail(header)? != *tail {
                return differs("end record");
            }
            Ok(())
        };
        check().map_err(|defect: Defect| defect.at(Place::frame(header.number, tail.footer_offset)))
    }

    fn enter(&mut self, header: &FrameHeader, control: &Control) -> Result<()> {
        let digest = control.digest;
        self.ledger.control(header, digest).map_err(|defect| defect.at(place_of(control)))
    }

    /// A control frame that the footer lists, with its raw bytes.
    fn control(&self, control: &Control) -> Result<(FrameHeader, Vec<u8>)> {
        let (header, stored) = self.frame(place_of(control), control.length)?;
        let unpack = || {
            let found = (header.kind.number(), header.number, *blake3::hash(&stored).as_bytes());
            if found != (control.kind, control.frame, control.digest) {
                return Err(Defect::damaged("the frame differs from what the footer says of it"));
            }
            header.unpack(&stored)
        };
        let raw = unpack().map_err(|defect| defect.at(place_of(control)))?;
        Ok((header, raw))
    }

    /// A control frame of `length` bytes with its header.
    fn frame(&self, place: Place, length: u64) -> Result<(FrameHeader, Vec<u8>)> {
        let longest = HEADER_LEN as u64 + u64::from(limits::CONTROL_RAW);
        if length <= HEADER_LEN as u64 || length > longest {
            return Err(Defect::damaged("the frame has an impossible length").at(place));
        }
        let mut bytes = vec![0; length as usize];
        self.source
            .read_exact_at(&mut bytes, place.offset)
            .map_err(|error| defect::unreadable(error, place.offset))?;
        let stored = bytes.split_off(HEADER_LEN);
        let header = decode_header(&bytes, self.ledger.uuid()).map_err(|d| d.at(place))?;
        if header.length() != length {
            return Err(Defect::damaged("the frame has another length than listed").at(place));
        }
        header.check_stored(&stored).map_err(|defect| defect.at(place))?;
        Ok((header, stored))
    }
}

/// Gathers the table of contents within its limit.
#[derive(Default)]
pub(super) struct TocBuilder {
    pub(super) entries: Vec<Entry>,
    raw: u64,
}

impl TocBuilder {
    pub(super) fn add(
        &mut self,
        entries: Vec<Entry>,
        raw: u32,
        ledger: &mut Ledger,
        meta: &Meta,
    ) -> Result<(), Defect> {
        self.raw += u64::from(raw);
        if self.raw > limits::TOC_RAW {
            return Err(Defect::damaged("the table of contents is longer than allowed"));
        }
        ledger.entries(&entries, meta.has_data)?;
        self.entries.extend(entries);
        Ok(())
    }
}

fn of_kind(footer: &Footer, kind: FrameKind) -> impl Iterator<Item = &Control> {
    footer.controls.iter().filter(move |control| control.kind == kind.number())
}

fn place_of(control: &Control) -> Place {
    Place::frame(control.frame, control.offset)
}

fn open_regular(path: &Path) -> Result<(File, u64)> {
    let failed =
        |error: io::Error| Error::new(Code::InputFailed, "cannot open the archive").source(error);
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(not_a_file("a directory", path));
    }
    if !metadata.is_file() {
        return Err(not_a_file("not a regular file", path));
    }
    let file = File::open(path).map_err(failed)?;
    Ok((file, metadata.len()))
}

fn not_a_file(what: &str, path: &Path) -> Error {
    let error = Error::new(Code::NotAnArchive, format!("the input is {what}"));
    if path.join("toc.dat").exists() {
        return error.hint("this is a pg_dump archive in directory format: use pg_restore");
    }
    error.hint("an archive is one file; from a pipe it is read on standard input")
}

fn read_header(source: &dyn Source, length: u64) -> Result<Header> {
    let mut start = [0; header::LEN];
    let present = length.min(header::LEN as u64) as usize;
    source.read_exact_at(&mut start[..present], 0).map_err(|error| defect::unreadable(error, 0))?;
    if let Some(error) = sniff::refuse(&start[..present]) {
        return Err(error);
    }
    if present < header::LEN {
        return Err(defect::truncated(length));
    }
    Header::decode(&start)
}

fn read_tail(source: &dyn Source, length: u64, header: &Header) -> Result<Tail> {
    let place = Place::byte(length.saturating_sub(tail::LEN as u64));
    if place.offset < header::LEN as u64 {
        return Err(defect::truncated(length));
    }
    let mut bytes = [0; tail::LEN];
    source
        .read_exact_at(&mut bytes, place.offset)
        .map_err(|error| defect::unreadable(error, place.offset))?;
    let what = match Tail::decode(&bytes) {
        Some(tail) if tail.uuid != header.uuid => {
            "the end record is that of another archive".into()
        }
        Some(tail) if tail.file_length != length => {
            format!("the end record says {} bytes, the file has {length}", tail.file_length)
        }
        Some(tail) => return Ok(tail),
        None if tail::resembles(&bytes, &header.uuid, length) => {
            "the end record does not match its checksum".into()
        }
        None => return Err(missing_tail(source, length)),
    };
    Err(Defect::damaged(what).at(place))
}

/// Bytes before the end of a file in which a tail is looked for that does not end the file.
const SEARCHED: u64 = 64 << 10;

/// The error of a file that does not end in a tail: it was cut, or something was added to it.
fn missing_tail(source: &dyn Source, length: u64) -> Error {
    let from = length.saturating_sub(SEARCHED);
    let mut bytes = vec![0; (length - from) as usize];
    if let Err(error) = source.read_exact_at(&mut bytes, from) {
        return defect::unreadable(error, from);
    }
    match tail::find(&bytes) {
        Some(tail) if tail.file_length < length => {
            let what = format!("{} bytes follow the end record", length - tail.file_length);
            Defect::damaged(what).at(Place::byte(tail.file_length))
        }
        _ => defect::truncated(length),
    }
}
