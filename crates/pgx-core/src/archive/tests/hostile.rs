//! Archives that somebody made on purpose, with every checksum right.

use super::*;
use crate::archive::codec::{self, compress};
use crate::archive::control;
use crate::archive::defect::Defect;
use crate::archive::footer::Footer;
use crate::archive::frame::{EncodedFrame, FrameHeader, FrameIdentity, FrameKind};
use crate::archive::header::Header;
use crate::archive::items::{Packer, Unpacker};
use crate::error::Code;

const UUID: [u8; 16] = [5; 16];

/// A well-formed header, for changing.
fn header() -> FrameHeader {
    chunk(key(2, 0, 0), 1, "row\n").encode().unwrap().header
}

/// What a reader says of a header with right checksums.
fn verdict(header: FrameHeader) -> Result<FrameHeader, Defect> {
    FrameHeader::decode(&header.encode(&UUID), &UUID)
}

fn is_newer(header: FrameHeader) -> bool {
    matches!(verdict(header), Err(Defect::Newer(_)))
}

fn is_damaged(header: FrameHeader) -> bool {
    matches!(verdict(header), Err(Defect::Damaged(_)))
}

#[test]
fn lengths_beyond_the_limits_are_refused_before_anything_is_read() {
    assert_eq!(verdict(header()), Ok(header()));
    assert!(is_damaged(FrameHeader { stored: u32::MAX, raw: u32::MAX, ..header() }));
    assert!(is_damaged(FrameHeader { raw: (8 << 20) + 1, ..header() }));
    assert!(is_damaged(FrameHeader { stored: 11, raw: 8, ..header() }));
    let toc = FrameHeader { kind: FrameKind::Toc, encoding: 0, codec: codec::ZSTD, ..header() };
    assert!(is_damaged(FrameHeader { stored: 8, raw: 8, ..toc }));
    assert!(is_damaged(FrameHeader { stored: 8, raw: (1 << 20) + 1, ..toc }));
    assert!(is_damaged(FrameHeader { stored: 0, raw: 0, ..header() }));
    let optional = FrameHeader { kind: FrameKind::Optional(200), ..header() };
    assert!(verdict(optional).is_ok());
    assert!(is_damaged(FrameHeader { stored: (8 << 20) + 1, ..optional }));
}

#[test]
fn what_a_later_version_may_bring_is_refused_as_newer() {
    assert!(is_newer(FrameHeader { kind: FrameKind::Optional(4), ..header() }));
    assert!(is_newer(FrameHeader { encoding: 1, ..header() }));
    assert!(is_newer(FrameHeader { encoding: 4, ..header() }));
    assert!(is_newer(FrameHeader { codec: codec::ZSTD, ..header() }));
    assert!(is_newer(FrameHeader { kind: FrameKind::Toc, encoding: 2, ..header() }));
    let mut bytes = header().encode(&UUID);
    bytes[7] |= 4;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&UUID), &bytes[..52]);
    bytes[52..].copy_from_slice(&crc.to_le_bytes());
    assert!(matches!(FrameHeader::decode(&bytes, &UUID), Err(Defect::Newer(_))));
}

#[test]
fn a_decompression_bomb_does_not_go_off() {
    let (codec, bomb) = compress(Codec::Zstd(19), &vec![0; 64 << 20]).unwrap();
    assert!(bomb.len() < 10_000);
    for claimed in [1, 4096, 8 << 20] {
        assert!(codec::decompress(codec, &bomb, claimed).is_err());
    }
    let (codec, two) = compress(Codec::Zstd(1), &vec![b'a'; 1000]).unwrap();
    assert_eq!(codec::decompress(codec, &two, 1000).unwrap().len(), 1000);
    assert!(codec::decompress(codec, &two.repeat(2), 1000).is_err());
    assert!(codec::decompress(codec, &two.repeat(2), 2000).is_err());
    assert!(codec::decompress(codec, &two[..two.len() - 1], 1000).is_err());
}

