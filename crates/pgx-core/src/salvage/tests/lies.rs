//! Archives whose checksums are right and whose words are not.

use super::*;

/// An archive of one table whose one chunk says that `rows` rows end in it.
fn archive(rows: u32, entry_format: RowFormat, end: StreamEnd) -> Vec<u8> {
    let mut entry = rows_of(1, "t", &[]);
    entry.data.as_mut().unwrap().format = entry_format;
    let mut writer = Writer::new(Vec::new(), &meta()).unwrap();
    writer.toc(&[entry]).unwrap();
    let key = ChunkKey { stream: EntryId(1), range: 0, sequence: 0 };
    let head = ChunkHead { key, rows, continued: false, format: RowFormat::Text };
    let mut packer = Packer::new(StreamCodec::default()).unwrap();
    writer.append(packer.pack(head, b"1\n2\n").unwrap()).unwrap();
    writer.end_stream(EntryId(1), end).unwrap();
    writer.finish().unwrap().0
}

fn end() -> StreamEnd {
    let mut sum = RowSum::new(RowFormat::Text);
    sum.update(b"1\n2\n").unwrap();
    StreamEnd { rows: 2, raw_bytes: 4, chunks: 1, row_sum: sum.value() }
}

fn state(bytes: &[u8]) -> (State, u64) {
    let survey = survey(bytes).unwrap();
    // Whatever is kept makes a valid archive.
    repaired(&survey, true);
    (survey.tables()[0].state, survey.tables()[0].rows)
}

#[test]
fn a_chunk_with_other_rows_than_it_says_is_not_read() {
    assert_eq!(state(&archive(2, RowFormat::Text, end())), (State::Whole, 2));
    let lying = StreamEnd { rows: 3, ..end() };
    assert_eq!(state(&archive(3, RowFormat::Text, lying)), (State::Gone, 0));
}

#[test]
fn a_chunk_in_another_format_than_its_table_is_not_read() {
    assert_eq!(state(&archive(2, RowFormat::Binary, end())), (State::Gone, 0));
}

#[test]
fn rows_with_another_hash_than_the_dump_wrote_down_are_not_proven() {
    let lying = StreamEnd { row_sum: 1, ..end() };
    assert_eq!(state(&archive(2, RowFormat::Text, lying)), (State::Partial, 2));
}
