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
///
/// The statement goes out with the first rows, without waiting for the server to ask for them: one
/// that refuses the statement ignores the rows. So a small table costs one round trip.
pub struct CopyIn<'s> {
    session: &'s mut Session,
    /// What goes out next: at first the statement, then a CopyData message in the making.
    out: Vec<u8>,
    /// Where in `out` that message begins; its length is filled in when it is sent.
    message: usize,
    messages: u32,
    /// The server asked for rows.
    begun: bool,
    open: bool,
}

impl<'s> CopyIn<'s> {
    /// The COPY of a `statement` that is still to be sent, as a message.
    pub(super) fn new(session: &'s mut Session, statement: Vec<u8>) -> CopyIn<'s> {
        let (message, messages) = (statement.len(), 0);
        CopyIn { session, out: statement, message, messages, begun: false, open: true }
    }

    /// Sends bytes; they may be cut anywhere.
    ///
    /// # Errors
    /// The server failed already (the error is the statement's or a row's), or the connection broke.
    pub fn send(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.out.len() == self.message {
                self.out.extend_from_slice(b"d\0\0\0\0");
            }
            let full = self.message + 5 + COPY_MESSAGE_BYTES;
            let room = full.saturating_sub(self.out.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.out.extend_from_slice(now);
            bytes = later;
            if self.out.len() >= full {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Sends what waits, and fails if the server has failed: for a pause in which no rows come.
    ///
    /// # Errors
    /// As [`CopyIn::send`].
    pub fn look(&mut self) -> Result<()> {
        self.seal()?;
        self.deliver()?;
        self.early_error()
    }

    /// Ends the COPY and returns the row count of the server's command tag.
    ///
    /// # Errors
    /// What the server refused.
    pub fn finish(mut self) -> Result<u64> {
        self.session.config.interrupt.check()?;
        self.seal()?;
        self.end(b'c', b"").map(|answer| tag_count(&answer.tag))
    }

    /// Makes the server drop what was sent; the transaction has failed afterwards.
    ///
    /// # Errors
    /// A broken connection.
    pub fn abort(mut self, reason: &str) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        self.out.truncate(self.message);
        let mut body = reason.as_bytes().to_vec();
        body.push(0);
        match self.end(b'f', &body) {
            Err(error) if error.server_error().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// Completes the message in the making.
    fn seal(&mut self) -> Result<()> {
        if let Some(body) = self.out.len().checked_sub(self.message + 5) {
            let length = wire::length(body);
            let length = self.session.io(length)?;
            self.out[self.message + 1..self.message + 5].copy_from_slice(&length);
            self.message = self.out.len();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.session.config.interrupt.check()?;
        self.seal()?;
        self.deliver()?;
        self.messages += 1;
        if self.messages.is_multiple_of(COPY_MESSAGES_PER_LOOK) {
            self.early_error()?;
        }
        Ok(())
    }

    /// Sends what waits; its buffer is used again.
    fn deliver(&mut self) -> Result<()> {
        let out = std::mem::take(&mut self.out);
        let delivered = self.send_all(&out);
        self.out = out;
        self.out.clear();
        self.message = 0;
        delivered
    }

    /// Sends messages, and listens meanwhile: a server whose warnings nobody reads stops reading rows.
    fn send_all(&mut self, message: &[u8]) -> Result<()> {
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
            if self.heard(&mut answer)? {
                self.open = false;
                self.session.settle(answer)?;
                return Err(self.session.protocol_error("the end of a COPY that was not ended"));
            }
        }
        Ok(())
    }

    fn end(&mut self, kind: u8, body: &[u8]) -> Result<Answer> {
        let message = wire::message(kind, body);
        self.out.extend(self.session.io(message)?);
        self.open = false;
        self.deliver()?;
        let mut answer = Answer::default();
        while !self.heard(&mut answer)? {}
        let answer = self.session.settle(answer)?;
        match self.begun {
            true => Ok(answer),
            false => Err(Error::internal("the statement is not a COPY FROM STDIN")),
        }
    }

    /// Takes what the server says; true when that is its last word.
    fn heard(&mut self, answer: &mut Answer) -> Result<bool> {
        let header = self.session.header()?;
        if header.kind == b'G' {
            self.begun = true;
            return self.session.body(header).map(|_| false);
        }
        self.session.control(header, answer)
    }
}

impl Drop for CopyIn<'_> {
    fn drop(&mut self) {
        if self.open {
            self.session.broken = true;
        }
    }
}
