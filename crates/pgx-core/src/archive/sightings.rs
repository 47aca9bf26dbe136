//! The frames of a scan, put in order by what they say of themselves, and what control frames hold.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use minicbor::Decode;

use super::control;
use super::defect::Defect;
use super::footer::Footer;
use super::frame::{FrameKind, HEADER_LEN};
use super::index::Record;
use super::limits;
use super::remains::{Missing, Piece};
use super::scan::{self, Sighting};
use super::source::Source;
use super::stream::{ChunkKey, StreamEnd};
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, EntryId, Meta};

/// Frames that a file may have lost, beyond as many as it has room for, before its index counts for
/// nothing: a small frame can list very many.
const LOST_FRAMES: usize = 1 << 16;

/// The frames of a scan, each number once.
pub(super) struct Frames<'s> {
    source: &'s dyn Source,
    /// By number.
    frames: Vec<Sighting>,
}

impl<'s> Frames<'s> {
    /// Of equal frames one stays, a whole one if there is any. A number that different frames have
    /// belongs to none of them.
    pub(super) fn new(source: &'s dyn Source, mut frames: Vec<Sighting>) -> Frames<'s> {
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
        let stored = sighting.stored(self.source)?;
        let raw = sighting.header.unpack(&stored);
        unless_damaged(raw, sighting)
    }

    /// The one item of a control frame, if it is whole.
    fn single<T: for<'b> Decode<'b, ()>>(&self, sighting: &Sighting) -> Result<Option<T>> {
        let Some(raw) = self.raw(sighting)? else { return Ok(None) };
        unless_damaged(control::from_cbor(&raw), sighting)
    }

    pub(super) fn meta(&self) -> Result<Meta> {
        for sighting in self.of_kind(FrameKind::Meta) {
            if let Some(meta) = self.single(sighting)? {
                return Ok(meta);
            }
        }
        Err(Error::new(Code::ArchiveDamaged, "what the archive says of itself cannot be read")
            .note("without its META frame nothing can be salvaged")
            .hint(scan::ANOTHER))
    }

    fn footer(&self) -> Result<Option<Footer>> {
        for sighting in self.of_kind(FrameKind::Footer) {
            if let Some(footer) = self.single(sighting)? {
                return Ok(Some(footer));
            }
        }
        Ok(None)
    }

    /// The records of the index that can be read: no more of them than a file of `length` bytes, or
    /// one that lost some, can have frames.
    pub(super) fn records(&self, length: u64) -> Result<Vec<Record>> {
        let most = usize::try_from(length / HEADER_LEN as u64).unwrap_or(usize::MAX);
        let (mut records, _) = self.items(FrameKind::Index, most.saturating_add(LOST_FRAMES))?;
        records.retain(|record: &Record| record.check().is_ok());
        Ok(records)
    }

    /// The items of all whole frames of a kind, up to the frame in which there are more than `most`;
    /// and whether they are all there were up to the last one.
    fn items<T: for<'b> Decode<'b, ()>>(
        &self,
        kind: FrameKind,
        most: usize,
    ) -> Result<(Vec<T>, bool)> {
        let (mut items, mut gathered) = (Vec::new(), Gathered::default());
        let (mut gapless, mut raw_bytes) = (true, 0);
        for sighting in self.of_kind(kind) {
            raw_bytes += u64::from(sighting.header.raw);
            if items.len() > most || raw_bytes > limits::TOC_RAW {
                return Ok((items, false));
            }
            let Some(raw) = self.raw(sighting)? else { continue };
            let decoded = unless_damaged(gathered.feed(sighting, &raw), sighting)?;
            gapless &= decoded.as_ref().is_some_and(|(_, follows)| *follows);
            match decoded {
                Some((found, _)) => items.extend(found),
                None => gathered.pending.clear(),
            }
        }
        Ok((items, gapless && gathered.pending.is_empty()))
    }

    /// The entries, and what is missing of them.
    pub(super) fn toc(&self, records: &[Record]) -> Result<(Vec<Entry>, Missing)> {
        let (mut toc, mut gapless) = self.items::<Entry>(FrameKind::Toc, usize::MAX)?;
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

    pub(super) fn ends(&self, records: &[Record]) -> Result<BTreeMap<EntryId, StreamEnd>> {
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

    pub(super) fn pieces(&self, records: &[Record]) -> BTreeMap<ChunkKey, Piece> {
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
        let begin: Vec<bool> = pieces.keys().map(|key| self.begins_row(*key, &pieces)).collect();
        for (piece, begins) in pieces.values_mut().zip(begin) {
            piece.begins_row = begins;
        }
        pieces
    }

    /// Whether the first row of a chunk is known to begin in it: because of the chunk before it, or
    /// because the frame before it is another one, and a row goes on in the very next frame.
    fn begins_row(&self, key: ChunkKey, pieces: &BTreeMap<ChunkKey, Piece>) -> bool {
        let Some(sequence) = key.sequence.checked_sub(1) else { return true };
        let before = ChunkKey { sequence, ..key };
        if let Some(piece) = pieces.get(&before) {
            return !piece.continued;
        }
        let sighting = pieces.get(&key).and_then(|piece| piece.sighting);
        let number = sighting.and_then(|sighting| sighting.header.number.checked_sub(1));
        number.is_some_and(|number| self.by_number(number).is_some())
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
        Err(newer) => Err(newer.at(sighting.place())),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::codec::Codec;
    use crate::archive::header::Header;
    use crate::archive::items::Packer;
    use crate::archive::remains::Remains;
    use crate::archive::{ChunkHead, EncodedFrame, encode_chunk};

    const UUID: [u8; 16] = [5; 16];

    #[test]
    fn an_index_that_lists_more_than_there_can_be_costs_no_more_memory() {
        let mut packer = Packer::new(FrameKind::Index, Codec::Zstd(1));
        for sequence in 0..200_000 {
            let record = Record {
                frame: 2,
                offset: 64,
                kind: FrameKind::Data.number(),
                stream: EntryId(1),
                range: 0,
                sequence,
                rows: 1,
                continued: false,
                stored: 1,
                raw: 1,
                digest: [0; 32],
                end: None,
            };
            assert!(packer.push(&record).unwrap());
        }
        let index = packer.take().unwrap();
        let frames = begun_with([meta()].into_iter().chain(index));
        let remains = Remains::of_bytes(frames.clone()).unwrap();
        let most = frames.len() / HEADER_LEN + LOST_FRAMES;
        let listed = remains.pieces(EntryId(1)).count();
        assert!((most / 2..most + 30_000).contains(&listed), "{listed} of at most {most}");
    }

    fn meta() -> EncodedFrame {
        let meta = Meta { has_data: true, ..Meta::default() };
        control::frame(FrameKind::Meta, EntryId(0), &meta, Codec::None).unwrap()
    }

    fn end_of(rows: u64) -> EncodedFrame {
        let end = StreamEnd { rows, ..StreamEnd::default() };
        control::frame(FrameKind::StreamEnd, EntryId(1), &end, Codec::None).unwrap()
    }

    #[test]
    fn a_number_that_different_frames_have_belongs_to_none() {
        let both = |first: u64, second: u64| {
            let mut bytes = begun_with([meta(), end_of(first)].into_iter());
            let other = begun_with([meta(), end_of(second)].into_iter());
            bytes.extend(&other[64..]);
            Remains::of_bytes(bytes).unwrap().end(EntryId(1)).map(|end| end.rows)
        };
        assert_eq!(both(7, 7), Some(7));
        assert_eq!(both(7, 8), None);
    }

    #[test]
    fn a_place_that_two_chunks_claim_belongs_to_none() {
        let key = ChunkKey { stream: EntryId(1), range: 0, sequence: 0 };
        let chunk = |rows: &[u8]| {
            let head = ChunkHead { key, rows: 1, ..ChunkHead::default() };
            encode_chunk(head, rows, [&[0, 0], rows].concat()).unwrap()
        };
        let bytes = begun_with([meta(), chunk(b"1\n"), chunk(b"2\n")].into_iter());
        let remains = Remains::of_bytes(bytes).unwrap();
        let pieces: Vec<bool> = remains.pieces(EntryId(1)).map(|(_, piece)| piece.whole).collect();
        assert_eq!(pieces, [false]);
    }

    /// An archive without an end.
    fn begun_with(frames: impl Iterator<Item = EncodedFrame>) -> Vec<u8> {
        let mut bytes = Header::new(UUID, 1).encode().to_vec();
        for (number, mut frame) in frames.enumerate() {
            frame.header.number = number as u64;
            bytes.extend(frame.header.encode(&UUID));
            bytes.extend(frame.payload);
        }
        bytes
    }
}
