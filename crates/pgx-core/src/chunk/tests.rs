//! Rows through the whole of it: packed, archived, damaged, read, unpacked.

use std::io::Cursor;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::archive::{ChunkKey, FileReader, Item, PipeReader, StreamEnd, Writer};
use crate::rows::{Cut, Cutter, Malformed, RowSum};
use crate::toc::{CatalogId, DataSpec, Entry, EntryId, Kind, Meta, Ref, RowFormat};

const CODECS: [StreamCodec; 4] =
    [StreamCodec::None, StreamCodec::Zstd(1), StreamCodec::Gzip(6), StreamCodec::Lz4];

/// Text rows of a few kinds of columns.
fn text_rows(count: u32) -> Vec<u8> {
    (0..count)
        .flat_map(|i| {
            format!("{i}\t{}.5\tname {}\t2026-01-{:02}\t\\N\n", i * 7, i % 3, i % 28 + 1)
                .into_bytes()
        })
        .collect()
}

/// The data of a COPY BINARY of two columns, an `int4` and a text.
fn binary_copy(count: u32) -> Vec<u8> {
    let rows = (0..count).flat_map(|i| {
        let text = format!("value {}", i % 5);
        let length = u32::try_from(text.len()).unwrap();
        [&[0, 2, 0, 0, 0, 4], &i.to_be_bytes()[..], &length.to_be_bytes(), text.as_bytes()].concat()
    });
    [b"PGCOPY\n\xff\r\n\0", &[0; 8][..]]
        .concat()
        .into_iter()
        .chain(rows)
        .chain([255, 255])
        .collect()
}

fn cuts(format: RowFormat, copy: &[u8], target: usize) -> (Vec<Cut>, StreamEnd) {
    let mut cutter = Cutter::new(target, RowSum::new(format));
    let mut cuts = Vec::new();
    let pushed: Result<(), Malformed> = cutter.push(copy, |cut, _| {
        cuts.push(cut);
        Ok(())
    });
    pushed.unwrap();
    cuts.extend(cutter.finish().unwrap());
    let end = StreamEnd {
        rows: cutter.sum().rows(),
        raw_bytes: cuts.iter().map(|cut| cut.raw.len() as u64).sum(),
        chunks: cuts.len() as u64,
        row_sum: cutter.sum().value(),
    };
    (cuts, end)
}

fn table(id: u32, format: RowFormat) -> Entry {
    let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
    entry.id = EntryId(id);
    entry.data = Some(DataSpec { format, ..DataSpec::default() });
    entry
}

/// An archive of a text table and a binary one.
fn archive(codec: StreamCodec) -> Vec<u8> {
    let meta = Meta { has_data: true, ..Meta::default() };
    let mut writer = Writer::new(Vec::new(), &meta).unwrap();
    writer.toc(&[table(1, RowFormat::Text), table(2, RowFormat::Binary)]).unwrap();
    let mut packer = Packer::new(codec).unwrap();
    for (stream, format, copy) in
        [(1, RowFormat::Text, text_rows(40)), (2, RowFormat::Binary, binary_copy(40))]
    {
        let (cuts, end) = cuts(format, &copy, 600);
        for (sequence, Cut { raw, rows, continued }) in (0..).zip(cuts) {
            let key = ChunkKey { stream: EntryId(stream), range: 0, sequence };
            let head = ChunkHead { key, rows, continued, format };
            writer.append(packer.pack(head, &raw).unwrap()).unwrap();
        }
        writer.end_stream(EntryId(stream), end).unwrap();
    }
    writer.finish().unwrap().0
}

/// All rows of an archive in a pipe.
fn read_pipe(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut reader = PipeReader::new(Cursor::new(bytes))?;
    let mut unpacker = Unpacker::new()?;
    let mut rows = Vec::new();
    while let Some(item) = reader.next()? {
        if let Item::Chunk(chunk) = item {
            rows.extend(unpacker.unpack(&chunk)?.raw);
        }
    }
    Ok(rows)
}

/// All rows of an archive in a file.
fn read_file(bytes: &[u8]) -> Result<Vec<u8>> {
    let reader = FileReader::of_bytes(bytes.to_vec())?;
    let mut unpacker = Unpacker::new()?;
    let mut rows = Vec::new();
    for stream in reader.streams() {
        for chunk in reader.chunks(stream.id) {
            rows.extend(unpacker.unpack(&chunk?)?.raw);
        }
    }
    Ok(rows)
}

