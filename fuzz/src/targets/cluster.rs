//! Cluster archives: both readers take the same ones, and find the same members.

use std::io::Cursor;

use pgx_core::archive::{ClusterFile, ClusterPipe, ClusterWriter, Item, PipeReader, Writer};
use pgx_core::toc::{Content, Meta};
use pgx_core::{Code, Error};

use crate::input::Input;
use crate::outcome::Outcome;

const BLOCK: usize = 64;
const DIRECTORY: &[u8] = b"\x89PGXDIR\n";
const HEAD: usize = 16;

/// Whether checksums and lengths of header, directory and tail are made right, and a cluster archive.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let repaired = input.byte() % 2 == 1;
    let mut bytes = input.rest().to_vec();
    if repaired {
        seal(&mut bytes);
    }
    let (from_file, from_pipe) = (read_file(&bytes), read_pipe(&bytes));
    match (from_file, from_pipe) {
        (Ok(from_file), Ok(from_pipe)) => {
            assert!(from_file == from_pipe, "a pipe gives other members than a file");
            Outcome::default().counted(from_file.len())
        }
        (Err(from_file), Err(from_pipe)) => {
            for error in [&from_file, &from_pipe] {
                let fits = error.code().exit_code() == 7 && error.code() != Code::InputFailed;
                assert!(fits, "{error:?}");
            }
            Outcome::default().said(from_file.what()).said(from_pipe.what())
        }
        (Ok(_), Err(error)) => panic!("a file takes what a pipe refuses: {error:?}"),
        (Err(error), Ok(_)) => panic!("a pipe takes what a file refuses: {error:?}"),
    }
}

/// What is read of a member: what it holds, its name, entries, items.
type Member = (Content, String, usize, Vec<Item>);

fn read_file(bytes: &[u8]) -> Result<Vec<Member>, Error> {
    let file = ClusterFile::of_bytes(bytes.to_vec())?;
    let read = |member| {
        let reader = file.part(member).open()?;
        let items = reader.items().collect::<Result<_, _>>()?;
        Ok((reader.meta().content, reader.meta().database_name(), reader.toc().len(), items))
    };
    file.members().iter().map(read).collect()
}

fn read_pipe(bytes: &[u8]) -> Result<Vec<Member>, Error> {
    let mut pipe = ClusterPipe::new(Box::new(Cursor::new(bytes.to_vec())))?;
    let mut members = Vec::new();
    while let Some((meta, member)) = pipe.next()? {
        let mut reader = PipeReader::new(member)?;
        let mut items = Vec::new();
        while let Some(item) = reader.next()? {
            items.push(item);
        }
        members.push((meta.content, meta.database_name(), reader.toc().len(), items));
    }
    assert_eq!(pipe.file_bytes(), bytes.len() as u64);
    Ok(members)
}

/// Makes header, directory and tail agree with the bytes, as far as they are there.
fn seal(bytes: &mut [u8]) {
    let length = bytes.len();
    if length < 2 * BLOCK + HEAD {
        return;
    }
    let crc = crc32c::crc32c(&bytes[..BLOCK - 4]);
    bytes[BLOCK - 4..BLOCK].copy_from_slice(&crc.to_le_bytes());
    let uuid: [u8; 16] = bytes[16..32].try_into().expect("sixteen bytes");
    let end = length - BLOCK;
    let Some(at) = bytes[..end].windows(8).rposition(|window| window == DIRECTORY) else { return };
    if at + HEAD > end {
        return;
    }
    let listed = (end - at - HEAD) as u32;
    bytes[at + 8..at + 12].copy_from_slice(&listed.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&uuid), &bytes[at + HEAD..end]);
    bytes[at + 12..at + HEAD].copy_from_slice(&crc.to_le_bytes());
    let tail = &mut bytes[end..];
    tail[..8].copy_from_slice(&(at as u64).to_le_bytes());
    tail[8..16].copy_from_slice(&((end - at) as u64).to_le_bytes());
    tail[16..32].copy_from_slice(&uuid);
    tail[32..40].copy_from_slice(&(length as u64).to_le_bytes());
    let crc = crc32c::crc32c(&tail[..52]);
    tail[52..56].copy_from_slice(&crc.to_le_bytes());
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let clusters = [0_u8, 1, 3].map(cluster);
    let with = |seal: u8| clusters.iter().map(move |bytes| [&[seal], &bytes[..]].concat());
    (0..2).flat_map(with).collect()
}

/// A cluster archive of so many empty databases.
fn cluster(databases: u8) -> Vec<u8> {
    let mut writer = ClusterWriter::with_uuid(Vec::new(), *b"pgx fuzz cluster").expect("memory");
    for number in 0..=databases {
        let mut meta = Meta { has_schema: true, ..Meta::default() };
        match number {
            0 => meta.content = Content::Globals,
            _ => meta.database.name = format!("d{number}"),
        }
        let written = writer.member(|output| {
            let writer = Writer::with_uuid(output, &meta, [number; 16])?;
            Ok((writer.finish_at(1_800_000_000)?.0, ()))
        });
        (writer, ()) = written.expect("memory");
    }
    writer.finish().expect("memory").0
}
