//! Cluster archives: the same promises as for one archive, by both readers.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::archive::cluster::directory;
use crate::archive::cluster::{self, Cluster, ClusterFile, ClusterPipe, ClusterWriter, Member};
use crate::archive::tail;
use crate::error::{Code, Error};
use crate::toc::Content;

const DOCUMENT: &str = include_str!("../../../../../docs/archive-format.md");
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/clusters/three.pgx");

/// What a member holds, for comparing.
type Held = (Content, String, Vec<Chunk>);

fn meta_of(content: Content, database: &str) -> Meta {
    let mut meta = Meta { content, has_data: content == Content::Database, ..meta() };
    meta.database.name = database.to_owned();
    meta
}

/// Writes a member; a database has a table of two rows, one of which goes over two chunks.
fn write_member<W: Write>(output: W, meta: &Meta, uuid: u8) -> Result<(W, ())> {
    let mut writer = Writer::with_identity(output, meta, [uuid; 16], Codec::Zstd(3))?;
    if meta.content == Content::Database {
        writer.toc(&[schema(1), table_data(2, "t")])?;
        let chunks = [chunk(key(2, 0, 0), 0, "begun, "), chunk(key(2, 0, 1), 2, "ended\nnext\n")];
        for chunk in &chunks {
            writer.append(chunk.encode()?)?;
        }
        let rows = ["begun, ended", "next"].map(|row| xxhash_rust::xxh3::xxh3_128(row.as_bytes()));
        let row_sum = rows.iter().fold(0, |sum: u128, one| sum.wrapping_add(*one));
        let end = StreamEnd { row_sum, ..end_of(&chunks.iter().collect::<Vec<_>>()) };
        writer.end_stream(EntryId(2), end)?;
    }
    Ok((writer.finish_at(1_800_000_000)?.0, ()))
}

fn write_cluster(uuid: u8, databases: &[&str]) -> Result<Vec<u8>> {
    let mut writer = ClusterWriter::with_uuid(Vec::new(), [uuid; 16])?;
    let globals = meta_of(Content::Globals, "");
    (writer, ()) = writer.member(|output| write_member(output, &globals, 10 * uuid))?;
    for (database, number) in databases.iter().zip(1..) {
        let meta = meta_of(Content::Database, database);
        (writer, ()) = writer.member(|output| write_member(output, &meta, 10 * uuid + number))?;
    }
    Ok(writer.finish()?.0)
}

fn small_cluster() -> Vec<u8> {
    write_cluster(1, &["template1", "shop = 'x'"]).unwrap()
}

fn read_members(bytes: &[u8]) -> Result<Vec<Held>> {
    let file = ClusterFile::of_bytes(bytes.to_vec())?;
    let read = |member: &Member| {
        let reader = file.part(member).open()?;
        let chunks = reader.items().filter_map(|item| match item {
            Ok(Item::Chunk(chunk)) => Some(Chunk::of(&chunk)),
            Ok(Item::StreamEnd(..)) => None,
            Err(error) => Some(Err(error)),
        });
        let chunks = chunks.collect::<Result<Vec<_>>>()?;
        Ok((member.content, reader.meta().database.name.clone(), chunks))
    };
    file.members().iter().map(read).collect()
}

fn read_pipe_members(bytes: &[u8]) -> Result<Vec<Held>> {
    let mut pipe = ClusterPipe::new(Box::new(Cursor::new(bytes.to_vec())))?;
    let mut members = Vec::new();
    while let Some((meta, member)) = pipe.next()? {
        let mut reader = PipeReader::new(member)?;
        assert_eq!(reader.meta(), &meta);
        let mut chunks = Vec::new();
        while let Some(item) = reader.next()? {
            if let Item::Chunk(chunk) = item {
                chunks.push(Chunk::of(&chunk)?);
            }
        }
        members.push((meta.content, meta.database.name, chunks));
    }
    Ok(members)
}