/// Asserts that both readers refuse `bytes` as a bad archive.
fn assert_refused(bytes: &[u8], what: &dyn std::fmt::Display) {
    for verdict in [read_file(bytes), read_pipe(bytes)] {
        let error = verdict.err().unwrap_or_else(|| panic!("{what} goes unnoticed"));
        assert_eq!(error.code().exit_code(), 7, "{what}: {error:?}");
    }
}

/// Runs `check` for every codec and every place of its archive.
fn everywhere(check: impl Fn(&str, &[u8], usize) + Sync) {
    std::thread::scope(|scope| {
        for codec in CODECS {
            let check = &check;
            scope.spawn(move || {
                let whole = archive(codec);
                (0..whole.len()).for_each(|at| check(&codec.to_string(), &whole, at));
            });
        }
    });
}

#[test]
fn rows_come_back_by_every_codec() {
    let copy = binary_copy(40);
    let rows = [&text_rows(40)[..], &copy[19..copy.len() - 2]].concat();
    for codec in CODECS {
        let bytes = archive(codec);
        assert_eq!(read_file(&bytes).unwrap(), rows, "{codec}");
        assert_eq!(read_pipe(&bytes).unwrap(), rows, "{codec}");
        assert_eq!(bytes.len(), archive(codec).len(), "{codec}");
    }
}

#[test]
fn every_truncation_is_noticed() {
    everywhere(|codec, whole, length| {
        assert_refused(&whole[..length], &format_args!("{codec}, cut at {length}"));
    });
}

#[test]
fn every_flipped_bit_is_noticed() {
    everywhere(|codec, whole, at| {
        let mut bytes = whole.to_vec();
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert_refused(&bytes, &format_args!("{codec}, bit {bit} of byte {at}"));
            bytes[at] ^= 1 << bit;
        }
    });
}

#[test]
fn zeroed_doubled_and_swapped_blocks_are_noticed_at_every_byte() {
    everywhere(|codec, whole, at| {
        let mut changed = Vec::new();
        if at + 64 <= whole.len() {
            let mut zeroed = whole.to_vec();
            zeroed[at..at + 64].fill(0);
            let doubled = [&whole[..at + 64], &whole[at..]].concat();
            changed.extend([("zeroed", zeroed), ("doubled", doubled)]);
        }
        if at + 128 <= whole.len() {
            let mut swapped = whole.to_vec();
            swapped[at..at + 128].rotate_left(64);
            changed.push(("swapped", swapped));
        }
        for (how, bytes) in changed {
            if bytes != whole {
                for verdict in [read_file(&bytes), read_pipe(&bytes)] {
                    assert!(verdict.is_err(), "{codec}: {how} at {at} goes unnoticed");
                }
            }
        }
    });
}

#[test]
fn damage_in_rows_says_frame_offset_and_table() {
    for codec in CODECS {
        let whole = archive(codec);
        let reader = FileReader::of_bytes(whole.clone()).unwrap();
        let Item::Chunk(chunk) = reader.items().next().unwrap().unwrap() else { panic!("a chunk") };
        let at = whole.windows(chunk.payload.len()).position(|bytes| bytes == chunk.payload);
        let mut bytes = whole;
        bytes[at.unwrap()] ^= 1;
        for error in [read_file(&bytes).unwrap_err(), read_pipe(&bytes).unwrap_err()] {
            assert!(error.what().contains(&format!("frame 2 at byte {}", at.unwrap() - 56)));
            assert_eq!(error.object_name(), Some("TABLE DATA s.t"));
        }
    }
}

#[test]
fn a_payload_that_stands_for_other_rows_is_damage() {
    let meta = Meta { has_data: true, ..Meta::default() };
    let mut writer = Writer::new(Vec::new(), &meta).unwrap();
    writer.toc(&[table(1, RowFormat::Text)]).unwrap();
    let key = ChunkKey { stream: EntryId(1), range: 0, sequence: 0 };
    let head = ChunkHead { key, rows: 1, ..ChunkHead::default() };
    writer.append(encode_chunk(head, b"one\n", b"\0\0two\n".to_vec()).unwrap()).unwrap();
    let end = StreamEnd { rows: 1, raw_bytes: 4, chunks: 1, row_sum: 0 };
    writer.end_stream(EntryId(1), end).unwrap();
    let bytes = writer.finish().unwrap().0;
    let reader = FileReader::of_bytes(bytes).unwrap();
    let stored = reader.chunks(EntryId(1)).next().unwrap().unwrap();
    let error = Unpacker::new().unwrap().unpack(&stored).unwrap_err();
    assert!(error.what().contains("do not match their checksum"), "{error}");
}

