//! Where an archive is read from.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

/// Where the archive comes from.
pub enum Input {
    /// A file.
    File(PathBuf),
    /// A stream that is read once, from its beginning to its end: stdin.
    Pipe(Box<dyn Read + Send>),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::File(path) => write!(f, "File({})", path.display()),
            Input::Pipe(_) => f.write_str("Pipe"),
        }
    }
}
