//! Frames out of bytes of which some have changed or are missing.
//!
//! A reader goes from frame to frame and stops where one is not what it should be. A scan goes on:
//! it looks for the next sync, and believes what stands there if header and payload match their
//! checksums. It reads each byte a bounded number of times, whatever the bytes are, and holds one
//! window of them and the headers it found.

use std::io;

use super::defect::{self, Defect, Place};
use super::frame::{FrameHeader, HEADER_LEN, SYNC};
use super::header::{self, Header};
use super::sniff;
use super::source::Source;
use super::tail::{self, Tail};
use crate::error::{Code, Error, Result};

/// Bytes searched, or checked, at once.
const WINDOW: usize = 256 << 10;
/// Bytes read where a header is expected.
const PEEK: usize = 4 << 10;
/// Bytes before the end of the file in which the end record is looked for.
const TAIL_SEARCHED: u64 = 64 << 10;
/// Headers inside of frames that are not whole are believed only after their payload was read. What
/// that may cost in vain: so many times the file, and so many bytes more.
const SPARE_FACTOR: u64 = 4;
const SPARE_BYTES: u64 = 64 << 20;

/// The only advice when nothing can be salvaged.
pub(super) const ANOTHER: &str = "use another copy of the archive";

/// A frame whose header is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) offset: u64,
    pub(super) header: FrameHeader,
    /// The stored bytes are right, too.
    pub(super) whole: bool,
}

impl Sighting {
    /// The first byte behind it, if it is whole.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.header.length())
    }

    /// Where it stands, for messages.
    pub(super) fn place(&self) -> Place {
        Place::frame(self.header.number, self.offset)
    }

    /// Its stored bytes, which are checked again: the file may have changed meanwhile.
    pub(super) fn stored(&self, source: &dyn Source) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.header.stored as usize];
        read(source, &mut bytes, self.offset + HEADER_LEN as u64)?;
        self.header.check_stored(&bytes).map_err(|defect| defect.at(self.place()))?;
        Ok(bytes)
    }
}

/// What a scan found.
pub(super) struct Scan {
    pub(super) uuid: [u8; 16],
    /// In the order of the file.
    pub(super) frames: Vec<Sighting>,
    /// The header is right.
    pub(super) has_header: bool,
    /// Where the end record begins, if there is one of this archive.
    pub(super) tail_at: Option<u64>,
}

/// Called again and again; an error ends the scan.
pub(super) type Look<'l> = &'l mut dyn FnMut() -> Result<()>;

/// Finds the frames in `length` bytes of `source`.
///
/// # Errors
/// Codes 7xx: neither header nor end record say which archive it is, or a newer pgx wrote it; what
/// `look` returns.
pub(super) fn scan(source: &dyn Source, length: u64, look: Look<'_>) -> Result<Scan> {
    let (uuid, has_header) = identity(source, length)?;
    let tail = find_tail(source, length)?.filter(|(_, tail)| tail.uuid == uuid);
    let mut scanner = Scanner {
        source,
        length,
        uuid,
        window: Vec::new(),
        window_at: 0,
        piece: vec![0; WINDOW],
        spare: length.saturating_mul(SPARE_FACTOR).saturating_add(SPARE_BYTES),
    };
    let frames = scanner.frames(look)?;
    Ok(Scan { uuid, frames, has_header, tail_at: tail.map(|(at, _)| at) })
}

/// The archive's UUID, and whether the header is right. Where it is not, the end record has the
/// UUID too; and where there is none, the header's damage may be elsewhere in it.
fn identity(source: &dyn Source, length: u64) -> Result<([u8; 16], bool)> {
    let mut start = [0; header::LEN];
    let present = length.min(header::LEN as u64) as usize;
    read(source, &mut start[..present], 0)?;
    let decoded = match present {
        header::LEN => Header::decode(&start),
        _ => Err(defect::truncated(length)),
    };
    match decoded {
        Ok(header) => return Ok((header.uuid, true)),
        Err(error) if error.code() == Code::ArchiveNewer => return Err(error),
        Err(_) => {}
    }
    if let Some((_, tail)) = find_tail(source, length)? {
        return Ok((tail.uuid, false));
    }
    match sniff::refuse(&start[..present]) {
        Some(error) if error.code() == Code::NotAnArchive => Err(error),
        _ if present < header::LEN => Err(defect::truncated(length).with_hint(ANOTHER)),
        _ => Ok((start[16..32].try_into().expect("a UUID is 16 bytes"), false)),
    }
}

/// The last end record near the end of the file, and where it begins.
fn find_tail(source: &dyn Source, length: u64) -> Result<Option<(u64, Tail)>> {
    let from = length.saturating_sub(TAIL_SEARCHED);
    let mut bytes = vec![0; (length - from) as usize];
    read(source, &mut bytes, from)?;
    Ok(tail::find(&bytes, tail::MAGIC).map(|(at, tail)| (from + at as u64, tail)))
}