/// A row: its fields, some of them null.
fn row() -> impl Strategy<Value = Vec<Option<Vec<u8>>>> {
    let field = prop_oneof![
        vec(any::<u8>(), 0..40),
        (any::<i32>()).prop_map(|number| number.to_string().into_bytes()),
        (0..3u8).prop_map(|kind| vec![b'a' + kind]),
        vec(any::<u8>(), 100..400),
    ];
    vec(proptest::option::weighted(0.9, field), 0..5)
}

/// What a server would send for the rows, and what of it are rows.
fn copy_of(format: RowFormat, rows: &[Vec<Option<Vec<u8>>>]) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = Vec::new();
    for row in rows {
        match format {
            RowFormat::Text => {
                let fields = row.iter().map(|field| match field {
                    Some(field) => field.iter().flat_map(|&byte| escaped(byte)).collect(),
                    None => b"\\N".to_vec(),
                });
                bytes.extend(fields.collect::<Vec<_>>().join(&b'\t'));
                bytes.push(b'\n');
            }
            RowFormat::Binary => {
                bytes.extend((row.len() as i16).to_be_bytes());
                for field in row {
                    let length = field.as_ref().map_or(-1, |field| field.len() as i32);
                    bytes.extend(length.to_be_bytes());
                    bytes.extend(field.as_deref().unwrap_or_default());
                }
            }
        }
    }
    let (header, trailer) = (crate::rows::header(format), crate::rows::trailer(format));
    ([header, &bytes, trailer].concat(), bytes)
}

fn escaped(byte: u8) -> Vec<u8> {
    match byte {
        b'\\' => b"\\\\".to_vec(),
        b'\n' => b"\\n".to_vec(),
        b'\t' => b"\\t".to_vec(),
        byte => vec![byte],
    }
}

proptest! {
    #[test]
    fn any_rows_in_any_pieces_and_chunks_come_back(
        rows in vec(row(), 0..60),
        binary in any::<bool>(),
        piece in 1..700usize,
        target in 16..3_000usize,
        codec in 0..CODECS.len(),
    ) {
        let format = if binary { RowFormat::Binary } else { RowFormat::Text };
        let (copy, expected) = copy_of(format, &rows);
        let mut cutter = Cutter::new(target, RowSum::new(format));
        let mut packer = Packer::new(CODECS[codec]).unwrap();
        let meta = Meta { has_data: true, ..Meta::default() };
        let mut writer = Writer::new(Vec::new(), &meta).unwrap();
        writer.toc(&[table(1, format)]).unwrap();
        let mut cuts = Vec::new();
        for piece in copy.chunks(piece) {
            let pushed: Result<(), Malformed> = cutter.push(piece, |cut, _| {
                cuts.push(cut);
                Ok(())
            });
            pushed.unwrap();
        }
        cuts.extend(cutter.finish().unwrap());
        let mut end = StreamEnd {
            rows: cutter.sum().rows(),
            row_sum: cutter.sum().value(),
            ..StreamEnd::default()
        };
        prop_assert_eq!(end.rows, rows.len() as u64);
        for (sequence, Cut { raw, rows, continued }) in (0..).zip(cuts) {
            prop_assert!(raw.len() <= target && (continued || rows > 0));
            let key = ChunkKey { stream: EntryId(1), range: 0, sequence };
            let head = ChunkHead { key, rows, continued, format };
            writer.append(packer.pack(head, &raw).unwrap()).unwrap();
            end.raw_bytes += raw.len() as u64;
            end.chunks += 1;
        }
        writer.end_stream(EntryId(1), end).unwrap();
        let bytes = writer.finish().unwrap().0;
        prop_assert_eq!(&read_file(&bytes).unwrap(), &expected);
        prop_assert_eq!(&read_pipe(&bytes).unwrap(), &expected);
    }
}
