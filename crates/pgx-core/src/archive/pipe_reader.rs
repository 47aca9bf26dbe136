//! Reading an archive front to back.

use std::io::{self, BufReader, Read};

use super::body;
use super::contents::Contents;
use super::control;
use super::defect::{self, Defect, Place};
use super::footer::Footer;
use super::frame::{FrameHeader, FrameKind, HEADER_LEN};
use super::header::{self, Header};
use super::index::Record;
use super::items::Unpacker;
use super::ledger::Ledger;
use super::sniff;
use super::stream::{Item, Totals};
use super::tail;
use crate::error::{Error, Result};
use crate::toc::{Entry, EntryId, Meta};

const BUFFER: usize = 64 << 10;

/// An archive that is read front to back, from a pipe or anything else.
///
/// Each item is checked by itself before it is handed out, but only [`PipeReader::next`] giving
/// `None` says that the archive is complete: whoever acts on items before must be able to undo.
pub struct PipeReader<R: Read> {
    input: Input<R>,
    ledger: Ledger,
    meta: Meta,
    toc: Vec<Entry>,
    /// The header of the next frame, when it was read ahead.
    ahead: Option<FrameHeader>,
    index: Unpacker<Record>,
    /// Hashes of the records of the frames seen, and of the records in the index: a pipe is as long
    /// as it likes, so neither list is kept.
    seen: blake3::Hasher,
    listed: blake3::Hasher,
    state: State,
}

enum State {
    Reading,
    Complete(Totals),
    Failed,
}

