//! What is written reads back.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::*;
use crate::archive::source::Source;
use crate::error::Code;

fn sorted(mut chunks: Vec<Chunk>) -> Vec<Chunk> {
    chunks.sort_by_key(|chunk| chunk.key);
    chunks
}

fn chunks_of(items: Vec<Item>) -> Vec<Chunk> {
    let chunk = |item| match item {
        Item::Chunk(chunk) => Some(Chunk::of(&chunk).unwrap()),
        Item::StreamEnd(..) => None,
    };
    items.into_iter().filter_map(chunk).collect()
}

#[test]
fn a_file_gives_chunks_in_key_order_and_a_pipe_in_arrival_order() {
    let bytes = small_archive();
    assert_eq!(read_file(&bytes).unwrap(), sorted(arrivals()));
    assert_eq!(chunks_of(read_pipe(&bytes).unwrap()), arrivals());
    let reader = open(&bytes).unwrap();
    let in_order: Vec<Chunk> = chunks_of(reader.items().collect::<Result<Vec<Item>>>().unwrap());
    assert_eq!(in_order, arrivals());
}

#[test]
fn both_readers_know_meta_contents_and_totals() {
    let bytes = small_archive();
    let file = open(&bytes).unwrap();
    let mut pipe = PipeReader::new(&bytes[..]).unwrap();
    assert_eq!((file.meta(), pipe.meta()), (&meta(), &meta()));
    assert_eq!(file.toc(), pipe.toc());
    assert_eq!(file.toc()[2], table_data(3, "wide"));
    assert_eq!(pipe.totals(), None);
    while pipe.next().unwrap().is_some() {}
    assert_eq!(pipe.totals(), Some(file.totals()));
    let totals = file.totals();
    assert_eq!((totals.streams, totals.chunks, totals.rows), (3, 7, 106));
    assert_eq!(totals.file_bytes, bytes.len() as u64);
    assert_eq!(totals.stored_bytes, totals.raw_bytes + 2 * totals.chunks);
}

#[test]
fn streams_say_what_they_hold() {
    let file = open(&small_archive()).unwrap();
    let rows: Vec<(u32, u64, u64)> =
        file.streams().iter().map(|stream| (stream.id.0, stream.rows, stream.chunks)).collect();
    assert_eq!(rows, [(2, 104, 4), (3, 2, 3), (4, 0, 0)]);
    assert_eq!(file.streams()[0].row_sum, 104_u128 << 100);
    assert_eq!(file.chunks(EntryId(4)).count(), 0);
    let unknown: Vec<Result<StoredChunk>> = file.chunks(EntryId(1)).collect();
    assert!(matches!(&unknown[..], [Err(error)] if error.code() == Code::Internal));
}

#[test]
fn checking_the_stored_bytes_covers_every_frame_of_rows() {
    let file = open(&small_archive()).unwrap();
    let frames = file.check_stored().collect::<Result<Vec<CheckedFrame>>>().unwrap();
    assert_eq!(frames.len(), 7 + 3);
    assert_eq!(frames.iter().map(|frame| frame.rows).sum::<u64>(), 106);
}

/// Bytes that remember which of them were read.
struct Watched {
    bytes: Vec<u8>,
    read: Arc<Mutex<Vec<Range<usize>>>>,
}

impl Source for Watched {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap();
        self.read.lock().unwrap().push(from..from + buffer.len());
        self.bytes.read_exact_at(buffer, offset)
    }
}

#[test]
fn listing_reads_both_ends_and_a_table_its_own_chunks() {
    let bytes = small_archive();
    let borders = frame_borders(&bytes);
    // Frames: META, TOC, seven chunks, three ends, INDEX, FOOTER; then the tail.
    let (body, index) = (borders[2], borders[12]);
    let read = Arc::new(Mutex::new(Vec::new()));
    let (length, watched) = (bytes.len() as u64, Watched { bytes, read: read.clone() });
    let reader = FileReader::from_source(Box::new(watched), length).unwrap();
    let opened = std::mem::take(&mut *read.lock().unwrap());
    assert!(opened.iter().all(|range| range.end <= body || range.start >= index), "{opened:?}");
    // The third, fourth and fifth chunk, and the second end.
    assert_eq!(reader.chunks(EntryId(3)).count(), 3);
    let own = [4, 5, 6, 10].map(|frame| borders[frame]..borders[frame + 1]);
    let touched = read.lock().unwrap().clone();
    let inside = |range: &Range<usize>| {
        own.iter().any(|frame| frame.start <= range.start && range.end <= frame.end)
    };
    assert!(touched.iter().all(inside), "{touched:?} beside {own:?}");
}

#[test]
fn an_archive_of_nothing_is_an_archive() {
    let (bytes, totals) = Writer::new(Vec::new(), &meta()).unwrap().finish().unwrap();
    assert_eq!(totals.file_bytes, bytes.len() as u64);
    assert!(open(&bytes).unwrap().toc().is_empty());
    assert!(read_pipe(&bytes).unwrap().is_empty());
}

