//! What is left of an archive: the frames of a scan, put in order by what they say of themselves.
//!
//! Index, ends of streams and footer are used where they can be read, to know what is missing;
//! nothing here needs them to be there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use minicbor::Decode;
use uuid::Uuid;

use super::control;
use super::defect::{Defect, Place};
use super::footer::Footer;
use super::frame::{EncodedFrame, FrameKind, HEADER_LEN};
use super::header;
use super::index::Record;
use super::limits;
use super::opening;
use super::scan::{self, Look, Scan, Sighting};
use super::source::Source;
use super::stream::{ChunkKey, StreamEnd};
use super::tail;
use crate::error::{Code, Error, Result};
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
    sighting: Option<Sighting>,
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
    /// [`Code::ArchiveDamaged`] when what the archive says of itself cannot be read;
    /// [`Code::InputFailed`], [`Code::NotAnArchive`], [`Code::ArchiveNewer`], [`Code::ArchiveTruncated`].
    pub fn read(path: &Path, look: &mut dyn FnMut() -> Result<()>) -> Result<Remains> {
        opening::open_regular(path)
            .and_then(|(file, length)| Remains::of_source(Box::new(file), length, look))
            .map_err(|error| error.object(format!("file {}", path.display())))
    }

    /// [`Remains::read`] of bytes in memory.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Remains> {
        Remains::of_source(Box::new(bytes.to_vec()), bytes.len() as u64, &mut || Ok(()))
    }

    fn of_source(source: Box<dyn Source>, length: u64, look: Look<'_>) -> Result<Remains> {
        let scan = scan::scan(&*source, length, look)?;
        let damage = damage(&scan, length);
        let frames = Frames::new(&*source, scan.frames);
        let meta = frames.meta()?;
        let (records, _) = frames.items::<Record>(FrameKind::Index)?;
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

    /// The raw bytes of a chunk.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`], [`Code::InputFailed`].
    pub fn rows(&self, chunk: ChunkKey) -> Result<Vec<u8>> {
        let sighting = self.sighting(chunk)?;
        let stored = stored(&*self.source, sighting)?;
        sighting.header.unpack(&stored).map_err(|defect| defect.at(place(sighting)))
    }

    /// A chunk as it is stored, to be written at another place of another archive.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`], [`Code::InputFailed`].
    pub fn frame(&self, chunk: ChunkKey, key: ChunkKey) -> Result<EncodedFrame> {
        let sighting = self.sighting(chunk)?;
        let payload = stored(&*self.source, sighting)?;
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

fn place(sighting: &Sighting) -> Place {
    Place::frame(sighting.header.number, sighting.offset)
}

/// The stored bytes of a frame, which are checked again: the file may have changed meanwhile.
fn stored(source: &dyn Source, sighting: &Sighting) -> Result<Vec<u8>> {
    let mut bytes = vec![0; sighting.header.stored as usize];
    let offset = sighting.offset + HEADER_LEN as u64;
    scan::read(source, &mut bytes, offset)?;
    sighting.header.check_stored(&bytes).map_err(|defect| defect.at(place(sighting)))?;
    Ok(bytes)
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

/// The frames of a scan, each number once.
struct Frames<'s> {
    source: &'s dyn Source,
    /// By number.
    frames: Vec<Sighting>,
}

impl<'s> Frames<'s> {
    /// Of equal frames one stays, a whole one if there is any. A number that different frames have
    /// belongs to none of them.
    fn new(source: &'s dyn Source, mut frames: Vec<Sighting>) -> Frames<'s> {
        frames.sort_by_key(|frame| (frame.header.number, !frame.whole));
        frames.dedup_by(|again, first| {
            let same = again.header.number == first.header.number;
            first.whole &= !same || again.header == first.header;
            same
        });
        Frames { source, frames }
    }

    fn of_kind(&self, kind: FrameKind) -> impl Iterator<Item = &Sighting> {
        self.frames.iter().filter(move |frame| frame.header.kind == kind)
    }

    fn by_number(&self, number: u64) -> Option<&Sighting> {
        let found = self.frames.binary_search_by_key(&number, |frame| frame.header.number);
        found.ok().map(|at| &self.frames[at])
    }

    /// The raw bytes of a control frame, if it is whole.
    fn raw(&self, sighting: &Sighting) -> Result<Option<Vec<u8>>> {
        if !sighting.whole {
            return Ok(None);
        }
        let stored = stored(self.source, sighting)?;
        let raw = sighting.header.unpack(&stored);
        unless_damaged(raw, sighting)
    }

    /// The one item of a control frame, if it is whole.
    fn single<T: for<'b> Decode<'b, ()>>(&self, sighting: &Sighting) -> Result<Option<T>> {
        let Some(raw) = self.raw(sighting)? else { return Ok(None) };
        unless_damaged(control::from_cbor(&raw), sighting)
    }

    fn meta(&self) -> Result<Meta> {
        for sighting in self.of_kind(FrameKind::Meta) {
            if let Some(meta) = self.single(sighting)? {
                return Ok(meta);
            }
        }
        Err(Error::new(Code::ArchiveDamaged, "what the archive says of itself cannot be read")
            .note("without its META frame nothing can be salvaged")
            .hint("use another copy of the archive"))
    }

    fn footer(&self) -> Result<Option<Footer>> {
        for sighting in self.of_kind(FrameKind::Footer) {
            if let Some(footer) = self.single(sighting)? {
                return Ok(Some(footer));
            }
        }
        Ok(None)
    }

    /// The items of all whole frames of a kind, and whether they follow each other from the first
    /// one on without a gap.
    fn items<T: for<'b> Decode<'b, ()>>(&self, kind: FrameKind) -> Result<(Vec<T>, bool)> {
        let (mut items, mut gathered) = (Vec::new(), Gathered::default());
        let mut gapless = true;
        for sighting in self.of_kind(kind) {
            let Some(raw) = self.raw(sighting)? else { continue };
            let decoded = unless_damaged(gathered.feed(sighting, &raw), sighting)?;
            match decoded {
                Some((found, follows)) => {
                    gapless &= follows;
                    items.extend(found);
                }
                None => {
                    gapless = false;
                    gathered.pending.clear();
                }
            }
        }
        Ok((items, gapless && gathered.pending.is_empty()))
    }

    /// The entries, and what is missing of them.
    fn toc(&self, records: &[Record]) -> Result<(Vec<Entry>, Missing)> {
        let (mut toc, mut gapless) = self.items::<Entry>(FrameKind::Toc)?;
        let n_decoded = toc.len();
        let mut last = EntryId(0);
        toc.retain(|entry| {
            let ascends = entry.id > last;
            last = last.max(entry.id);
            ascends
        });
        gapless &= toc.len() == n_decoded;
        let more = !self.toc_ends(records)?;
        let entries = if gapless { Vec::new() } else { gaps(&toc) };
        // A gap that cost no id, as far as one can tell, is one nevertheless.
        let more = more || (!gapless && entries.is_empty());
        Ok((toc, Missing { entries, more }))
    }

    /// Whether it is known that nothing is missing behind the last TOC frame that is left.
    fn toc_ends(&self, records: &[Record]) -> Result<bool> {
        let last = self.of_kind(FrameKind::Toc).filter(|frame| frame.whole).last();
        let next = last.map_or(1, |frame| frame.header.number.saturating_add(1));
        if let Some(sighting) = self.by_number(next) {
            return Ok(sighting.header.kind != FrameKind::Toc);
        }
        let in_body = records.iter().any(|record| record.frame == next);
        let listed = self
            .footer()?
            .and_then(|footer| footer.controls.into_iter().find(|control| control.frame == next));
        Ok(in_body || listed.is_some_and(|control| control.kind != FrameKind::Toc.number()))
    }

    fn ends(&self, records: &[Record]) -> Result<BTreeMap<EntryId, StreamEnd>> {
        let listed =
            records.iter().filter_map(|record| Some((record.stream, **record.end.as_ref()?)));
        let mut ends: BTreeMap<EntryId, StreamEnd> = listed.collect();
        for sighting in self.of_kind(FrameKind::StreamEnd) {
            if let Some(end) = self.single(sighting)? {
                ends.insert(sighting.header.key.stream, end);
            }
        }
        Ok(ends)
    }

    fn pieces(&self, records: &[Record]) -> BTreeMap<ChunkKey, Piece> {
        let mut pieces: BTreeMap<ChunkKey, Piece> = BTreeMap::new();
        for sighting in self.of_kind(FrameKind::Data) {
            let piece = Piece::of(sighting);
            // Two places cannot both be right, and nothing says which one is.
            pieces
                .entry(sighting.header.key)
                .and_modify(|known| known.whole = false)
                .or_insert(piece);
        }
        let data = FrameKind::Data.number();
        for record in records.iter().filter(|record| record.kind == data) {
            pieces.entry(record.key()).or_insert_with(|| Piece::of_record(record));
        }
        let begin: Vec<bool> =
            pieces.iter().map(|(key, _)| self.begins_row(*key, &pieces)).collect();
        for (piece, begins) in pieces.values_mut().zip(begin) {
            piece.begins_row = begins;
        }
        pieces
    }

    /// Whether the first row of a chunk is known to begin in it.
    fn begins_row(&self, key: ChunkKey, pieces: &BTreeMap<ChunkKey, Piece>) -> bool {
        let Some(before) = key.sequence.checked_sub(1) else { return true };
        let before = ChunkKey { sequence: before, ..key };
        pieces.get(&before).is_some_and(|piece| !piece.continued)
    }
}

impl Piece {
    fn of(sighting: &Sighting) -> Piece {
        Piece {
            rows: sighting.header.items,
            continued: sighting.header.continued,
            begins_row: false,
            whole: sighting.whole,
            sighting: Some(*sighting),
        }
    }

    fn of_record(record: &Record) -> Piece {
        let Record { rows, continued, .. } = *record;
        Piece { rows, continued, begins_row: false, whole: false, sighting: None }
    }
}

/// Nothing for what is damaged; only what a newer pgx wrote is an error.
fn unless_damaged<T>(result: Result<T, Defect>, sighting: &Sighting) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Defect::Damaged(_)) => Ok(None),
        Err(newer) => Err(newer.at(place(sighting))),
    }
}

