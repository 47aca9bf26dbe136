//! Sending rows: one running `COPY … FROM STDIN`.

use super::session::{Answer, Session, tag_count};
use super::wire;
use crate::error::{Error, Result};

/// CopyData messages of about this size: large enough to cost few system calls, small enough to stay
/// in the server's cache.
const COPY_MESSAGE_BYTES: usize = 128 * 1024;

/// While rows are sent, the server is asked whether it has failed already after so many messages.
const COPY_MESSAGES_PER_LOOK: u32 = 8;

/// A running `COPY … FROM STDIN`. Dropped without [`CopyIn::finish`] or [`CopyIn::abort`], it gives up
/// the connection, so that a half-sent table is never kept.
pub struct CopyIn<'s> {
    session: &'s mut Session,
    /// A CopyData message in the making; its header is filled in when it is sent.
    out: Vec<u8>,
    messages: u32,
    open: bool,
}

impl<'s> CopyIn<'s> {
    pub(super) fn new(session: &'s mut Session) -> CopyIn<'s> {
        CopyIn { session, out: Vec::new(), messages: 0, open: true }
    }

    /// Sends bytes; they may be cut anywhere.
    ///
    /// # Errors
    /// The server failed already (the error is the row's), or the connection broke.
    pub fn send(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.out.is_empty() {
                self.out.extend_from_slice(b"d\0\0\0\0");
            }
            let room = (5 + COPY_MESSAGE_BYTES).saturating_sub(self.out.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.out.extend_from_slice(now);
            bytes = later;
            if self.out.len() >= 5 + COPY_MESSAGE_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Ends the COPY and returns the row count of the server's command tag.
    ///
    /// # Errors
    /// What the server refused.
    pub fn finish(mut self) -> Result<u64> {
        self.flush()?;
        self.open = false;
        self.end(b'c', b"").map(|answer| tag_count(&answer.tag))
    }

    /// Makes the server drop what was sent; the transaction has failed afterwards.
    ///
    /// # Errors
    /// A broken connection.
    pub fn abort(mut self, reason: &str) -> Result<()> {
        self.open = false;
        let mut body = reason.as_bytes().to_vec();
        body.push(0);
        match self.end(b'f', &body) {
            Err(error) if error.server_error().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.session.config.interrupt.check()?;
        if self.out.is_empty() {
            return Ok(());
        }
        let length = wire::length(self.out.len() - 5);
        let length = self.session.io(length)?;
        self.out[1..5].copy_from_slice(&length);
        let message = std::mem::take(&mut self.out);
        let delivered = self.deliver(&message);
        self.out = message;
        self.out.clear();
        delivered?;
        self.messages += 1;
        if self.messages.is_multiple_of(COPY_MESSAGES_PER_LOOK) {
            self.early_error()?;
        }
        Ok(())
    }

    /// Sends a message, and listens meanwhile: a server whose warnings nobody reads stops reading rows.
    fn deliver(&mut self, message: &[u8]) -> Result<()> {
        let mut left = message;
        while !left.is_empty() {
            let said = match self.session.wire.send_some(left) {
                Ok(0) => self.early_error(),
                Ok(sent) => {
                    left = &left[sent..];
                    continue;
                }
                // The reason may be waiting to be read, unless the connection is gone altogether.
                Err(error) => {
                    let said = self.early_error();
                    said.and_then(|()| self.session.io(Err(error)))
                }
            };
            if let Err(error) = said {
                return Err(self.rest_of(message, left, error));
            }
        }
        Ok(())
    }

    /// After an error, ends a message that was begun: the server would take the next one for its rest.
    fn rest_of(&mut self, message: &[u8], left: &[u8], error: Error) -> Error {
        if !self.session.broken && left.len() < message.len() {
            self.session.broken = self.session.wire.send(left).is_err();
        }
        error
    }

    /// Reads what the server has said in the middle of the COPY; after an error it ignores the rows.
    fn early_error(&mut self) -> Result<()> {
        let mut answer = Answer::default();
        while self.session.wire.has_input() || answer.error.is_some() {
            let header = self.session.header()?;
            if self.session.control(header, &mut answer)? {
                self.open = false;
                self.session.settle(answer)?;
                return Err(self.session.protocol_error("the end of a COPY that was not ended"));
            }
        }
        Ok(())
    }

    fn end(&mut self, kind: u8, body: &[u8]) -> Result<Answer> {
        let message = wire::message(kind, body);
        let message = self.session.io(message)?;
        self.deliver(&message)?;
        let mut answer = Answer::default();
        loop {
            let header = self.session.header()?;
            if self.session.control(header, &mut answer)? {
                return self.session.settle(answer);
            }
        }
    }
}

impl Drop for CopyIn<'_> {
    fn drop(&mut self) {
        if self.open {
            self.session.broken = true;
        }
    }
}
