//! Messages of the PostgreSQL protocol (version 3.0) over a blocking stream, framed in one buffer.

use std::io::{self, Read, Write};

use super::transport::Transport;

/// Bytes read from the socket at a time, and the largest part of a CopyData message handed on at once.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// No message of a server is longer: it makes none in more than 1 GiB of memory, be it a row. Only
/// CopyData is passed on in pieces; anything else is held whole.
const MESSAGE_BYTES_MAX: usize = 1 << 30;

/// The framed stream.
pub(super) struct Wire {
    transport: Transport,
    buffer: Vec<u8>,
    /// Unread bytes are `buffer[start..end]`.
    start: usize,
    end: usize,
}

/// A message header: its type, and the length of the body behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: u8,
    pub(super) body_len: usize,
}

impl Wire {
    pub(super) fn new(transport: Transport) -> Wire {
        Wire { transport, buffer: vec![0; READ_BUFFER_BYTES], start: 0, end: 0 }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.transport.write_all(bytes)?;
        self.transport.flush()
    }

    /// The session is set up: from now on reads wait as long as it takes.
    pub(super) fn be_patient(&mut self) {
        self.transport.be_patient();
    }

    /// Sends what can be sent without waiting and returns how much that is. When it is nothing, waits
    /// until that changes or the server says something.
    pub(super) fn send_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.transport.write_now(bytes)?;
        if sent == 0 {
            self.transport.wait()?;
        }
        Ok(sent)
    }

    /// Reads the next header. The body must be consumed before the next header.
    pub(super) fn header(&mut self) -> io::Result<Header> {
        self.fill(5)?;
        let header = &self.buffer[self.start..self.start + 5];
        let kind = header[0];
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
        let body_len =
            length.checked_sub(4).filter(|&len| len <= MESSAGE_BYTES_MAX).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "impossible message length")
            })?;
        self.start += 5;
        Ok(Header { kind, body_len })
    }

    /// The whole body, copied: for the small messages of control.
    pub(super) fn body(&mut self, header: Header) -> io::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(header.body_len.min(READ_BUFFER_BYTES));
        self.pieces(header, |piece| {
            body.extend_from_slice(piece);
            Ok::<_, io::Error>(())
        })??;
        Ok(body)
    }

    /// Hands the body on in pieces as they arrive, without holding it whole. The outer error is the
    /// stream's, the inner one the sink's; after a sink's error the rest of the body is still skipped.
    pub(super) fn pieces<E>(
        &mut self,
        header: Header,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> io::Result<Result<(), E>> {
        let mut left = header.body_len;
        let mut result = Ok(());
        while left > 0 {
            self.fill(1)?;
            let n = left.min(self.end - self.start);
            if result.is_ok() {
                result = sink(&self.buffer[self.start..self.start + n]);
            }
            self.start += n;
            left -= n;
        }
        Ok(result)
    }

    /// Whether the server has said something already: an error in the middle of a COPY IN.
    pub(super) fn has_input(&mut self) -> bool {
        self.start < self.end || self.transport.has_input()
    }

    /// Makes at least `n` bytes available in the buffer.
    fn fill(&mut self, n: usize) -> io::Result<()> {
        while self.end - self.start < n {
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
            } else if self.buffer.len() - self.start < n {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.transport.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A message of the client: type, length, body.
pub(super) fn message(kind: u8, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(body.len() + 5);
    bytes.push(kind);
    bytes.extend_from_slice(&length(body.len())?);
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// The length field in front of a body of `body_len` bytes.
pub(super) fn length(body_len: usize) -> io::Result<[u8; 4]> {
    match i32::try_from(body_len + 4) {
        Ok(length) => Ok(length.to_be_bytes()),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "message longer than 2 GiB")),
    }
}
