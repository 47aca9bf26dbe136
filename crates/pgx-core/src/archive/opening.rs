//! Opening an archive: everything but the rows is read and checked.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::contents::Contents;
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
use super::stream::{StreamInfo, Totals};
use super::tail::{self, Tail};
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, Meta};

/// All of an archive but its rows.
pub(super) struct Opened {
    pub(super) uuid: [u8; 16],
    pub(super) meta: Meta,
    pub(super) toc: Vec<Entry>,
    pub(super) streams: Vec<StreamInfo>,
    /// In file order.
    pub(super) records: Vec<Record>,
    pub(super) totals: Totals,
}

/// Reads and checks everything but the frames of rows.
pub(super) fn open(source: &dyn Source, length: u64) -> Result<Opened> {
    let header = read_header(source, length)?;
    let tail = read_tail(source, length, &header, tail::MAGIC)?;
    let mut opening = Opening { source, length, ledger: Ledger::new(&header) };
    let (footer, footer_header, digest) = opening.footer(&tail)?;
    let meta = opening.meta(&footer)?;
    let toc = opening.toc(&footer, meta.has_rows())?;
    let records = opening.index(&footer)?;
    opening.compare(&footer, &footer_header, &tail)?;
    let streams = opening.ledger.streams().collect();
    let totals = footer.totals(&tail, digest);
    Ok(Opened { uuid: header.uuid, meta, toc, streams, records, totals })
}

/// What is needed while an archive is opened.
struct Opening<'s> {
    source: &'s dyn Source,
    /// Bytes of the archive.
    length: u64,
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

    fn toc(&mut self, footer: &Footer, with_rows: bool) -> Result<Vec<Entry>> {
        let mut contents = Contents::new(with_rows);
        for control in of_kind(footer, FrameKind::Toc) {
            let (header, raw) = self.control(control)?;
            self.enter(&header, control)?;
            let fed = contents.feed(&header, &raw, &mut self.ledger);
            fed.map_err(|defect| defect.at(place_of(control)))?;
        }
        contents.finish().map_err(|defect| defect.at(Place::byte(self.ledger.offset())))
    }

    /// Reads the records first: they lead the ledger over the body to where the index stands.
    fn index(&mut self, footer: &Footer) -> Result<Vec<Record>> {
        let mut unpacker = Unpacker::<Record>::new();
        let mut records = Vec::new();
        let mut headers = Vec::new();
        let end = of_kind(footer, FrameKind::Index).next().map_or(0, |first| first.offset);
        for control in of_kind(footer, FrameKind::Index) {
            let (header, raw) = self.control(control)?;
            let part = unpacker.feed(&header, &raw).map_err(|d| d.at(place_of(control)))?;
            for record in part {
                // So the records are no more than the file has room for.
                if record.offset.saturating_add(record.length()) > end {
                    let defect = Defect::damaged("the index lists a frame that is not there");
                    return Err(defect.at(place_of(control)));
                }
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
        if place.offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(Defect::damaged("the frame would end behind the archive").at(place));
        }
        let mut bytes = vec![0; length as usize];
        self.source
            .read_exact_at(&mut bytes, place.offset)
            .map_err(|error| defect::unreadable(error, place.offset))?;
        let stored = bytes.split_off(HEADER_LEN);
        let header =
            FrameHeader::from_slice(&bytes, self.ledger.uuid()).map_err(|d| d.at(place))?;
        if header.length() != length {
            return Err(Defect::damaged("the frame has another length than listed").at(place));
        }
        header.check_stored(&stored).map_err(|defect| defect.at(place))?;
        Ok((header, stored))
    }
}

fn of_kind(footer: &Footer, kind: FrameKind) -> impl Iterator<Item = &Control> {
    footer.controls.iter().filter(move |control| control.kind == kind.number())
}

fn place_of(control: &Control) -> Place {
    Place::frame(control.frame, control.offset)
}

/// Opens a regular file, and says how long it is.
pub(super) fn open_regular(path: &Path) -> Result<(File, u64)> {
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

/// The tail with this magic, at the end of the file that `header` begins.
pub(super) fn read_tail(
    source: &dyn Source,
    length: u64,
    header: &Header,
    magic: [u8; 8],
) -> Result<Tail> {
    let place = Place::byte(length.saturating_sub(tail::LEN as u64));
    if place.offset < header::LEN as u64 {
        return Err(defect::truncated(length));
    }
    let mut bytes = [0; tail::LEN];
    source
        .read_exact_at(&mut bytes, place.offset)
        .map_err(|error| defect::unreadable(error, place.offset))?;
    let what = match Tail::decode_as(&bytes, magic) {
        Some(tail) if tail.uuid != header.uuid => {
            "the end record is that of another archive".into()
        }
        Some(tail) if tail.file_length != length => {
            format!("the end record says {} bytes, the file has {length}", tail.file_length)
        }
        Some(tail) => return Ok(tail),
        None if tail::resembles(&bytes, magic, &header.uuid, length) => {
            "the end record does not match its checksum".into()
        }
        None => return Err(missing_tail(source, length, magic)),
    };
    Err(Defect::damaged(what).at(place))
}

/// Bytes before the end of a file in which a tail is looked for that does not end the file.
const SEARCHED: u64 = 64 << 10;

/// The error of a file that does not end in a tail: it was cut, or something was added to it.
fn missing_tail(source: &dyn Source, length: u64, magic: [u8; 8]) -> Error {
    let from = length.saturating_sub(SEARCHED);
    let mut bytes = vec![0; (length - from) as usize];
    if let Err(error) = source.read_exact_at(&mut bytes, from) {
        return defect::unreadable(error, from);
    }
    match tail::find(&bytes, magic) {
        Some((_, tail)) if tail.file_length < length => {
            let what = format!("{} bytes follow the end record", length - tail.file_length);
            Defect::damaged(what).at(Place::byte(tail.file_length))
        }
        _ => defect::truncated(length),
    }
}
