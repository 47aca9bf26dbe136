//! What has gone into an archive so far, and what may come next.
//!
//! The writer keeps a ledger of the frames it writes, the readers of the frames they see. The rules
//! of order, continuity and count are therefore written once, and a footer is right when it equals
//! the one the reader's own ledger makes.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::defect::Defect;
use super::footer::{Control, Footer};
use super::frame::{FrameHeader, FrameKind};
use super::header::{self, Header};
use super::index::Record;
use super::stream::{ChunkKey, StreamEnd, StreamInfo, Totals};
use super::tail::{self, Tail};
use crate::toc::{Entry, EntryId};

/// The order in which kinds of frames follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Header,
    Meta,
    Toc,
    Body,
    Index,
}

/// See the module's page.
pub(super) struct Ledger {
    header: [u8; header::LEN],
    uuid: [u8; 16],
    phase: Phase,
    offset: u64,
    frames: u64,
    controls: Vec<Control>,
    /// Ids of all entries, ascending.
    entries: Vec<EntryId>,
    /// Streams that must end: of every entry with rows, and of every entry that had a chunk.
    streams: BTreeMap<EntryId, Stream>,
    /// The chunk that must come next: the last one ended in the middle of a row.
    due: Option<ChunkKey>,
}

/// A stream, open or ended.
#[derive(Default)]
struct Stream {
    ended: Option<StreamEnd>,
    rows: u64,
    raw_bytes: u64,
    stored_bytes: u64,
    chunks: u64,
    /// The next chunk of each range.
    ranges: BTreeMap<u32, u32>,
}

impl Ledger {
    pub(super) fn new(header: &Header) -> Ledger {
        Ledger {
            header: header.encode(),
            uuid: header.uuid,
            phase: Phase::Header,
            offset: header::LEN as u64,
            frames: 0,
            controls: Vec::new(),
            entries: Vec::new(),
            streams: BTreeMap::new(),
            due: None,
        }
    }

    pub(super) fn uuid(&self) -> &[u8; 16] {
        &self.uuid
    }

    /// Where the next frame begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the next frame.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Enters entries of the table of contents; `with_rows` says that each that can have rows must.
    pub(super) fn entries(&mut self, entries: &[Entry], with_rows: bool) -> Result<(), Defect> {
        for entry in entries {
            if entry.id <= self.entries.last().copied().unwrap_or_default() {
                return Err(Defect::damaged("the dump ids of the entries do not ascend"));
            }
            self.entries.push(entry.id);
            if with_rows && entry.data.is_some() {
                self.streams.insert(entry.id, Stream::default());
            }
        }
        Ok(())
    }

    /// Enters a META, TOC or INDEX frame.
    pub(super) fn control(&mut self, header: &FrameHeader, digest: [u8; 32]) -> Result<(), Defect> {
        let phase = match header.kind {
            FrameKind::Meta if self.phase == Phase::Header => Phase::Meta,
            FrameKind::Toc if self.phase != Phase::Header => Phase::Toc,
            FrameKind::Index if self.phase != Phase::Header => Phase::Index,
            _ => return Err(out_of_place()),
        };
        let control = Control {
            kind: header.kind.number(),
            frame: header.number,
            offset: self.offset,
            length: header.length(),
            digest,
        };
        self.advance(phase, header.number, header.length())?;
        self.controls.push(control);
        Ok(())
    }

    /// Enters a frame of the body: DATA, STREAM_END, or one of an unknown optional type.
    pub(super) fn record(&mut self, record: &Record) -> Result<(), Defect> {
        let kind = record.check()?;
        if self.phase == Phase::Header || record.offset != self.offset {
            return Err(out_of_place());
        }
        self.advance(Phase::Body, record.frame, record.length())?;
        let expected = self.due.take();
        if expected.is_some_and(|due| (kind, record.key()) != (FrameKind::Data, due)) {
            return Err(Defect::damaged("a row that the frame before began does not go on here"));
        }
        if kind == FrameKind::Data && record.continued {
            self.due = Some(record.key().next());
        }
        match (kind, record.end.as_deref()) {
            (FrameKind::Data, _) => self.stream(record.stream)?.chunk(record),
            (FrameKind::StreamEnd, Some(end)) if record.key().is_stream() => {
                self.stream(record.stream)?.end(end)
            }
            (FrameKind::Optional(_), _) => Ok(()),
            _ => Err(out_of_place()),
        }
    }

    fn advance(&mut self, phase: Phase, number: u64, length: u64) -> Result<(), Defect> {
        if phase < self.phase {
            return Err(out_of_place());
        }
        if number != self.frames {
            return Err(Defect::damaged(format!(
                "frame number {number} stands where {} belongs",
                self.frames
            )));
        }
        self.phase = phase;
        self.frames += 1;
        self.offset = self.offset.checked_add(length).ok_or_else(out_of_place)?;
        Ok(())
    }

