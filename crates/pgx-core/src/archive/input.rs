//! Where an archive is read from.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use super::cluster::Part;
use super::file_reader::FileReader;
use crate::error::Result;

/// Where the archive comes from.
pub enum Input {
    /// A file.
    File(PathBuf),
    /// A member of a cluster archive in a file.
    Part(Part),
    /// A stream that is read once, from its beginning to its end: stdin.
    Pipe(Box<dyn Read + Send>),
}

impl Input {
    /// Opens what can be read at random; none for a stream.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn open_at_random(&self) -> Result<Option<FileReader>> {
        match self {
            Input::File(path) => FileReader::open(path).map(Some),
            Input::Part(part) => part.open().map(Some),
            Input::Pipe(_) => Ok(None),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::File(path) => write!(f, "File({})", path.display()),
            Input::Part(part) => write!(f, "Part({})", part.label()),
            Input::Pipe(_) => f.write_str("Pipe"),
        }
    }
}
