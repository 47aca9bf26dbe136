//! Members of a damaged cluster archive, found without its directory.

use std::path::Path;
use std::sync::Arc;

use super::file::{ClusterFile, Part};
use super::{Member, beginning, directory};
use crate::archive::defect;
use crate::archive::frame::{FrameHeader, FrameKind, HEADER_LEN};
use crate::archive::header::{self, Header};
use crate::archive::opening;
use crate::archive::source::Source;
use crate::archive::tail;
use crate::error::{Result, ResultExt};
use crate::toc::Meta;

/// Bytes searched at once.
const WINDOW: usize = 1 << 20;

/// What is left of a cluster archive.
pub struct Found {
    /// The members, in file order. One may lack its beginning or its end.
    pub parts: Vec<Part>,
    /// The directory is whole: there were no others.
    pub is_all: bool,
}

/// The members of the cluster archive at `path`, damaged or not: by its directory, or else by where
/// archives begin. `look` is called now and then, and its error ends the search.
///
/// # Errors
/// [`Code::InputFailed`](crate::Code::InputFailed); what `look` returns.
pub fn found(path: &Path, look: &mut dyn FnMut() -> Result<()>) -> Result<Found> {
    if let Ok(file) = ClusterFile::open(path) {
        let parts = file.members().iter().map(|member| file.part(member)).collect();
        return Ok(Found { parts, is_all: true });
    }
    let name = format!("file {}", path.display());
    let (file, length) = opening::open_regular(path).object(|| name.clone())?;
    let parts = found_in(&Arc::new(file), length, &name, look).object(|| name.clone())?;
    Ok(Found { parts, is_all: false })
}

/// The members that begin in a file without a directory.
pub(in crate::archive) fn found_in<S: Source + 'static>(
    source: &Arc<S>,
    length: u64,
    name: &str,
    look: &mut dyn FnMut() -> Result<()>,
) -> Result<Vec<Part>> {
    let finder = Finder { source: &**source, length };
    let mut parts = Vec::new();
    let mut at = header::LEN as u64;
    while at < length && !finder.is_directory(at)? {
        look()?;
        let end = match finder.walk(at, look)? {
            (end, true) => end,
            (lost, false) => finder.next_beginning(lost.max(at + 1), look)?,
        };
        let member = finder.member(at, end)?;
        parts.push(Part::of(source.clone(), name, member));
        at = end;
    }
    Ok(parts)
}

struct Finder<'s> {
    source: &'s dyn Source,
    length: u64,
}

impl Finder<'_> {
    /// The bytes from `at` on: `count` of them, or as many as there are.
    fn bytes(&self, at: u64, count: usize) -> Result<Vec<u8>> {
        let present = self.length.saturating_sub(at).min(count as u64) as usize;
        let mut bytes = vec![0; present];
        let read = self.source.read_exact_at(&mut bytes, at);
        read.map_err(|error| defect::unreadable(error, at))?;
        Ok(bytes)
    }

    /// Goes from frame to frame through the member at `at`: where it ends, or where it is lost.
    fn walk(&self, at: u64, look: &mut dyn FnMut() -> Result<()>) -> Result<(u64, bool)> {
        let start = self.bytes(at, header::LEN)?;
        let header = start.first_chunk().and_then(|start| Header::decode(start).ok());
        let Some(header) = header else { return Ok((at, false)) };
        let mut frame_at = at + header::LEN as u64;
        loop {
            look()?;
            let bytes = self.bytes(frame_at, HEADER_LEN)?;
            let frame = bytes.first_chunk().map(|bytes| FrameHeader::decode(bytes, &header.uuid));
            let Some(Ok(frame)) = frame else { return Ok((frame_at, false)) };
            let end = frame_at + frame.length();
            if end > self.length {
                return Ok((frame_at, false));
            }
            frame_at = end;
            if frame.kind == FrameKind::Footer {
                return Ok(((end + tail::LEN as u64).min(self.length), true));
            }
        }
    }

    /// Where the next archive, or the directory, begins from `at` on; else the end of the file.
    fn next_beginning(&self, mut at: u64, look: &mut dyn FnMut() -> Result<()>) -> Result<u64> {
        const OVERLAP: usize = header::LEN - 1;
        while at < self.length {
            look()?;
            let window = self.bytes(at, WINDOW)?;
            for (place, bytes) in window.windows(header::MAGIC.len()).enumerate() {
                let here = at + place as u64;
                if bytes == header::MAGIC && self.is_archive(here)?
                    || bytes == directory::SYNC && self.is_directory(here)?
                {
                    return Ok(here);
                }
            }
            if window.len() < WINDOW {
                break;
            }
            at += (WINDOW - OVERLAP) as u64;
        }
        Ok(self.length)
    }

    fn is_archive(&self, at: u64) -> Result<bool> {
        let start = self.bytes(at, header::LEN)?;
        Ok(start.first_chunk().is_some_and(|start| Header::decode(start).is_ok()))
    }

    /// Whether the directory begins there, as far as its first bytes tell.
    fn is_directory(&self, at: u64) -> Result<bool> {
        let head = self.bytes(at, directory::HEAD)?;
        Ok(head.first_chunk().is_some_and(|head| directory::decode_head(head).is_ok()))
    }

    /// What the bytes say they are; nothing, where their beginning is damaged.
    fn member(&self, at: u64, end: u64) -> Result<Member> {
        let mut bytes = Vec::new();
        let whole = loop {
            match beginning::wanted(&bytes) {
                Ok(wanted) if wanted == bytes.len() => break beginning::decode(&bytes).ok(),
                Ok(wanted) => bytes = self.bytes(at, wanted)?,
                Err(_) => break None,
            }
            if bytes.len() as u64 >= end - at {
                break None;
            }
        };
        let (uuid, meta) = whole.map_or(([0; 16], Meta::default()), |it| (it.uuid, it.meta));
        Ok(Member::new(uuid, &meta, at, end - at))
    }
}
