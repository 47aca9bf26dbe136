//! Bytes that can be read at any offset.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Something to read an archive from at random, from many threads at once.
pub(super) trait Source: Send + Sync {
    /// Fills `buffer` with the bytes from `offset` on.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl Source for File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, offset)
    }
}

impl Source for Vec<u8> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let rest = self.get(from..).ok_or(io::ErrorKind::UnexpectedEof)?;
        io::Read::read_exact(&mut &rest[..], buffer)
    }
}