fn verdicts(bytes: &[u8]) -> [Option<Error>; 2] {
    [read_members(bytes).err(), read_pipe_members(bytes).err()]
}

#[track_caller]
fn assert_refused(bytes: &[u8], what: &dyn std::fmt::Display) {
    for verdict in verdicts(bytes) {
        let error = verdict.unwrap_or_else(|| panic!("{what} goes unnoticed"));
        assert_eq!(error.code().exit_code(), 7, "{what}: {error:?}");
    }
}

#[test]
fn what_is_written_reads_back_from_a_file_and_from_a_pipe() {
    let bytes = small_cluster();
    let members = read_members(&bytes).unwrap();
    let names: Vec<&str> = members.iter().map(|member| member.1.as_str()).collect();
    assert_eq!(names, ["", "template1", "shop = 'x'"]);
    assert_eq!(members[0].0, Content::Globals);
    assert_eq!(members[2].2.len(), 2);
    assert_eq!(read_pipe_members(&bytes).unwrap(), members);
}

/// A member's bytes are an archive that anybody can cut out.
#[test]
fn a_member_cut_out_is_an_ordinary_archive() {
    let bytes = small_cluster();
    let file = ClusterFile::of_bytes(bytes.clone()).unwrap();
    for member in file.members() {
        let own = &bytes[member.offset as usize..][..member.length as usize];
        assert_eq!(open(own).unwrap().meta().database.name, member.database);
    }
}

#[test]
fn a_pipe_that_gives_a_byte_at_a_time_gives_the_same() {
    struct Slowly(Cursor<Vec<u8>>);
    impl Read for Slowly {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }
    let mut pipe = ClusterPipe::new(Box::new(Slowly(Cursor::new(small_cluster())))).unwrap();
    let mut lengths = Vec::new();
    while let Some((_, mut member)) = pipe.next().unwrap() {
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        assert!(open(&bytes).is_ok());
        lengths.push(bytes.len() as u64);
    }
    let listed: Vec<u64> = pipe.members().iter().map(|member| member.length).collect();
    assert_eq!(lengths, listed);
}

#[test]
fn members_that_are_passed_over_are_not_read_and_the_end_is_checked_all_the_same() {
    let bytes = small_cluster();
    let mut pipe = ClusterPipe::new(Box::new(Cursor::new(bytes.clone()))).unwrap();
    while pipe.next().unwrap().is_some() {}
    assert_eq!(pipe.file_bytes(), bytes.len() as u64);
    let cut = bytes[..bytes.len() - 1].to_vec();
    let mut pipe = ClusterPipe::new(Box::new(Cursor::new(cut))).unwrap();
    let end = loop {
        match pipe.next() {
            Ok(Some(_)) => {}
            end => break end.map(drop),
        }
    };
    assert_eq!(end.unwrap_err().code(), Code::ArchiveTruncated);
}

#[test]
fn every_flipped_bit_is_noticed() {
    let whole = small_cluster();
    super::damage::for_each(whole.len() * 8, |bit| {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&bytes, &format_args!("bit {bit}"));
    });
}

/// Also where a member ends: that is not a smaller cluster.
#[test]
fn every_truncation_is_noticed_and_called_one() {
    let whole = small_cluster();
    super::damage::for_each(whole.len(), |length| {
        for verdict in verdicts(&whole[..length]) {
            let error = verdict.unwrap_or_else(|| panic!("{length} bytes pass for a cluster"));
            assert_eq!(error.code(), Code::ArchiveTruncated, "{length} bytes: {error:?}");
        }
    });
}