#[test]
fn hostile_cbor_costs_neither_memory_nor_the_stack() {
    let huge_array = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let huge_map = [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let huge_text = [0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let deep = vec![0x81; 1 << 20];
    let endless = vec![0x9f; 1 << 20];
    // An unknown key of a map is skipped, whatever its value is.
    for payload in [&huge_array[..], &huge_map, &huge_text, &deep, &endless] {
        let under_unknown_key = [&[0xa1, 0x18, 0x63], payload].concat();
        let under_known_key = [&[0xa1, 0x0a], payload].concat();
        for bytes in [payload, &under_unknown_key, &under_known_key] {
            assert!(control::from_cbor::<Meta>(bytes).is_err());
            assert!(control::from_cbor::<Entry>(bytes).is_err());
        }
    }
}

#[test]
fn an_item_that_never_ends_is_refused() {
    let identity = FrameIdentity::control(FrameKind::Toc, key(0, 0, 0), 0, true);
    let piece = EncodedFrame::new(identity, &[0x9f; 1 << 20], Codec::None).unwrap();
    let mut unpacker = Unpacker::<Entry>::new();
    let refused = (0..100_u32).find(|&sequence| {
        let key = key(0, 0, sequence);
        let header = FrameHeader { kind: FrameKind::Toc, key, ..piece.header };
        unpacker.feed(&header, &piece.payload).is_err()
    });
    assert_eq!(refused, Some(25));
}

#[test]
fn an_item_that_a_reader_would_refuse_is_not_written() {
    let mut packer = Packer::new(FrameKind::Toc, Codec::Zstd(1));
    assert!(packer.push(&"x".repeat(23 << 20)).unwrap());
    assert!(!packer.push(&"x".repeat(25 << 20)).unwrap());
    assert_eq!(packer.take().unwrap().len(), 24);
}

/// An archive whose frames the test chooses, without any index.
fn stream_of(frames: Vec<EncodedFrame>) -> Vec<u8> {
    let mut bytes = Header::new(UUID, 1).encode().to_vec();
    for (number, mut frame) in frames.into_iter().enumerate() {
        frame.header.number = number as u64;
        bytes.extend(frame.header.encode(&UUID));
        bytes.extend(frame.payload);
    }
    bytes
}

fn control_frame<T: minicbor::Encode<()>>(kind: FrameKind, stream: u32, item: &T) -> EncodedFrame {
    control::frame(kind, EntryId(stream), item, Codec::None).unwrap()
}

fn toc_frame(entries: &[Entry]) -> EncodedFrame {
    let mut packer = Packer::new(FrameKind::Toc, Codec::None);
    entries.iter().for_each(|entry| assert!(packer.push(entry).unwrap()));
    packer.take().unwrap().remove(0)
}

fn row(stream: u32, sequence: u32) -> EncodedFrame {
    chunk(key(stream, 0, sequence), 1, "1\n").encode().unwrap()
}

/// Asserts that a pipe of these frames is refused as damaged, for the reason given.
fn assert_damaged(frames: Vec<EncodedFrame>, reason: &str) {
    let error = read_pipe(&stream_of(frames)).unwrap_err();
    assert_eq!(error.code(), Code::ArchiveDamaged, "{error:?}");
    assert!(error.what().contains(reason), "{error:?}");
}

#[test]
fn frames_that_contradict_each_other_are_refused() {
    let meta = || control_frame(FrameKind::Meta, 0, &meta());
    let toc = || toc_frame(&[table_data(1, "t")]);
    let end = |rows| {
        let end = StreamEnd { rows, raw_bytes: 2 * rows, chunks: rows, row_sum: 0 };
        control_frame(FrameKind::StreamEnd, 1, &end)
    };
    assert_damaged(vec![toc()], "not META");
    assert_damaged(vec![meta(), meta()], "out of place");
    assert_damaged(vec![meta(), toc(), row(7, 0)], "no entry 7");
    assert_damaged(vec![meta(), toc(), row(1, 1)], "chunk 1 instead of 0");
    assert_damaged(vec![meta(), toc(), row(1, 0), toc()], "out of place");
    assert_damaged(vec![meta(), toc(), row(1, 0), end(2)], "its end says 2");
    assert_damaged(vec![meta(), toc(), row(1, 0), end(1), row(1, 1)], "after its end");
    assert_damaged(vec![meta(), toc_frame(&[schema(2), schema(2)])], "do not ascend");
    assert_damaged(vec![meta(), toc_frame(&[schema(0)])], "do not ascend");
}

#[test]
fn an_optional_frame_of_a_later_version_is_passed_over() {
    let mut writer = Writer::new(Vec::new(), &meta()).unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    let mut optional = chunk(key(1, 9, 9), 5, "later").encode().unwrap();
    optional.header.kind = FrameKind::Optional(130);
    optional.header.codec = 77;
    writer.append(optional).unwrap();
    writer.append(row(1, 0)).unwrap();
    let end = StreamEnd { rows: 1, raw_bytes: 2, chunks: 1, row_sum: 0 };
    writer.end_stream(EntryId(1), end).unwrap();
    let (bytes, _) = writer.finish().unwrap();
    assert_eq!(read_file(&bytes).unwrap().len(), 1);
    assert_eq!(read_pipe(&bytes).unwrap().len(), 2);
    assert_eq!(open(&bytes).unwrap().items().count(), 2);
}

/// The index and its footer changed in one bit of the index, and every checksum made right again.
fn forge_index(whole: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let borders = frame_borders(whole);
    let [index, footer, tail] = borders[borders.len() - 3..] else { panic!("three borders") };
    bytes[index + 56 + bit / 8] ^= 1 << (bit % 8);
    let mut listed: Footer = control::from_cbor(&whole[footer + 56..tail]).unwrap();
    let digest = reseal(&mut bytes[index..footer]);
    listed.controls.last_mut().unwrap().digest = digest;
    bytes[footer + 56..tail].copy_from_slice(&control::to_cbor(&listed));
    reseal(&mut bytes[footer..tail]);
    bytes
}

/// Makes the checksums of a stored frame right, and gives the digest of its payload.
fn reseal(frame: &mut [u8]) -> [u8; 32] {
    let (header, payload) = frame.split_at_mut(56);
    header[40..48].copy_from_slice(&xxhash_rust::xxh3::xxh3_64(payload).to_le_bytes());
    header[48..52].copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&UUID), &header[..52]);
    header[52..].copy_from_slice(&crc.to_le_bytes());
    *blake3::hash(payload).as_bytes()
}

