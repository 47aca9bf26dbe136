//! TLS over a blocking socket, with what a COPY needs: reads as large as the buffer, writes that do not
//! wait, and a look whether anything has come.
//!
//! rustls reads 4 KiB of its source at a time. So it is fed from a buffer of ours, which the socket fills
//! with one system call.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use rustix::net::{SendAncillaryBuffer, SendFlags};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use crate::connect::dial::Socket;

/// Encrypted bytes read from the socket at a time.
const READ_BYTES: usize = 256 * 1024;

/// Encrypted bytes that may wait for the socket.
const UNSENT_BYTES_MAX: usize = 256 * 1024;

/// An encrypted connection.
pub(in crate::connect) struct Stream {
    connection: ClientConnection,
    socket: Socket,
    /// Encrypted bytes that rustls has not seen are `buffer[start..end]`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

impl Stream {
    /// Carries out the TLS handshake.
    pub(super) fn open(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        mut socket: Socket,
    ) -> io::Result<Stream> {
        let mut connection = ClientConnection::new(config, name).map_err(invalid)?;
        connection.set_buffer_limit(Some(UNSENT_BYTES_MAX));
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Stream {
            connection,
            socket,
            buffer: vec![0; READ_BYTES],
            start: 0,
            end: 0,
            ended: false,
        })
    }

    pub(in crate::connect) fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// The server's certificate.
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        self.connection.peer_certificates()?.first().map(|certificate| certificate.as_ref())
    }

    /// The protocol that both sides agreed on.
    pub(super) fn protocol(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// Encrypts as much as may wait for the socket, and sends what can be sent without waiting.
    pub(in crate::connect) fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push()?;
        if self.connection.wants_write() {
            return Ok(0);
        }
        let taken = self.connection.writer().write(bytes)?;
        self.push()?;
        Ok(taken)
    }

    /// Whether a read would return at once. Records without data for us count for nothing.
    pub(in crate::connect) fn has_input(&mut self) -> bool {
        loop {
            match self.connection.process_new_packets() {
                Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
                _ => return true,
            }
            let more = match self.start < self.end {
                true => self.digest(),
                false if self.ended => return true,
                false if self.socket.has_input() => self.refill(),
                false => return false,
            };
            if more.is_err() {
                return true;
            }
        }
    }

    /// Sends what can be sent without waiting.
    fn push(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut Now(&self.socket)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads from the socket once; what is to be sent goes first, unless the server speaks meanwhile.
    fn refill(&mut self) -> io::Result<()> {
        self.push()?;
        while self.connection.wants_write() && !self.socket.has_input() {
            self.socket.wait()?;
            self.push()?;
        }
        self.start = 0;
        self.end = self.socket.read(&mut self.buffer)?;
        self.ended = self.end == 0;
        Ok(())
    }

    /// Hands rustls some of what was read.
    fn digest(&mut self) -> io::Result<()> {
        let mut source = &self.buffer[self.start..self.end];
        self.start += self.connection.read_tls(&mut source)?;
        self.connection.process_new_packets().map_err(invalid)?;
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        loop {
            match self.connection.reader().read(&mut out[got..]) {
                Ok(0) => return Ok(got),
                Ok(read) => {
                    got += read;
                    if got == out.len() {
                        return Ok(got);
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self.start < self.end {
                self.digest()?;
            } else if got > 0 || self.ended {
                return Ok(got);
            } else {
                self.refill()?;
            }
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.write_now(bytes)? {
                0 if !bytes.is_empty() => self.flush()?,
                written => return Ok(written),
            }
        }
    }

    /// Waits until all is sent.
    fn flush(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

/// Sends without waiting.
struct Now<'s>(&'s Socket);

impl Write for Now<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut control = SendAncillaryBuffer::default();
        Ok(rustix::net::sendmsg(self.0.fd(), bytes, &mut control, flags)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
