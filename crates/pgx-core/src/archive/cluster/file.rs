//! Reading a cluster archive at random.

use std::io;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::{END_MAGIC, MAGIC, Member, check, directory};
use crate::archive::defect::{self, Defect, Place};
use crate::archive::file_reader::FileReader;
use crate::archive::header::{self, Header};
use crate::archive::opening;
use crate::archive::source::Source;
use crate::archive::tail::{self, Tail};
use crate::error::{Error, Result, ResultExt};

/// A cluster archive in a file. Opening it reads header, tail and directory.
pub struct ClusterFile {
    source: Arc<dyn Source>,
    /// What messages call it.
    name: String,
    uuid: [u8; 16],
    length: u64,
    members: Vec<Member>,
}

/// A member of a cluster archive in a file: bytes that are an archive.
#[derive(Clone)]
pub struct Part {
    source: Arc<dyn Source>,
    name: String,
    member: Member,
}

impl ClusterFile {
    /// Opens the cluster archive at `path`, a regular file.
    ///
    /// # Errors
    /// Codes 7xx, as for an archive.
    pub fn open(path: &Path) -> Result<ClusterFile> {
        let name = format!("file {}", path.display());
        opening::open_regular(path)
            .and_then(|(file, length)| ClusterFile::of(Arc::new(file), length, &name))
            .object(|| name.clone())
    }

    /// Opens the cluster archive that `bytes` are.
    ///
    /// # Errors
    /// As [`ClusterFile::open`].
    pub fn of_bytes(bytes: Vec<u8>) -> Result<ClusterFile> {
        let length = bytes.len() as u64;
        ClusterFile::of(Arc::new(bytes), length, "bytes in memory")
    }

    fn of(source: Arc<dyn Source>, length: u64, name: &str) -> Result<ClusterFile> {
        let header = read_header(&*source, length)?;
        let tail = opening::read_tail(&*source, length, &header, END_MAGIC)?;
        let members = read_directory(&*source, length, &tail)
            .map_err(|wrong| wrong.unwrap_or_else(|defect| defect.at(place_of(&tail))))?;
        Ok(ClusterFile { source, name: name.to_owned(), uuid: header.uuid, length, members })
    }

    /// Its own random number.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_bytes(self.uuid)
    }

    /// Its bytes.
    pub fn file_bytes(&self) -> u64 {
        self.length
    }

    /// The members, in file order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The bytes of a member.
    pub fn part(&self, member: &Member) -> Part {
        let (source, name) = (self.source.clone(), self.name.clone());
        Part { source, name, member: member.clone() }
    }
}

impl Part {
    pub(super) fn of(source: Arc<dyn Source>, name: &str, member: Member) -> Part {
        Part { source, name: name.to_owned(), member }
    }

    /// What the directory says of it.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// What messages call it.
    pub fn label(&self) -> String {
        format!("{} in {}", self.member.label(), self.name)
    }

    /// Opens it as an archive.
    ///
    /// # Errors
    /// As [`FileReader::open`]; offsets in messages count from the member's beginning.
    pub fn open(&self) -> Result<FileReader> {
        let reader = FileReader::from_source(Box::new(self.clone()), self.member.length);
        let same = |reader: FileReader| {
            let uuid = *reader.totals().uuid.as_bytes();
            match self.member.is_that_of(&uuid, reader.meta()) {
                true => Ok(reader),
                false => Err(differs(self.member.offset)),
            }
        };
        reader.and_then(same).object(|| self.label())
    }
}

impl Source for Part {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.member.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.source.read_exact_at(buffer, self.member.offset + offset)
    }
}

/// The error of a member that is another one than the directory says.
pub(super) fn differs(offset: u64) -> Error {
    Defect::damaged("the member differs from what the directory says of it").at(Place::byte(offset))
}

fn place_of(tail: &Tail) -> Place {
    Place::byte(tail.footer_offset)
}

fn read_header(source: &dyn Source, length: u64) -> Result<Header> {
    let mut start = [0; header::LEN];
    if length < header::LEN as u64 {
        return Err(defect::truncated(length));
    }
    source.read_exact_at(&mut start, 0).map_err(|error| defect::unreadable(error, 0))?;
    Header::decode_as(&start, MAGIC)
}

/// Reads the directory; what is wrong is an error of its own, or a defect of the directory.
fn read_directory(
    source: &dyn Source,
    length: u64,
    tail: &Tail,
) -> Result<Vec<Member>, Result<Error, Defect>> {
    let read = |buffer: &mut [u8], offset| {
        let read = source.read_exact_at(buffer, offset);
        read.map_err(|error| Ok(defect::unreadable(error, offset)))
    };
    let spent = tail.footer_length.saturating_add(tail::LEN as u64);
    let placed = tail.footer_length >= directory::HEAD as u64
        && tail.footer_offset.checked_add(spent) == Some(length);
    if !placed {
        return Err(Err(Defect::damaged("the directory is not where the end record says")));
    }
    let mut head = [0; directory::HEAD];
    read(&mut head, tail.footer_offset)?;
    let (listed, checksum) = directory::decode_head(&head).map_err(Err)?;
    if u64::from(listed) + directory::HEAD as u64 != tail.footer_length {
        return Err(Err(Defect::damaged("the directory has another length than its end record")));
    }
    let mut list = vec![0; listed as usize];
    read(&mut list, tail.footer_offset + directory::HEAD as u64)?;
    let members = directory::decode(&list, checksum, &tail.uuid).map_err(Err)?;
    check(&members, tail.footer_offset).map_err(Err)?;
    if members.len() as u64 != tail.frames {
        return Err(Err(Defect::damaged("the end record counts other members")));
    }
    Ok(members)
}
