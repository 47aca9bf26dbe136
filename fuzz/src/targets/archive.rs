//! Whole archives: both readers take the same ones, and give the same rows.

use pgx_core::archive::{FileReader, Item, PipeReader, StoredChunk};
use pgx_core::chunk::Unpacker;
use pgx_core::stripe::{Encoder, StreamCodec};
use pgx_core::toc::{Entry, RowFormat};
use pgx_core::{Code, Error};

use super::toc;
use crate::assemble::{Frame, Repair, archive, repair, stream_end};
use crate::input::Input;
use crate::outcome::Outcome;

pub(super) const REPAIRS: [Repair; 4] =
    [Repair::Nothing, Repair::Seal, Repair::Link, Repair::Settle];

/// What is made right, and an archive.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let how = input.choice(&REPAIRS);
    read(&repair(input.rest(), how))
}

/// Reads an archive in both ways.
pub(super) fn read(bytes: &[u8]) -> Outcome {
    let from_pipe = read_pipe(bytes);
    let from_file = read_file(bytes);
    let outcome = Outcome::default().said(error(&from_pipe)).said(error(&from_file));
    match (from_pipe, from_file) {
        (Ok(from_pipe), Ok(from_file)) => {
            assert!(from_pipe == from_file, "a pipe gives other rows than a file");
            unpack(&from_pipe.1, outcome.counted(from_pipe.1.len()).counted(from_pipe.0.len()))
        }
        (Err(from_pipe), Err(from_file)) => {
            judge(&from_pipe);
            judge(&from_file);
            outcome
        }
        (Ok(_), Err(error)) => panic!("a pipe takes what a file refuses: {error:?}"),
        (Err(error), Ok(_)) => panic!("a file takes what a pipe refuses: {error:?}"),
    }
}

/// The rows of all chunks: right, or not.
fn unpack(items: &[Item], mut outcome: Outcome) -> Outcome {
    let mut unpacker = Unpacker::new().expect("the codecs exist");
    for item in items {
        let Item::Chunk(stored) = item else { continue };
        match unpacker.unpack(stored) {
            Ok(chunk) => assert_eq!(chunk.raw.len(), stored.raw_bytes as usize),
            Err(error) => {
                judge(&error);
                outcome = outcome.said(error.what());
            }
        }
    }
    outcome
}

fn error<T>(read: &Result<T, Error>) -> Option<&str> {
    read.as_ref().err().map(Error::what)
}

/// The bytes were all there: whatever is wrong is wrong with them.
fn judge(error: &Error) {
    let fits = error.code().exit_code() == 7 && error.code() != Code::InputFailed;
    assert!(fits, "{error:?}");
}

type Content = (Vec<Entry>, Vec<Item>);

fn read_pipe(bytes: &[u8]) -> Result<Content, Error> {
    let mut reader = PipeReader::new(bytes)?;
    let mut items = Vec::new();
    while let Some(item) = reader.next()? {
        items.push(item);
    }
    let totals = reader.totals().expect("the archive is complete");
    assert_eq!(totals.file_bytes, bytes.len() as u64);
    Ok((reader.toc().to_vec(), items))
}

fn read_file(bytes: &[u8]) -> Result<Content, Error> {
    let reader = FileReader::of_bytes(bytes.to_vec())?;
    let items: Result<Vec<Item>, Error> = reader.items().collect();
    let stored: Result<Vec<_>, Error> = reader.check_stored().collect();
    assert!(items.is_err() || stored.is_ok(), "what is right is right as stored");
    let mut by_stream = Vec::new();
    for stream in reader.streams() {
        let chunks: Vec<StoredChunk> = reader.chunks(stream.id).collect::<Result<_, _>>()?;
        let rows: u64 = chunks.iter().map(|chunk| u64::from(chunk.head.rows)).sum();
        assert_eq!((stream.chunks, stream.rows), (chunks.len() as u64, rows));
        by_stream.extend(chunks);
    }
    let items = items?;
    let chunk = |item: &Item| match item {
        Item::Chunk(chunk) => Some(chunk.clone()),
        Item::StreamEnd(..) => None,
    };
    let mut in_file_order: Vec<StoredChunk> = items.iter().filter_map(chunk).collect();
    in_file_order.sort_by_key(|chunk| chunk.head.key);
    assert!(in_file_order == by_stream, "streams give other chunks than the file");
    Ok((reader.toc().to_vec(), items))
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let codecs = [StreamCodec::None, StreamCodec::Zstd(1), StreamCodec::Gzip(6), StreamCodec::Lz4];
    let mut whole: Vec<Vec<u8>> = codecs.map(|codec| archive(frames(codec))).into();
    whole.push(archive(toc::frames()));
    let choose = |how: u8| whole.iter().map(move |bytes| [&[how], &bytes[..]].concat());
    (0..REPAIRS.len() as u8).flat_map(choose).collect()
}

/// Frames of two streams, whose ranges interleave and of which a row goes over chunks.
fn frames(codec: StreamCodec) -> Vec<Frame> {
    let mut frames = toc::frames();
    frames.truncate(2);
    let rows = "the same row again\t\\N\n".repeat(20);
    let data = [
        (2, 1, 0, 2, "3\n4\n"),
        (3, 0, 0, 0, "a long ro"),
        (3, 0, 1, 2, "w\nand a short one\n"),
        (2, 0, 0, 1, "1\n"),
        (2, 1, 1, 20, rows.as_str()),
    ];
    for (stream, range, sequence, rows, raw) in data {
        let frame = data_frame(raw.as_bytes(), codec);
        let frame = frame.with(8, stream).with(12, range).with(16, sequence).with(20, rows);
        frames.push(frame.with_byte(7, u8::from(!raw.ends_with('\n'))));
    }
    frames.push(Frame::new(200, b"of a later version").with(20, 7));
    let bytes = |stream| data.iter().filter(|chunk| chunk.0 == stream).map(|c| c.4.len()).sum();
    let sizes: [usize; 2] = [2, 3].map(bytes);
    frames.push(Frame::new(5, &stream_end([23, sizes[0] as u64, 3])).with(8, 2));
    frames.push(Frame::new(5, &stream_end([2, sizes[1] as u64, 2])).with(8, 3));
    frames
}

fn data_frame(raw: &[u8], codec: StreamCodec) -> Frame {
    let mut encoder = Encoder::new(codec).expect("the codec exists");
    let payload = encoder.encode(RowFormat::Text, raw);
    Frame::new(3, &payload).with_byte(6, 2).with(28, raw.len() as u32)
}
