//! Chunks and archives: rows packed and unpacked with their checksums, and an archive of them written
//! to memory and read from a file.
//!
//! Times are the least of several runs, in milliseconds of this thread's CPU clock.

mod made;

use std::fs;
use std::hint::black_box;
use std::path::Path;

use pgx_core::archive::{
    ChunkHead, ChunkKey, EncodedFrame, FileReader, StoredChunk, StreamEnd, Writer,
};
use pgx_core::chunk::{Packer, StreamCodec, Unpacker};
use pgx_core::error::Result;
use pgx_core::toc::{CatalogId, DataSpec, Entry, EntryId, Kind, Meta, Ref, RowFormat};

use made::{Rows, accounts, binary_row, cut, documents, least, orders, samples};

const TABLE: EntryId = EntryId(1);
/// So many times the rows make an archive of some size.
const TIMES: u32 = 8;

fn main() {
    println!("{:<20} {:>12} {:>12} {:>8} {:>9}", "rows, stage", "raw", "stored", "ms", "raw MB/s");
    for rows in [orders(), samples(), accounts(), documents()] {
        of(&rows).expect("rows go into an archive and come back");
    }
}

fn of(rows: &Rows) -> Result<()> {
    let chunks = cut(&rows.binary, binary_row);
    let mut packer = Packer::new(StreamCodec::default())?;
    let (frames, ms) = least(|| pack(&mut packer, &chunks));
    let frames = frames?;
    let (raw, stored) = (rows.binary.len(), stored(&frames));
    report(rows, "pack", [raw, stored], ms);
    let (archive, ms) = least(|| write(&mut packer, &chunks));
    let archive = archive?;
    let (raw, stored) = (raw * TIMES as usize, archive.len());
    report(rows, "pack+write", [raw, stored], ms);
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(file.path(), archive).expect("there is room for an archive");
    let (bytes, ms) = least(|| read(file.path(), |chunk| Ok(chunk.raw_bytes as usize)));
    assert_eq!(bytes?, raw);
    report(rows, "read", [raw, stored], ms);
    let mut unpacker = Unpacker::new()?;
    let mut unpack = |chunk: StoredChunk| Ok(black_box(unpacker.unpack(&chunk)?).raw.len());
    let (bytes, ms) = least(|| read(file.path(), &mut unpack));
    assert_eq!(bytes?, raw);
    report(rows, "read+unpack", [raw, stored], ms);
    Ok(())
}

fn report(rows: &Rows, stage: &str, [raw, stored]: [usize; 2], ms: f64) {
    let (name, speed) = (format!("{} {stage}", rows.name), raw as f64 / ms / 1e3);
    println!("{name:<20} {raw:>12} {stored:>12} {ms:>8.1} {speed:>9.0}");
}

fn head(sequence: u32) -> ChunkHead {
    let key = ChunkKey { stream: TABLE, range: 0, sequence };
    ChunkHead { key, rows: 1, format: RowFormat::Binary, ..ChunkHead::default() }
}

fn pack(packer: &mut Packer, chunks: &[&[u8]]) -> Result<Vec<EncodedFrame>> {
    (0..).zip(chunks).map(|(sequence, raw)| packer.pack(head(sequence), raw)).collect()
}

fn stored(frames: &[EncodedFrame]) -> usize {
    frames.iter().map(|frame| frame.stored_bytes() as usize).sum()
}

fn write(packer: &mut Packer, chunks: &[&[u8]]) -> Result<Vec<u8>> {
    let meta = Meta { has_data: true, ..Meta::default() };
    let mut writer = Writer::new(Vec::new(), &meta)?;
    let rows = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
    let format = RowFormat::Binary;
    let data = Some(DataSpec { format, ..DataSpec::default() });
    writer.toc(&[Entry { id: TABLE, data, ..rows }])?;
    let mut end = StreamEnd::default();
    let all = (0..TIMES).flat_map(|_| chunks);
    for (sequence, raw) in (0..).zip(all) {
        writer.append(packer.pack(head(sequence), raw)?)?;
        end.rows += 1;
        end.chunks += 1;
        end.raw_bytes += raw.len() as u64;
    }
    writer.end_stream(TABLE, end)?;
    Ok(writer.finish()?.0)
}

/// Bytes of rows, as `of` counts them chunk by chunk.
fn read(file: &Path, mut of: impl FnMut(StoredChunk) -> Result<usize>) -> Result<usize> {
    let reader = FileReader::open(file)?;
    reader.chunks(TABLE).map(|chunk| of(chunk?)).sum()
}
