//! Lending a stream to tokio-postgres for the handshake, and taking it back whole.
//!
//! tokio-postgres reads as much as the socket has, so bytes that follow the handshake could get stuck
//! in its buffer. [`Lent`] therefore follows the message borders of what it passes on and never
//! delivers a byte beyond the first ReadyForQuery: whatever the server sends after that stays in the
//! socket for the next reader. On the way it notes the process id of BackendKeyData, which
//! tokio-postgres keeps to itself and which tells a pooler from a server.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the owner keeps while the stream is lent.
pub(super) struct Lender<S>(Arc<Mutex<Slot<S>>>);

/// What tokio-postgres holds.
pub(super) struct Lent<S>(Arc<Mutex<Slot<S>>>);

struct Slot<S> {
    stream: Option<S>,
    border: Border,
}

/// Lends `stream`.
pub(super) fn lend<S>(stream: S) -> (Lender<S>, Lent<S>) {
    let slot = Arc::new(Mutex::new(Slot { stream: Some(stream), border: Border::default() }));
    (Lender(slot.clone()), Lent(slot))
}

impl<S> Lender<S> {
    /// The stream again, standing right behind the first ReadyForQuery, and the process id the server
    /// gave. `None` if the handshake did not get that far.
    pub(super) fn take_back(self) -> Option<(S, i32)> {
        let mut slot = self.0.lock().ok()?;
        if !slot.border.ready {
            return None;
        }
        let pid = slot.border.process_id;
        slot.stream.take().map(|stream| (stream, pid))
    }
}

/// Follows message borders: one type byte, four length bytes (counting themselves), the body.
#[derive(Default)]
struct Border {
    header: [u8; 5],
    header_len: usize,
    body_left: usize,
    body_seen: usize,
    process_id: i32,
    ready: bool,
}

impl Border {
    /// How many bytes may be read next without passing the border of the current message.
    fn allowance(&self) -> usize {
        if self.header_len < 5 { 5 - self.header_len } else { self.body_left }
    }

    /// Takes note of bytes that were read, never more than [`Border::allowance`].
    fn pass(&mut self, bytes: &[u8]) {
        if self.header_len < 5 {
            self.header[self.header_len..self.header_len + bytes.len()].copy_from_slice(bytes);
            self.header_len += bytes.len();
            if self.header_len < 5 {
                return;
            }
            let [_, length @ ..] = self.header;
            self.body_left = (u32::from_be_bytes(length) as usize).saturating_sub(4);
            self.body_seen = 0;
        } else {
            self.note_process_id(bytes);
            self.body_left -= bytes.len();
            self.body_seen += bytes.len();
        }
        if self.body_left == 0 {
            self.ready |= self.header[0] == b'Z';
            self.header_len = 0;
        }
    }

    fn note_process_id(&mut self, bytes: &[u8]) {
        if self.header[0] != b'K' {
            return;
        }
        for (i, &byte) in bytes.iter().enumerate() {
            if self.body_seen + i < 4 {
                self.process_id = (self.process_id << 8) | i32::from(byte);
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lent<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut slot = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        let Slot { stream, border } = &mut *slot;
        let (Some(stream), false) = (stream.as_mut(), border.ready) else {
            // Nothing more is for tokio-postgres: it waits, and is dropped waiting.
            return Poll::Pending;
        };
        let room = border.allowance().min(out.remaining());
        let mut limited = ReadBuf::new(out.initialize_unfilled_to(room));
        std::task::ready!(Pin::new(stream).poll_read(cx, &mut limited))?;
        let read = limited.filled().len();
        border.pass(limited.filled());
        out.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with_stream(|stream| Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with_stream(|stream| Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with_stream(|stream| Pin::new(stream).poll_shutdown(cx))
    }
}

impl<S> Lent<S> {
    fn with_stream<T>(
        &self,
        act: impl FnOnce(&mut S) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut slot = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        match slot.stream.as_mut() {
            Some(stream) => act(stream),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Border;

    /// Feeds `bytes` in pieces of at most `piece`, as far as the border lets them through.
    fn feed(bytes: &[u8], piece: usize) -> (Border, usize) {
        let mut border = Border::default();
        let mut at = 0;
        while at < bytes.len() && !border.ready {
            let n = border.allowance().min(piece).min(bytes.len() - at);
            border.pass(&bytes[at..at + n]);
            at += n;
        }
        (border, at)
    }

    #[test]
    fn nothing_behind_the_first_ready_for_query_is_taken() {
        let mut bytes =
            b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\x01\x02\x09\x09\x09\x09Z\0\0\0\x05I".to_vec();
        let handshake = bytes.len();
        bytes.extend_from_slice(b"S\0\0\0\x08a\0b\0");
        for piece in 1..9 {
            let (border, taken) = feed(&bytes, piece);
            assert!(border.ready);
            assert_eq!(taken, handshake);
            assert_eq!(border.process_id, 0x102);
        }
    }
}