    fn stream(&mut self, id: EntryId) -> Result<&mut Stream, Defect> {
        if self.entries.binary_search(&id).is_err() {
            return Err(Defect::damaged(format!("the table of contents has no entry {id}")));
        }
        let stream = self.streams.entry(id).or_default();
        if stream.ended.is_some() {
            return Err(Defect::damaged(format!("stream {id} goes on after its end")));
        }
        Ok(stream)
    }

    /// The footer that belongs behind all that was entered.
    pub(super) fn footer(&self, finished_unix: u64) -> Result<Footer, Defect> {
        if self.due.is_some() {
            return Err(Defect::damaged("the last row is not complete"));
        }
        if let Some((id, _)) = self.streams.iter().find(|(_, stream)| stream.ended.is_none()) {
            return Err(Defect::damaged(format!("stream {id} has no end")));
        }
        let sum = |part: fn(&StreamInfo) -> u64| {
            self.streams().fold(0_u64, |sum, stream| sum.saturating_add(part(&stream)))
        };
        Ok(Footer {
            header: self.header,
            controls: self.controls.clone(),
            frames: self.frames,
            streams: self.streams().count() as u64,
            chunks: sum(|stream| stream.chunks),
            rows: sum(|stream| stream.rows),
            raw_bytes: sum(|stream| stream.raw_bytes),
            stored_bytes: sum(|stream| stream.stored_bytes),
            finished_unix,
        })
    }

    /// The tail that belongs behind a footer frame with this header, which comes next.
    pub(super) fn tail(&self, footer: &FrameHeader) -> Result<Tail, Defect> {
        if footer.number != self.frames || footer.kind != FrameKind::Footer {
            return Err(out_of_place());
        }
        let end = self.offset.checked_add(footer.length() + tail::LEN as u64);
        Ok(Tail {
            footer_offset: self.offset,
            footer_length: footer.length(),
            uuid: self.uuid,
            file_length: end.ok_or_else(out_of_place)?,
            frames: self.frames + 1,
        })
    }

    /// The ended streams, by id.
    pub(super) fn streams(&self) -> impl Iterator<Item = StreamInfo> {
        self.streams.iter().filter_map(|(&id, stream)| {
            let end = stream.ended?;
            Some(StreamInfo {
                id,
                rows: end.rows,
                raw_bytes: end.raw_bytes,
                stored_bytes: stream.stored_bytes,
                chunks: end.chunks,
                row_sum: end.row_sum,
            })
        })
    }
}

impl Stream {
    fn chunk(&mut self, record: &Record) -> Result<(), Defect> {
        let next = self.ranges.entry(record.range).or_default();
        if record.sequence != *next {
            return Err(Defect::damaged(format!(
                "range {} of the stream goes on with chunk {} instead of {next}",
                record.range, record.sequence
            )));
        }
        *next = next.checked_add(1).ok_or_else(out_of_place)?;
        self.chunks += 1;
        self.rows = self.rows.saturating_add(u64::from(record.rows));
        self.raw_bytes = self.raw_bytes.saturating_add(u64::from(record.raw));
        self.stored_bytes = self.stored_bytes.saturating_add(u64::from(record.stored));
        Ok(())
    }

    fn end(&mut self, end: &StreamEnd) -> Result<(), Defect> {
        let counted = (self.rows, self.raw_bytes, self.chunks);
        if counted != (end.rows, end.raw_bytes, end.chunks) {
            return Err(Defect::damaged(format!(
                "the stream has {} rows, {} bytes, {} chunks, but its end says {}, {}, {}",
                self.rows, self.raw_bytes, self.chunks, end.rows, end.raw_bytes, end.chunks
            )));
        }
        self.ended = Some(*end);
        self.ranges = BTreeMap::new();
        Ok(())
    }
}

impl ChunkKey {
    /// The chunk behind this one in its range.
    fn next(self) -> ChunkKey {
        ChunkKey { sequence: self.sequence.wrapping_add(1), ..self }
    }

    /// The key of a frame that belongs to a stream as a whole.
    fn is_stream(&self) -> bool {
        (self.range, self.sequence) == (0, 0)
    }
}

impl Footer {
    /// What the archive that ends in this footer amounts to.
    pub(super) fn totals(&self, tail: &Tail, digest: [u8; 32]) -> Totals {
        Totals {
            uuid: Uuid::from_bytes(tail.uuid),
            streams: self.streams,
            chunks: self.chunks,
            rows: self.rows,
            raw_bytes: self.raw_bytes,
            stored_bytes: self.stored_bytes,
            file_bytes: tail.file_length,
            finished_unix: self.finished_unix,
            digest,
        }
    }
}

fn out_of_place() -> Defect {
    Defect::damaged("the frame is out of place")
}