#[test]
fn definitions_without_rows_need_no_streams() {
    let meta = Meta { has_data: false, ..meta() };
    let mut writer = Writer::new(Vec::new(), &meta).unwrap();
    writer.toc(&[schema(1), table_data(2, "t")]).unwrap();
    let (bytes, _) = writer.finish().unwrap();
    assert_eq!(open(&bytes).unwrap().toc().len(), 2);
    assert!(read_pipe(&bytes).unwrap().is_empty());
}

#[test]
fn a_long_table_of_contents_and_a_long_definition_span_frames() {
    let mut entries: Vec<Entry> = (1..=20_000).map(|id| table_data(id, "a_table_name")).collect();
    let noise: String = (0..400_000_u64)
        .map(|n| char::from(33 + (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8 % 90))
        .collect();
    entries[7].create = vec![noise.repeat(7)];
    let meta = Meta { has_data: false, ..meta() };
    let mut writer = Writer::new(Vec::new(), &meta).unwrap();
    writer.toc(&entries[..10_000]).unwrap();
    writer.toc(&entries[10_000..]).unwrap();
    let (bytes, _) = writer.finish().unwrap();
    assert!(open(&bytes).unwrap().toc() == entries);
    assert!(PipeReader::new(&bytes[..]).unwrap().toc() == entries);
}

#[test]
fn the_largest_chunk_passes_and_a_larger_one_does_not() {
    let raw = vec![b'\n'; 8 << 20];
    let largest = Chunk { key: key(2, 0, 0), rows: 8 << 20, continued: false, raw };
    let bytes = archive_of(std::slice::from_ref(&largest)).unwrap();
    assert_eq!(read_file(&bytes).unwrap(), std::slice::from_ref(&largest));
    for raw in [vec![0; (8 << 20) + 1], Vec::new()] {
        let error = Chunk { raw, ..largest.clone() }.encode().unwrap_err();
        assert_eq!(error.code(), Code::Internal);
    }
    let head = ChunkHead { key: key(2, 0, 0), ..ChunkHead::default() };
    assert!(encode_chunk(head, b"1\n", vec![0; 4]).is_ok());
    assert!(encode_chunk(head, b"1\n", vec![0; 5]).is_err());
}

#[test]
fn a_writer_refuses_what_a_reader_would_not_accept() {
    let refused = |chunks: &[Chunk]| archive_of(chunks).unwrap_err();
    let gap = refused(&[chunk(key(2, 0, 1), 1, "1\n")]);
    assert_eq!(gap.code(), Code::Internal);
    assert!(gap.what().contains("chunk 1 instead of 0"), "{gap}");
    assert_eq!(refused(&[chunk(key(9, 0, 0), 1, "1\n")]).code(), Code::Internal);
    let cut = refused(&[chunk(key(2, 0, 0), 0, "no end")]);
    assert!(cut.what().contains("does not go on here"), "{cut}");
    let row = [chunk(key(2, 0, 0), 0, "a row"), chunk(key(3, 0, 0), 1, "1\n")];
    assert!(refused(&row).what().contains("does not go on here"));
}

#[test]
fn a_forgotten_or_miscounted_stream_is_a_bug_and_not_an_archive() {
    let mut writer = Writer::new(Vec::new(), &meta()).unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    let wrong = StreamEnd { rows: 1, ..StreamEnd::default() };
    assert_eq!(writer.end_stream(EntryId(1), wrong).unwrap_err().code(), Code::Internal);
    let mut writer = Writer::new(Vec::new(), &meta()).unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    assert!(writer.finish().unwrap_err().what().contains("stream 1 has no end"));
}

#[test]
fn an_output_that_fails_at_any_write_fails_the_archive() {
    let whole = small_archive();
    let fill = |output: &mut [u8]| write_archive(output, &arrivals(), 1).map(|_| ());
    for room in 0..whole.len() {
        let error = fill(&mut vec![0; room]).unwrap_err();
        assert_eq!(error.code(), Code::OutputFailed, "room for {room} bytes");
    }
    let mut space = vec![0; whole.len()];
    fill(&mut space).unwrap();
    assert_eq!(space, whole);
}

#[test]
fn a_file_on_disk_opens_and_names_itself_in_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.pgx");
    std::fs::write(&path, small_archive()).unwrap();
    let reader = FileReader::open(&path).unwrap();
    assert_eq!(reader.chunks(EntryId(2)).count(), 4);
    let missing = FileReader::open(&directory.path().join("b.pgx")).err().unwrap();
    assert_eq!(missing.code(), Code::InputFailed);
    assert!(missing.object_name().unwrap().contains("b.pgx"));
    std::fs::write(directory.path().join("toc.dat"), b"PGDMP").unwrap();
    let other = FileReader::open(directory.path()).err().unwrap();
    assert_eq!(other.code(), Code::NotAnArchive);
    assert!(other.hint_text().unwrap().contains("directory format"));
}