struct Scanner<'s> {
    source: &'s dyn Source,
    length: u64,
    uuid: [u8; 16],
    window: Vec<u8>,
    /// Where the window begins.
    window_at: u64,
    /// A piece of a payload.
    piece: Vec<u8>,
    /// Bytes that may still be read in vain.
    spare: u64,
}

impl Scanner<'_> {
    fn frames(&mut self, look: Look<'_>) -> Result<Vec<Sighting>> {
        let mut frames = Vec::new();
        let mut at = 0;
        // The end of the last frame that is not whole. Other frames may begin before it: bytes may
        // have been lost, and what the header says of the length belongs to bytes that are gone.
        let mut broken_until = 0;
        while let Some(offset) = self.next_sync(at, look)? {
            look()?;
            let Some(header) = self.header(offset)? else {
                at = offset + SYNC.len() as u64;
                continue;
            };
            let mut sighting = Sighting { offset, header, whole: false };
            sighting.whole = self.is_whole(&sighting)?;
            frames.push(sighting);
            at = if sighting.whole {
                sighting.end()
            } else if offset >= broken_until {
                broken_until = sighting.end().min(self.length);
                offset + HEADER_LEN as u64
            } else if self.spend(&sighting) {
                offset + HEADER_LEN as u64
            } else {
                broken_until
            };
        }
        Ok(frames)
    }

    /// Accounts for a payload that was read in vain; false when that happened too often.
    fn spend(&mut self, sighting: &Sighting) -> bool {
        let cost = if sighting.end() > self.length { 0 } else { sighting.header.length() };
        let left = self.spare.checked_sub(cost);
        self.spare = left.unwrap_or(0);
        left.is_some()
    }

    /// Where the next sync stands with room for a header behind it, from `at` on.
    fn next_sync(&mut self, mut at: u64, look: Look<'_>) -> Result<Option<u64>> {
        let last = self.length.saturating_sub(HEADER_LEN as u64);
        if at <= last && self.length > 0 && self.fill(at, SYNC.len(), PEEK)?.starts_with(&SYNC) {
            return Ok(Some(at));
        }
        while at <= last {
            let bytes = self.fill(at, SYNC.len(), WINDOW)?;
            if let Some(found) = find_sync(bytes) {
                return Ok(Some(at + found as u64).filter(|&at| at <= last));
            }
            let searched = bytes.len().saturating_sub(SYNC.len() - 1).max(1);
            at += searched as u64;
            look()?;
        }
        Ok(None)
    }

    /// The frame header at `offset`, if one is there.
    ///
    /// # Errors
    /// [`Code::ArchiveNewer`] for one that is right and means something unknown.
    fn header(&mut self, offset: u64) -> Result<Option<FrameHeader>> {
        let uuid = self.uuid;
        let bytes = self.fill(offset, HEADER_LEN, PEEK)?;
        let Some(bytes) = bytes.get(..HEADER_LEN) else { return Ok(None) };
        match FrameHeader::from_slice(bytes, &uuid) {
            Ok(header) => Ok(Some(header)),
            Err(Defect::Damaged(_)) => Ok(None),
            Err(newer) => Err(newer.at(Place::byte(offset))),
        }
    }

    /// Whether the stored bytes behind the header are there and right.
    fn is_whole(&mut self, sighting: &Sighting) -> Result<bool> {
        if sighting.end() > self.length {
            return Ok(false);
        }
        let mut at = sighting.offset + HEADER_LEN as u64;
        let mut crc = 0;
        while at < sighting.end() {
            let piece = (sighting.end() - at).min(WINDOW as u64) as usize;
            read(self.source, &mut self.piece[..piece], at)?;
            crc = crc32c::crc32c_append(crc, &self.piece[..piece]);
            at += piece as u64;
        }
        Ok(crc == sighting.header.stored_crc)
    }

    /// The bytes from `at` on: `least` of them, unless the file ends, and more if they are at hand.
    /// What is read is read up to `most` bytes.
    fn fill(&mut self, at: u64, least: usize, most: usize) -> Result<&[u8]> {
        let held =
            at >= self.window_at && at + least as u64 <= self.window_at + self.window.len() as u64;
        if !held {
            let length = self.length.saturating_sub(at).min(most as u64) as usize;
            self.window.resize(length, 0);
            self.window_at = at;
            read(self.source, &mut self.window, at)?;
        }
        Ok(&self.window[(at - self.window_at) as usize..])
    }
}

fn find_sync(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|&byte| byte == SYNC[0]) {
        if bytes[from + found..].starts_with(&SYNC) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}