#[test]
fn missing_doubled_swapped_and_foreign_members_are_noticed() {
    let (whole, other) = (small_cluster(), write_cluster(2, &["template1", "shop = 'x'"]).unwrap());
    let file = ClusterFile::of_bytes(whole.clone()).unwrap();
    let borders: Vec<usize> = file
        .members()
        .iter()
        .flat_map(|member| [member.offset, member.offset + member.length])
        .map(|border| border as usize)
        .collect();
    let [a, _, b, _, c, d] = borders[..] else { panic!("three members") };
    assert_refused(&[&whole[..b], &whole[c..]].concat(), &"a missing member");
    assert_refused(&[&whole[..c], &whole[b..]].concat(), &"a doubled member");
    let swapped = [&whole[..b], &whole[c..d], &whole[b..c], &whole[d..]].concat();
    assert_refused(&swapped, &"swapped members");
    let mut foreign = whole.clone();
    foreign[b..d].copy_from_slice(&other[b..d]);
    assert_refused(&foreign, &"members of another cluster");
    let mut without_globals = whole.clone();
    without_globals.drain(a..b);
    assert_refused(&without_globals, &"missing globals");
    assert_refused(&[&whole[..], b"\n"].concat(), &"a byte behind the end");
    assert_refused(&[&whole[..], &whole[..]].concat(), &"a cluster behind the cluster");
}

/// A directory that somebody made on purpose, with every checksum right.
fn with_directory(members: &[Member]) -> Vec<u8> {
    let whole = small_cluster();
    let file = ClusterFile::of_bytes(whole.clone()).unwrap();
    let end = file.members().last().map(|last| last.offset + last.length).unwrap();
    let directory = directory::encode(members, [1; 16], end).unwrap();
    [&whole[..end as usize], &directory].concat()
}

#[test]
fn a_directory_that_lies_is_damage_and_costs_no_memory() {
    let file = ClusterFile::of_bytes(small_cluster()).unwrap();
    let members = file.members().to_vec();
    assert_eq!(read_members(&with_directory(&members)).unwrap().len(), 3);
    let lies: [fn(&mut Vec<Member>); 8] = [
        |members| members[2].length = u64::MAX,
        |members| members[2].offset = u64::MAX,
        |members| members[1].length += 1,
        |members| members[1].database = members[2].database.clone(),
        |members| members[1].database.push('x'),
        |members| members[0].content = Content::Database,
        |members| members.swap(1, 2),
        |members| members.clear(),
    ];
    for (number, lie) in lies.iter().enumerate() {
        let mut lying = members.clone();
        lie(&mut lying);
        assert_refused(&with_directory(&lying), &format_args!("lie {number}"));
    }
}