#[test]
fn an_index_that_lies_under_right_checksums_is_refused() {
    let mut writer = Writer::with_identity(Vec::new(), &meta(), UUID, Codec::None).unwrap();
    writer.toc(&[table_data(1, "t")]).unwrap();
    writer.append(row(1, 0)).unwrap();
    writer.append(row(1, 1)).unwrap();
    let end = StreamEnd { rows: 2, raw_bytes: 4, chunks: 2, row_sum: 0 };
    writer.end_stream(EntryId(1), end).unwrap();
    let (whole, _) = writer.finish().unwrap();
    let borders = frame_borders(&whole);
    let payload = borders[borders.len() - 2] - borders[borders.len() - 3] - 56;
    for bit in 0..payload * 8 {
        let bytes = forge_index(&whole, bit);
        for error in [read_file(&bytes).err(), read_pipe(&bytes).err()] {
            let error = error.unwrap_or_else(|| panic!("bit {bit} of the index may lie"));
            assert_eq!(error.code().exit_code(), 7, "{error:?}");
        }
    }
}

#[test]
fn no_bytes_make_a_decoder_panic() {
    let meta = control::to_cbor(&meta());
    let entry = control::to_cbor(&table_data(7, "t"));
    for bit in 0..meta.len().max(entry.len()) * 8 {
        for whole in [&meta, &entry] {
            let mut bytes = whole.clone();
            let at = bit / 8 % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
            let read = (control::from_cbor::<Meta>(&bytes), control::from_cbor::<Entry>(&bytes));
            assert!(read.0.is_err() || read.1.is_err(), "META and an entry are told apart");
        }
    }
}
