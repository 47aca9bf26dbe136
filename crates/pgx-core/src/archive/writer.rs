//! Writing an archive, front to back, from one thread.

use std::io::{BufWriter, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::codec::Codec;
use super::control;
use super::defect::Defect;
use super::frame::{EncodedFrame, FrameKind};
use super::header::Header;
use super::index::Record;
use super::items::Packer;
use super::ledger::Ledger;
use super::limits;
use super::output;
use super::stream::{StreamEnd, Totals};
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, EntryId, Meta};

/// Small frames are gathered into writes of this many bytes; larger ones are written as they are.
const BUFFER: usize = 64 << 10;

/// Writes an archive: [`Writer::new`], [`Writer::toc`], then [`Writer::append`] and
/// [`Writer::end_stream`] in any order of streams, then [`Writer::finish`].
///
/// It holds the index until the end: about 45 bytes for each chunk.
pub struct Writer<W: Write> {
    output: BufWriter<W>,
    written: u64,
    ledger: Ledger,
    index: Packer,
    toc: Packer,
    with_rows: bool,
    control: Codec,
}

impl<W: Write> Writer<W> {
    /// Writes the header and what the archive says of itself.
    ///
    /// # Errors
    /// The output fails: [`Code::OutputFull`] or [`Code::OutputFailed`], as for every function here.
    pub fn new(output: W, meta: &Meta) -> Result<Writer<W>> {
        Writer::with_uuid(output, meta, *Uuid::new_v4().as_bytes())
    }

    /// [`Writer::new`] with a UUID that is chosen, for an archive that is to have the same bytes
    /// whenever it is written; no two archives of different content may share one.
    ///
    /// # Errors
    /// As [`Writer::new`].
    pub fn with_uuid(output: W, meta: &Meta, uuid: [u8; 16]) -> Result<Writer<W>> {
        let control = if meta.compression == "none" { Codec::None } else { control::CODEC };
        Writer::with_identity(output, meta, uuid, control)
    }

    /// [`Writer::new`] with what makes two archives of the same content differ.
    pub(super) fn with_identity(
        output: W,
        meta: &Meta,
        uuid: [u8; 16],
        control: Codec,
    ) -> Result<Writer<W>> {
        let header = Header::new(uuid, meta.chunk_bytes);
        let mut writer = Writer {
            output: BufWriter::with_capacity(BUFFER, output),
            written: 0,
            ledger: Ledger::new(&header),
            index: Packer::new(FrameKind::Index, control),
            toc: Packer::new(FrameKind::Toc, control),
            with_rows: meta.has_rows(),
            control,
        };
        writer.write(&header.encode())?;
        writer.control(control::frame(FrameKind::Meta, EntryId(0), meta, control)?)?;
        Ok(writer)
    }

    /// Writes entries of the table of contents, their ids ascending; all of them before any chunk.
    ///
    /// # Errors
    /// [`Code::Unsupported`] for an entry of more than 64 MiB.
    pub fn toc(&mut self, entries: &[Entry]) -> Result<()> {
        self.ledger.entries(entries, self.with_rows).map_err(Defect::of_writer)?;
        for entry in entries {
            if !self.toc.push(entry)? {
                let what = format!("a definition is longer than {} bytes", limits::ITEM);
                return Err(Error::new(Code::Unsupported, what).object(entry.label()));
            }
        }
        for frame in self.toc.take()? {
            self.control(frame)?;
        }
        Ok(())
    }

    /// Writes a chunk. Streams and ranges may interleave; the chunks of one range come in order.
    pub fn append(&mut self, mut frame: EncodedFrame) -> Result<()> {
        frame.header.number = self.ledger.frames();
        let record = Record::new(&frame.header, self.ledger.offset(), frame.digest, None);
        self.body(&frame, &record)
    }

    /// Sends everything on its way.
    ///
    /// # Errors
    /// The output fails.
    pub fn flush(&mut self) -> Result<()> {
        self.output.flush().map_err(|error| output::write_failed(error, self.written))
    }

    /// Says that a stream is complete. Every entry with rows needs an end, also one without chunks.
    ///
    /// # Errors
    /// [`Code::Internal`] if `end` differs from the chunks written.
    pub fn end_stream(&mut self, stream: EntryId, end: StreamEnd) -> Result<()> {
        let mut frame = control::frame(FrameKind::StreamEnd, stream, &end, self.control)?;
        frame.header.number = self.ledger.frames();
        let record = Record::new(&frame.header, self.ledger.offset(), frame.digest, Some(end));
        self.body(&frame, &record)
    }

    /// Writes index, footer and tail, and gives the flushed output back.
    ///
    /// # Errors
    /// [`Code::Internal`] if a stream has no end.
    pub fn finish(self) -> Result<(W, Totals)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.finish_at(now)
    }

    /// [`Writer::finish`] with the time that the footer says, in seconds since 1970-01-01 00:00:00 UTC.
    ///
    /// # Errors
    /// As [`Writer::finish`].
    pub fn finish_at(mut self, finished_unix: u64) -> Result<(W, Totals)> {
        for frame in self.index.take()? {
            self.control(frame)?;
        }
        let footer = self.ledger.footer(finished_unix).map_err(Defect::of_writer)?;
        let mut frame = control::frame(FrameKind::Footer, EntryId(0), &footer, self.control)?;
        frame.header.number = self.ledger.frames();
        let tail = self.ledger.tail(&frame.header).map_err(Defect::of_writer)?;
        self.write_frame(&frame)?;
        self.write(&tail.encode())?;
        let written = self.written;
        let output = self
            .output
            .into_inner()
            .map_err(|error| output::write_failed(error.into_error(), written))?;
        Ok((output, footer.totals(&tail, frame.digest)))
    }

    fn body(&mut self, frame: &EncodedFrame, record: &Record) -> Result<()> {
        self.ledger.record(record).map_err(Defect::of_writer)?;
        self.index.push(record)?;
        self.write_frame(frame)
    }

    fn control(&mut self, mut frame: EncodedFrame) -> Result<()> {
        frame.header.number = self.ledger.frames();
        self.ledger.control(&frame.header, frame.digest).map_err(Defect::of_writer)?;
        self.write_frame(&frame)
    }

    fn write_frame(&mut self, frame: &EncodedFrame) -> Result<()> {
        let header = frame.header.encode(self.ledger.uuid());
        self.write(&header)?;
        self.write(&frame.payload)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.written;
        self.output.write_all(bytes).map_err(|error| output::write_failed(error, written))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
