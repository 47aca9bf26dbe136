//! Writing a cluster archive, front to back.

use std::io::{self, Write};

use uuid::Uuid;

use super::{MAGIC, Member, beginning, check, directory};
use crate::archive::defect::Defect;
use crate::archive::header::{self, Header};
use crate::archive::output;
use crate::error::{Code, Error, Result};

/// Writes a cluster archive: [`ClusterWriter::new`], [`ClusterWriter::member`] for the globals and
/// each database, [`ClusterWriter::finish`].
pub struct ClusterWriter<W: Write> {
    output: W,
    uuid: [u8; 16],
    written: u64,
    members: Vec<Member>,
}

/// What a member is written to: it keeps its beginning, and counts.
pub struct MemberOutput<W: Write> {
    output: W,
    written: u64,
    beginning: Vec<u8>,
}

impl<W: Write> ClusterWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// [`Code::OutputFull`], [`Code::OutputFailed`], as for every function here.
    pub fn new(output: W) -> Result<ClusterWriter<W>> {
        ClusterWriter::with_uuid(output, *Uuid::new_v4().as_bytes())
    }

    /// [`ClusterWriter::new`] with a UUID that is chosen, for an archive that is to have the same
    /// bytes whenever it is written.
    ///
    /// # Errors
    /// As [`ClusterWriter::new`].
    pub fn with_uuid(mut output: W, uuid: [u8; 16]) -> Result<ClusterWriter<W>> {
        let header = Header::new(uuid, 0).encode_as(MAGIC);
        output.write_all(&header).map_err(|error| output::write_failed(error, 0))?;
        Ok(ClusterWriter { output, uuid, written: header::LEN as u64, members: Vec::new() })
    }

    /// Has `write` write a whole archive, and give its output back.
    ///
    /// # Errors
    /// Those of `write`; [`Code::Internal`] for what is no archive, or the wrong one here.
    pub fn member<T>(
        mut self,
        write: impl FnOnce(MemberOutput<W>) -> Result<(MemberOutput<W>, T)>,
    ) -> Result<(ClusterWriter<W>, T)> {
        let output = MemberOutput { output: self.output, written: 0, beginning: Vec::new() };
        let (MemberOutput { output, written, beginning }, told) = write(output)?;
        let beginning = beginning::decode(&beginning)?;
        self.members.push(Member::new(beginning.uuid, &beginning.meta, self.written, written));
        self.written += written;
        check(&self.members, self.written).map_err(Defect::of_writer)?;
        Ok((ClusterWriter { output, ..self }, told))
    }

    /// Writes directory and tail, and gives the output back, with its length in bytes.
    ///
    /// # Errors
    /// [`Code::Unsupported`] for more databases than a directory can list.
    pub fn finish(mut self) -> Result<(W, u64)> {
        check(&self.members, self.written).map_err(Defect::of_writer)?;
        let ending = directory::encode(&self.members, self.uuid, self.written);
        let ending = ending.ok_or_else(|| {
            Error::new(Code::Unsupported, "the cluster has too many databases for one archive")
                .hint("leave some out with --exclude-database, and dump them by themselves")
        })?;
        let written = self.written;
        let failed = |error| output::write_failed(error, written);
        self.output.write_all(&ending).and_then(|()| self.output.flush()).map_err(failed)?;
        Ok((self.output, written + ending.len() as u64))
    }
}

impl<W: Write> Write for MemberOutput<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.written += count as u64;
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            let wanted = beginning::wanted(&self.beginning).map_err(io::Error::other)?;
            let lacking = wanted - self.beginning.len();
            if lacking == 0 {
                break;
            }
            let (piece, after) = rest.split_at(lacking.min(rest.len()));
            self.beginning.extend_from_slice(piece);
            rest = after;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
