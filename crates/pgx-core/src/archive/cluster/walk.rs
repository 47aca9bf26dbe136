//! From the first byte of a member to its last, by the lengths that its frames say.
//!
//! What is read is handed on as it is, and judged by whoever reads the archive: all that is decided
//! here is where it ends. Where that cannot be told, nothing more is handed out.

use std::io::{self, BufReader, Read};

use crate::archive::frame::{FrameHeader, FrameKind, HEADER_LEN};
use crate::archive::tail;

/// How far a member was read.
pub(super) struct Walk {
    uuid: [u8; 16],
    /// Bytes that were read and not handed out, and how many of them were handed out.
    ahead: Vec<u8>,
    given: usize,
    /// Bytes up to the next frame, or to the end.
    rest: u64,
    next: Next,
}

/// What stands behind the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Frame,
    Tail,
    End,
    /// No frame begins where one must, or the input ends.
    Lost,
}

/// The input, counted.
pub(super) struct Bytes {
    pub(super) reader: BufReader<Box<dyn Read + Send>>,
    pub(super) position: u64,
}

impl Walk {
    /// A member of which `beginning` was read: whole frames.
    pub(super) fn new(uuid: [u8; 16], beginning: Vec<u8>) -> Walk {
        Walk { uuid, ahead: beginning, given: 0, rest: 0, next: Next::Frame }
    }

    /// Whether the input stands behind the member.
    pub(super) fn is_done(&self) -> bool {
        self.next == Next::End && self.rest == 0 && self.given == self.ahead.len()
    }

    /// The next bytes of the member; none at its end, or where it is lost.
    pub(super) fn read(&mut self, input: &mut Bytes, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ahead.len() && self.rest == 0 {
            match self.next {
                Next::Frame => self.meet_frame(input)?,
                Next::Tail => (self.rest, self.next) = (tail::LEN as u64, Next::End),
                Next::End | Next::Lost => return Ok(0),
            }
        }
        let ahead = &self.ahead[self.given..];
        if !ahead.is_empty() {
            let count = ahead.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ahead[..count]);
            self.given += count;
            return Ok(count);
        }
        let most = usize::try_from(self.rest).unwrap_or(usize::MAX).min(buffer.len());
        let count = input.read(&mut buffer[..most])?;
        self.rest -= count as u64;
        if count == 0 && most > 0 {
            (self.rest, self.next) = (0, Next::Lost);
        }
        Ok(count)
    }

    fn meet_frame(&mut self, input: &mut Bytes) -> io::Result<()> {
        let mut bytes = [0; HEADER_LEN];
        let present = input.fill(&mut bytes)?;
        self.ahead = bytes[..present].to_vec();
        self.given = 0;
        let header = FrameHeader::decode(&bytes, &self.uuid).ok();
        (self.rest, self.next) = match header.filter(|_| present == HEADER_LEN) {
            Some(header) if header.kind == FrameKind::Footer => {
                (u64::from(header.stored), Next::Tail)
            }
            Some(header) => (u64::from(header.stored), Next::Frame),
            None => (0, Next::Lost),
        };
        Ok(())
    }
}

impl Bytes {
    /// Fills the buffer as far as the input goes, and says how far.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}