#[test]
fn a_directory_that_claims_too_much_is_refused_before_memory_is_taken() {
    let mut bytes = small_cluster();
    let file = ClusterFile::of_bytes(bytes.clone()).unwrap();
    let last = file.members().last().unwrap();
    let at = (last.offset + last.length) as usize;
    bytes[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    for error in verdicts(&bytes).map(Option::unwrap) {
        assert!(error.what().contains("longer than allowed"), "{error}");
    }
}

#[test]
fn an_error_in_a_member_names_it() {
    let mut bytes = small_cluster();
    let file = ClusterFile::of_bytes(bytes.clone()).unwrap();
    let member = &file.members()[2];
    bytes[(member.offset + member.length) as usize - 1] ^= 1;
    let error = ClusterFile::of_bytes(bytes).unwrap();
    let error = error.part(member).open().map(drop).unwrap_err();
    assert!(error.object_name().unwrap().contains("database shop"), "{error}");
}

#[test]
fn a_cluster_archive_is_not_taken_for_an_archive() {
    let error = open(&small_cluster()).map(drop).unwrap_err();
    assert_eq!(error.code(), Code::NotAnArchive);
    assert!(error.hint_text().unwrap().contains("--database"), "{error:?}");
    let cluster = |bytes: Vec<u8>| Arrival::of(Input::Pipe(Box::new(Cursor::new(bytes)))).unwrap();
    assert!(matches!(cluster(small_cluster()), Arrival::Cluster(Cluster::Pipe(_))));
    assert!(matches!(cluster(small_archive()), Arrival::Archive(_)));
    assert!(matches!(cluster(Vec::new()), Arrival::Archive(_)));
}

/// Finds the members of bytes without a directory, by label and length.
fn found(bytes: &[u8]) -> Vec<(String, u64)> {
    let source = Arc::new(bytes.to_vec());
    let length = bytes.len() as u64;
    let parts = cluster::found_in(&source, length, "bytes", &mut || Ok(())).unwrap();
    parts.iter().map(|part| (part.member().label(), part.member().length)).collect()
}

#[test]
fn members_are_found_without_the_directory() {
    let whole = small_cluster();
    let file = ClusterFile::of_bytes(whole.clone()).unwrap();
    let members = file.members();
    let wanted: Vec<(String, u64)> =
        members.iter().map(|member| (member.label(), member.length)).collect();
    assert_eq!(found(&whole), wanted);
    let last = members.last().unwrap();
    let end = (last.offset + last.length) as usize;
    assert_eq!(found(&whole[..end]), wanted, "cut behind the last member");
    let cut = found(&whole[..end - 70]);
    assert_eq!(cut[2], (wanted[2].0.clone(), wanted[2].1 - 70));
    // A frame of the second member is gone, and the others are still found.
    let at = (members[1].offset + 64 + 60) as usize;
    let mut damaged = whole.clone();
    damaged[at..at + 200].fill(0);
    assert_eq!(found(&damaged)[2], wanted[2]);
    assert_eq!(found(&damaged)[1].1, wanted[1].1);
}

#[test]
fn the_document_shows_the_bytes_that_are_written() {
    let meta = Meta { pgx_version: "0.1.0".into(), ..Meta::default() };
    let uuid = *b"pgx test cluster";
    let mut writer = ClusterWriter::with_uuid(Vec::new(), uuid).unwrap();
    let globals = Meta { content: Content::Globals, has_schema: true, ..meta.clone() };
    let mut database = Meta { has_schema: true, ..meta };
    database.database.name = "shop".into();
    for (meta, uuid) in [(&globals, *b"pgx test globals"), (&database, *b"pgx test of shop")] {
        let member = writer.member(|output| {
            let writer = Writer::with_identity(output, meta, uuid, Codec::None)?;
            Ok((writer.finish_at(1_800_000_001)?.0, ()))
        });
        (writer, ()) = member.unwrap();
    }
    let bytes = writer.finish().unwrap().0;
    let file = ClusterFile::of_bytes(bytes.clone()).unwrap();
    let last = file.members().last().unwrap();
    let end = (last.offset + last.length) as usize;
    let parts = [(0, 64, "header"), (end, bytes.len() - tail::LEN, "directory")];
    let tail = [(bytes.len() - tail::LEN, bytes.len(), "tail")];
    let mut lines = Vec::new();
    for (from, to, name) in parts.into_iter().chain(tail) {
        lines.push(format!("# {name}"));
        lines.extend(bytes[from..to].chunks(16).enumerate().map(|(line, octets)| {
            let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("{:04x} {}", from + 16 * line, octets.join(" "))
        }));
    }
    let expected = lines.join("\n");
    assert!(DOCUMENT.contains(&expected), "the dump should be:\n{expected}");
}

/// The golden cluster archive: the same names and rows for ever.
#[test]
fn the_golden_cluster_reads_as_it_ever_did() {
    let golden = std::fs::read(GOLDEN).unwrap();
    assert_eq!(read_members(&golden).unwrap(), read_members(&three()).unwrap());
    assert_eq!(read_pipe_members(&golden).unwrap(), read_members(&golden).unwrap());
}

fn three() -> Vec<u8> {
    write_cluster(3, &["template1", "postgres", "with \"quotes\" = 'é'"]).unwrap()
}

/// `cargo xtask golden` runs it.
#[test]
#[ignore = "writes a golden archive"]
fn write_the_golden_cluster() {
    let Some(directory) = std::env::var_os("PGX_GOLDEN") else { return };
    let path = Path::new(&directory).join("clusters/three.pgx");
    if !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, three()).unwrap();
    }
}