fn read(source: &dyn Source, buffer: &mut [u8], offset: u64) -> Result<()> {
    source.read_exact_at(buffer, offset).map_err(|error| unreadable(error, offset))
}

/// A medium that fails is not a damaged archive: what it still gives should be copied first.
fn unreadable(error: io::Error, offset: u64) -> Error {
    defect::unreadable(error, offset)
        .hint("copy what the medium still gives to another one (ddrescue), and salvage the copy")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::archive::frame::FrameKind;
    use crate::archive::stream::ChunkKey;
    use crate::toc::EntryId;

    const UUID: [u8; 16] = [5; 16];

    fn header(number: u64, payload: &[u8]) -> FrameHeader {
        let length = u32::try_from(payload.len()).unwrap();
        FrameHeader {
            kind: FrameKind::Optional(200),
            codec: 0,
            encoding: 0,
            continued: false,
            key: ChunkKey { stream: EntryId(1), range: 0, sequence: 0 },
            items: 1,
            stored: length,
            raw: length,
            number,
            raw_hash: 0,
            stored_crc: crc32c::crc32c(payload),
        }
    }

    fn frame(number: u64, payload: &[u8]) -> Vec<u8> {
        [&header(number, payload).encode(&UUID)[..], payload].concat()
    }

    fn begun() -> Vec<u8> {
        Header::new(UUID, 1).encode().to_vec()
    }

    fn scanned(bytes: &[u8]) -> Vec<(u64, bool)> {
        let source = bytes.to_vec();
        let scan = scan(&source, bytes.len() as u64, &mut || Ok(())).unwrap();
        scan.frames.iter().map(|frame| (frame.header.number, frame.whole)).collect()
    }

    #[test]
    fn frames_are_found_behind_damage_of_any_length() {
        let first = [begun(), frame(0, b"zero")].concat();
        for damage in 0..200 {
            let bytes = [&first[..], &vec![b'P'; damage], &frame(1, b"one")].concat();
            assert_eq!(scanned(&bytes), [(0, true), (1, true)], "{damage} bytes between");
        }
        for damage in [WINDOW - 2, WINDOW, 2 * WINDOW + 3] {
            let bytes = [&first[..], &vec![0; damage], &frame(1, b"one")].concat();
            assert_eq!(scanned(&bytes), [(0, true), (1, true)], "{damage} bytes between");
        }
    }

    #[test]
    fn a_frame_that_lost_bytes_does_not_hide_the_next_ones() {
        let long = frame(0, &vec![7; 100_000]);
        let next = [frame(1, &vec![1; 300_000]), frame(2, b"two")].concat();
        for kept in [56, 57, 1000, 99_999] {
            let bytes = [&begun()[..], &long[..kept], &next[..]].concat();
            assert_eq!(scanned(&bytes), [(0, false), (1, true), (2, true)], "{kept} bytes kept");
        }
    }

    #[test]
    fn a_frame_inside_of_a_whole_frame_is_its_payload() {
        let bytes = [begun(), frame(0, &frame(9, b"inner")), frame(1, b"one")].concat();
        assert_eq!(scanned(&bytes), [(0, true), (1, true)]);
    }

    #[test]
    fn a_cut_frame_is_seen_and_is_not_whole() {
        let bytes = [begun(), frame(0, b"zero")].concat();
        for length in 64 + HEADER_LEN..bytes.len() {
            assert_eq!(scanned(&bytes[..length]), [(0, false)]);
        }
        assert_eq!(scanned(&bytes[..64 + HEADER_LEN - 1]), []);
    }

    /// Counts the bytes that are read of it.
    struct Counting {
        bytes: Vec<u8>,
        read: AtomicU64,
    }

    impl Source for Counting {
        fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            self.read.fetch_add(buffer.len() as u64, Ordering::Relaxed);
            self.bytes.read_exact_at(buffer, offset)
        }
    }

    /// Headers one behind the other, each of which claims the 8 MiB behind it.
    #[test]
    fn headers_that_all_claim_the_same_bytes_cost_a_bounded_number_of_reads() {
        let mut claiming = header(0, b"");
        claiming.stored = 8 << 20;
        claiming.stored_crc = 1;
        let mut bytes = begun();
        while bytes.len() < 24 << 20 {
            bytes.extend(claiming.encode(&UUID));
            claiming.number += 1;
        }
        let length = bytes.len() as u64;
        let source = Counting { bytes, read: AtomicU64::new(0) };
        assert!(scan(&source, length, &mut || Ok(())).is_ok());
        let read = source.read.load(Ordering::Relaxed);
        assert!(read < 2 * SPARE_BYTES + (SPARE_FACTOR + 8) * length, "{read} of {length}");
    }
}
