//! Which of the two kinds of archive an input is.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use uuid::Uuid;

use super::file::ClusterFile;
use super::pipe::ClusterPipe;
use super::{MAGIC, Member};
use crate::archive::input::Input;
use crate::error::{Code, Error, Result};

/// An input, and what it begins as.
pub enum Arrival {
    /// An ordinary archive, or nothing that pgx can read: opening it tells.
    Archive(Input),
    /// A cluster archive.
    Cluster(Cluster),
}

/// A cluster archive.
pub enum Cluster {
    /// In a file.
    File(ClusterFile),
    /// In a stream that is read once.
    Pipe(ClusterPipe),
}

impl Arrival {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// Codes 7xx, for what begins as a cluster archive and is none, and for a stream that fails.
    pub fn of(input: Input) -> Result<Arrival> {
        match input {
            Input::File(path) if begins_at(&path) => {
                ClusterFile::open(&path).map(|file| Arrival::Cluster(Cluster::File(file)))
            }
            Input::Pipe(mut pipe) => {
                let mut start = Vec::new();
                let read = pipe.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start);
                read.map_err(unreadable)?;
                let cluster = start == MAGIC;
                let whole: Box<dyn Read + Send> = Box::new(Cursor::new(start).chain(pipe));
                match cluster {
                    true => {
                        ClusterPipe::new(whole).map(|pipe| Arrival::Cluster(Cluster::Pipe(pipe)))
                    }
                    false => Ok(Arrival::Archive(Input::Pipe(whole))),
                }
            }
            input => Ok(Arrival::Archive(input)),
        }
    }
}

/// Whether the file at `path` begins as a cluster archive. Whatever cannot be read is told by whoever
/// opens it.
pub fn begins_at(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let regular = path.metadata().is_ok_and(|metadata| metadata.is_file());
    regular
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == MAGIC
}

fn unreadable(error: io::Error) -> Error {
    Error::new(Code::InputFailed, "cannot read the archive at byte 0").source(error)
}

impl Cluster {
    /// Hands out every member, in file order, each as an archive to be read by itself; what is left
    /// of it is passed over.
    ///
    /// # Errors
    /// Codes 7xx; what `each` returns.
    pub fn each(&mut self, mut each: impl FnMut(&Member, Input) -> Result<()>) -> Result<()> {
        match self {
            Cluster::File(file) => {
                file.members().iter().try_for_each(|one| each(one, Input::Part(file.part(one))))
            }
            Cluster::Pipe(pipe) => {
                while let Some((_, member)) = pipe.next()? {
                    if let Some(last) = pipe.members().last() {
                        each(last, Input::Pipe(Box::new(member)))?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Its own random number.
    pub fn uuid(&self) -> Uuid {
        match self {
            Cluster::File(file) => file.uuid(),
            Cluster::Pipe(pipe) => pipe.uuid(),
        }
    }

    /// Its bytes; of a stream, those that were read.
    pub fn file_bytes(&self) -> u64 {
        match self {
            Cluster::File(file) => file.file_bytes(),
            Cluster::Pipe(pipe) => pipe.file_bytes(),
        }
    }

    /// The first member that is wanted, as an archive to be read by itself.
    ///
    /// # Errors
    /// Codes 7xx; [`Code::NoMatch`]: there is none, and these are the databases.
    pub fn member(self, wanted: impl Fn(&Member) -> bool, what: &str) -> Result<Input> {
        let names = match self {
            Cluster::File(file) => {
                if let Some(member) = file.members().iter().find(|member| wanted(member)) {
                    return Ok(Input::Part(file.part(member)));
                }
                file.members().iter().map(Member::label).collect::<Vec<_>>()
            }
            Cluster::Pipe(mut pipe) => {
                while let Some((_, member)) = pipe.next()? {
                    if pipe.members().last().is_some_and(&wanted) {
                        return Ok(Input::Pipe(Box::new(member)));
                    }
                }
                pipe.members().iter().map(Member::label).collect()
            }
        };
        let none = format!("the cluster archive has no {what}");
        Err(Error::new(Code::NoMatch, none).note(format!("it has {}", names.join(", "))))
    }
}
