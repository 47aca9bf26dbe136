//! What is left of an archive: the frames of a scan, put in order by what they say of themselves.
//!
//! Index, ends of streams and footer are used where they can be read, to know what is missing;
//! nothing here needs them to be there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use uuid::Uuid;

use super::cluster::Part;
use super::frame::EncodedFrame;
use super::header;
use super::opening;
use super::scan::{self, Look, Scan, Sighting};
use super::sightings::Frames;
use super::source::Source;
use super::stream::{ChunkKey, StoredChunk, StreamEnd};
use super::tail;
use crate::error::{Error, Result};
use crate::toc::{Entry, EntryId, Meta};

/// What is left of an archive in a file. It holds the table of contents and about 120 bytes for each
/// chunk; chunks are read one by one.
pub struct Remains {
    source: Box<dyn Source>,
    uuid: [u8; 16],
    meta: Meta,
    toc: Vec<Entry>,
    missing: Missing,
    ends: BTreeMap<EntryId, StreamEnd>,
    pieces: BTreeMap<ChunkKey, Piece>,
    damage: Damage,
}

/// What is known to be missing of the table of contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Dump ids before the last entry that is left.
    pub entries: Vec<RangeInclusive<u32>>,
    /// There were, or may have been, entries behind the last one that is left.
    pub more: bool,
}

/// Where the bytes of the file are not those of an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Places.
    pub places: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// The end record is missing: the file was cut.
    pub cut: bool,
    /// Bytes of the file.
    pub file_bytes: u64,
}

/// A chunk that is left, or of which it is known that it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Rows that end in it.
    pub rows: u32,
    /// Its last row goes on in the next chunk of the range.
    pub continued: bool,
    /// Its first row is known to begin in it.
    pub begins_row: bool,
    /// Its stored bytes are right.
    pub whole: bool,
    /// The frame; none when only the index knows of it.
    pub(super) sighting: Option<Sighting>,
}

impl Missing {
    /// Nothing is.
    pub fn is_nothing(&self) -> bool {
        self.entries.is_empty() && !self.more
    }
}

impl Damage {
    /// There is none.
    pub fn is_nothing(&self) -> bool {
        self.places == 0 && !self.cut
    }
}

impl Remains {
    /// Looks through the archive at `path`, a regular file; `look` is called now and then, and its
    /// error ends the search.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged) when what the archive says of itself cannot be read; the other codes
    /// 7xx.
    pub fn read(path: &Path, look: &mut dyn FnMut() -> Result<()>) -> Result<Remains> {
        opening::open_regular(path)
            .and_then(|(file, length)| Remains::of_source(Box::new(file), length, look))
            .map_err(|error| error.object(format!("file {}", path.display())))
    }

    /// [`Remains::read`] of a member of a cluster archive.
    ///
    /// # Errors
    /// As [`Remains::read`].
    pub fn read_part(part: &Part, look: &mut dyn FnMut() -> Result<()>) -> Result<Remains> {
        Remains::of_source(Box::new(part.clone()), part.member().length, look)
            .map_err(|error| error.object(part.label()))
    }

    /// [`Remains::read`] of bytes in memory.
    ///
    /// # Errors
    /// As [`Remains::read`].
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Remains> {
        let length = bytes.len() as u64;
        Remains::of_source(Box::new(bytes), length, &mut || Ok(()))
    }

    fn of_source(source: Box<dyn Source>, length: u64, look: Look<'_>) -> Result<Remains> {
        let scan = scan::scan(&*source, length, look)?;
        let damage = damage(&scan, length);
        let frames = Frames::new(&*source, scan.frames);
        let meta = frames.meta()?;
        let records = frames.records(length)?;
        let (toc, missing) = frames.toc(&records)?;
        let ends = frames.ends(&records)?;
        let pieces = frames.pieces(&records);
        Ok(Remains { uuid: scan.uuid, meta, toc, missing, ends, pieces, damage, source })
    }

    /// The archive's own random number.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_bytes(self.uuid)
    }

    /// What the archive says of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The entries that are left, ids ascending.
    pub fn toc(&self) -> &[Entry] {
        &self.toc
    }

    /// What is missing of the table of contents.
    pub fn missing(&self) -> &Missing {
        &self.missing
    }

    /// Where the file is not what it was.
    pub fn damage(&self) -> &Damage {
        &self.damage
    }

    /// What a stream amounted to, where its end or the index still says so.
    pub fn end(&self, stream: EntryId) -> Option<StreamEnd> {
        self.ends.get(&stream).copied()
    }

    /// The chunks of a stream, in key order; there may have been more.
    pub fn pieces(&self, stream: EntryId) -> impl Iterator<Item = (ChunkKey, Piece)> {
        let first = ChunkKey { stream, range: 0, sequence: 0 };
        let last = ChunkKey { stream, range: u32::MAX, sequence: u32::MAX };
        self.pieces.range(first..=last).map(|(&key, &piece)| (key, piece))
    }

    /// Streams of which something is left although their entries are not.
    pub fn strays(&self) -> Vec<EntryId> {
        let mut ids: Vec<EntryId> = self.pieces.keys().map(|key| key.stream).collect();
        ids.extend(self.ends.keys());
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.toc.binary_search_by_key(id, |entry| entry.id).is_err());
        ids
    }

    /// A chunk, its stored bytes checked.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged), [`Code::InputFailed`](crate::Code::InputFailed).
    pub fn chunk(&self, chunk: ChunkKey) -> Result<StoredChunk> {
        let sighting = self.sighting(chunk)?;
        let stored = sighting.stored(&*self.source)?;
        Ok(StoredChunk::new(&sighting.header, stored, sighting.place(), None))
    }

    /// A chunk as it is stored, to be written at another place of another archive.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged), [`Code::InputFailed`](crate::Code::InputFailed).
    pub fn frame(&self, chunk: ChunkKey, key: ChunkKey) -> Result<EncodedFrame> {
        let sighting = self.sighting(chunk)?;
        let payload = sighting.stored(&*self.source)?;
        let mut header = sighting.header;
        header.key = key;
        let digest = *blake3::hash(&payload).as_bytes();
        Ok(EncodedFrame { header, payload, digest })
    }

    fn sighting(&self, chunk: ChunkKey) -> Result<&Sighting> {
        let piece = self.pieces.get(&chunk).filter(|piece| piece.whole);
        let sighting = piece.and_then(|piece| piece.sighting.as_ref());
        sighting.ok_or_else(|| Error::internal("a chunk that is not whole was asked for"))
    }
}

/// The bytes that belong neither to the header, nor to a whole frame, nor to the end record.
fn damage(scan: &Scan, length: u64) -> Damage {
    let mut damage =
        Damage { cut: scan.tail_at.is_none(), file_bytes: length, ..Damage::default() };
    let mut at = 0;
    let mut covered = |from: u64, to: u64| {
        if from > at {
            damage.places += 1;
            damage.bytes += from - at;
        }
        at = at.max(to);
    };
    if scan.has_header {
        covered(0, header::LEN as u64);
    }
    for frame in scan.frames.iter().filter(|frame| frame.whole) {
        covered(frame.offset, frame.end());
    }
    if let Some(at) = scan.tail_at {
        covered(at, at + tail::LEN as u64);
    }
    covered(length, length);
    damage
}