impl<R: Read> PipeReader<R> {
    /// Reads up to the first frame behind the table of contents.
    ///
    /// # Errors
    /// [`Code::InputFailed`](crate::Code::InputFailed),
    /// [`Code::NotAnArchive`](crate::Code::NotAnArchive),
    /// [`Code::ArchiveNewer`](crate::Code::ArchiveNewer),
    /// [`Code::ArchiveTruncated`](crate::Code::ArchiveTruncated),
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged); so does [`PipeReader::next`].
    pub fn new(input: R) -> Result<PipeReader<R>> {
        let mut input = Input { reader: BufReader::with_capacity(BUFFER, input), position: 0 };
        let header = input.header()?;
        let mut reader = PipeReader {
            input,
            ledger: Ledger::new(&header),
            meta: Meta::default(),
            toc: Vec::new(),
            ahead: None,
            index: Unpacker::new(),
            seen: blake3::Hasher::new(),
            listed: blake3::Hasher::new(),
            state: State::Reading,
        };
        reader.read_meta()?;
        reader.read_toc()?;
        Ok(reader)
    }

    /// What the archive says of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The table of contents, ids ascending.
    pub fn toc(&self) -> &[Entry] {
        &self.toc
    }

    /// What the archive amounts to, once it was read to its end.
    pub fn totals(&self) -> Option<&Totals> {
        match &self.state {
            State::Complete(totals) => Some(totals),
            _ => None,
        }
    }

    /// The next item in file order; none after the whole archive was read and found right.
    ///
    /// # Errors
    /// As [`PipeReader::new`]. After an error there is nothing to read any more.
    #[expect(clippy::should_implement_trait, reason = "`?` must come before the end is seen")]
    pub fn next(&mut self) -> Result<Option<Item>> {
        match self.state {
            State::Complete(_) => return Ok(None),
            State::Failed => return Err(Error::internal("a broken archive is read further")),
            State::Reading => {}
        }
        let item = self.read_item();
        if item.is_err() {
            self.state = State::Failed;
        }
        item
    }

    fn read_item(&mut self) -> Result<Option<Item>> {
        loop {
            let (header, stored) = self.read_frame()?;
            let item = match header.kind {
                FrameKind::Data | FrameKind::StreamEnd | FrameKind::Optional(_) => {
                    self.located(&header, |reader| reader.body(&header, stored))?
                }
                FrameKind::Footer => {
                    self.footer(&header, &stored)?;
                    return Ok(None);
                }
                _ => {
                    self.located(&header, |reader| reader.index(&header, &stored))?;
                    None
                }
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn read_meta(&mut self) -> Result<()> {
        let (header, stored) = self.read_frame()?;
        self.meta = self.located(&header, |reader| {
            if header.kind != FrameKind::Meta {
                return Err(Defect::damaged("the first frame is not META"));
            }
            let raw = reader.control(&header, &stored)?;
            control::from_cbor(&raw)
        })?;
        Ok(())
    }

    fn read_toc(&mut self) -> Result<()> {
        let mut contents = Contents::new(self.meta.has_rows());
        loop {
            let header = self.read_header()?;
            if header.kind != FrameKind::Toc {
                self.ahead = Some(header);
                break;
            }
            let stored = self.read_payload(&header)?;
            self.located(&header, |reader| {
                let raw = reader.control(&header, &stored)?;
                contents.feed(&header, &raw, &mut reader.ledger)
            })?;
        }
        self.toc = contents.finish().map_err(|defect| defect.at(self.place()))?;
        Ok(())
    }

    fn read_header(&mut self) -> Result<FrameHeader> {
        if let Some(header) = self.ahead.take() {
            return Ok(header);
        }
        let mut bytes = [0; HEADER_LEN];
        self.input.fill(&mut bytes)?;
        let place = self.place();
        FrameHeader::decode(&bytes, self.ledger.uuid()).map_err(|defect| defect.at(place))
    }

    fn read_frame(&mut self) -> Result<(FrameHeader, Vec<u8>)> {
        let header = self.read_header()?;
        let stored = self.read_payload(&header)?;
        Ok((header, stored))
    }

    fn read_payload(&mut self, header: &FrameHeader) -> Result<Vec<u8>> {
        let stored = self.input.take(header.stored)?;
        self.located(header, |_| header.check_stored(&stored))?;
        Ok(stored)
    }

    /// Enters a control frame and gives its raw bytes.
    fn control(&mut self, header: &FrameHeader, stored: &[u8]) -> Result<Vec<u8>, Defect> {
        let raw = header.unpack(stored)?;
        self.ledger.control(header, *blake3::hash(stored).as_bytes())?;
        Ok(raw)
    }

    fn body(&mut self, header: &FrameHeader, stored: Vec<u8>) -> Result<Option<Item>, Defect> {
        let digest = *blake3::hash(&stored).as_bytes();
        let mut record = Record::new(header, self.ledger.offset(), digest, None);
        let label = self.label(header.key.stream);
        let item = body::decode_item(header, stored, &record, label)?;
        if let Some(Item::StreamEnd(_, end)) = &item {
            record.end = Some(Box::new(*end));
        }
        self.ledger.record(&record)?;
        self.seen.update(&control::to_cbor(&record));
        Ok(item)
    }

    fn index(&mut self, header: &FrameHeader, stored: &[u8]) -> Result<(), Defect> {
        let raw = self.control(header, stored)?;
        for record in self.index.feed(header, &raw)? {
            self.listed.update(&control::to_cbor(&record));
        }
        Ok(())
    }

    fn footer(&mut self, header: &FrameHeader, stored: &[u8]) -> Result<()> {
        let (footer, tail) = self.located(header, |reader| {
            let footer: Footer = control::from_cbor(&header.unpack(stored)?)?;
            reader.index.finish()?;
            if reader.seen.finalize() != reader.listed.finalize() {
                return Err(Defect::damaged("the index differs from the frames"));
            }
            if reader.ledger.footer(footer.finished_unix)? != footer {
                return Err(Defect::damaged("the footer differs from the frames"));
            }
            Ok((footer, reader.ledger.tail(header)?))
        })?;
        let place = Place::byte(self.input.position);
        let mut bytes = [0; tail::LEN];
        self.input.fill(&mut bytes)?;
        if bytes != tail.encode() {
            return Err(Defect::damaged("the end record differs from the frames").at(place));
        }
        self.input.expect_end()?;
        let digest = *blake3::hash(stored).as_bytes();
        self.state = State::Complete(footer.totals(&tail, digest));
        Ok(())
    }

    /// Where the next frame stands.
    fn place(&self) -> Place {
        Place::frame(self.ledger.frames(), self.ledger.offset())
    }

    /// Does something with a frame; a defect is told with frame, offset and table.
    fn located<T>(
        &mut self,
        header: &FrameHeader,
        act: impl FnOnce(&mut Self) -> Result<T, Defect>,
    ) -> Result<T> {
        let place = self.place();
        act(self).map_err(|defect| {
            let error = defect.at(place);
            match self.label(header.key.stream) {
                Some(label) => error.object(label),
                None => error,
            }
        })
    }

    fn label(&self, stream: EntryId) -> Option<String> {
        let at = self.toc.binary_search_by_key(&stream, |entry| entry.id).ok()?;
        Some(self.toc.get(at)?.label())
    }
}

/// The bytes of the pipe, counted.
struct Input<R: Read> {
    reader: BufReader<R>,
    position: u64,
}

impl<R: Read> Input<R> {
    fn header(&mut self) -> Result<Header> {
        let mut start = [0; header::LEN];
        let present = self.read_up_to(&mut start)?;
        if let Some(error) = sniff::refuse(&start[..present]) {
            return Err(error);
        }
        if present < header::LEN {
            return Err(defect::truncated(self.position));
        }
        Header::decode(&start)
    }

    fn take(&mut self, length: u32) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        if self.read_up_to(buffer)? < buffer.len() {
            return Err(defect::truncated(self.position));
        }
        Ok(())
    }

    fn expect_end(&mut self) -> Result<()> {
        let place = Place::byte(self.position);
        match self.read_up_to(&mut [0])? {
            0 => Ok(()),
            _ => Err(Defect::damaged("bytes follow the end record").at(place)),
        }
    }

    /// Fills the buffer as far as the input goes, and says how far.
    fn read_up_to(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(defect::unreadable(error, self.position + filled as u64));
                }
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }
}