/// Ids that no entry has.
fn gaps(toc: &[Entry]) -> Vec<RangeInclusive<u32>> {
    let mut next = 1;
    let mut gaps = Vec::new();
    for entry in toc {
        if entry.id.0 > next {
            gaps.push(next..=entry.id.0 - 1);
        }
        next = entry.id.0.saturating_add(1);
    }
    gaps
}

/// Takes items out of frames of which some are missing.
#[derive(Default)]
struct Gathered {
    /// The beginning of an item.
    pending: Vec<u8>,
    next: u32,
}

impl Gathered {
    /// The items of a frame, and whether it follows the one before.
    ///
    /// Behind a gap the frame may begin in the middle of an item. Then it does not decode, or not to
    /// as many items as it says: text of an entry is no entry, since the bytes that begin one are
    /// no characters.
    fn feed<T: for<'b> Decode<'b, ()>>(
        &mut self,
        sighting: &Sighting,
        raw: &[u8],
    ) -> Result<(Vec<T>, bool), Defect> {
        let header = &sighting.header;
        let follows = header.key.sequence == self.next;
        self.next = header.key.sequence.saturating_add(1);
        if !follows {
            self.pending.clear();
        }
        if self.pending.len() + raw.len() > limits::ITEM + limits::CONTROL_RAW as usize {
            return Err(Defect::damaged("an item is longer than allowed"));
        }
        self.pending.extend_from_slice(raw);
        if header.continued {
            return Ok((Vec::new(), follows));
        }
        let bytes = std::mem::take(&mut self.pending);
        let mut decoder = minicbor::Decoder::new(&bytes);
        let mut items = Vec::new();
        while decoder.position() < bytes.len() {
            items.push(decoder.decode().map_err(|error| control::undecodable(&error))?);
        }
        if items.len() != header.items as usize {
            return Err(Defect::damaged("the number of items differs from the frame header's"));
        }
        Ok((items, follows))
    }
}
