//! What messages travel over: a socket, with TLS or without.

use std::io::{self, Read, Write};

use super::dial::Socket;
use super::tls::Stream;

/// A connected transport, blocking.
pub(super) enum Transport {
    Plain(Socket),
    Tls(Box<Stream>),
}

impl Transport {
    /// The session is set up: from now on reads wait as long as it takes.
    pub(super) fn be_patient(&mut self) {
        match self {
            Transport::Plain(socket) => socket.be_patient(),
            Transport::Tls(stream) => stream.socket().be_patient(),
        }
    }

    /// Writes as much as can be written without waiting: 0 bytes when that is none. Over TLS, bytes
    /// count as written when they are encrypted; what is not sent yet goes first at the next call.
    pub(super) fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write_now(bytes),
            Transport::Tls(stream) => stream.write_now(bytes),
        }
    }

    /// Waits until something can be written or read.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(socket) => socket.wait(),
            Transport::Tls(stream) => stream.socket().wait(),
        }
    }

    /// Whether the server has said something, or has gone.
    pub(super) fn has_input(&mut self) -> bool {
        match self {
            Transport::Plain(socket) => socket.has_input(),
            Transport::Tls(stream) => stream.has_input(),
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.read(buffer),
            Transport::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write(bytes),
            Transport::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(socket) => socket.flush(),
            Transport::Tls(stream) => stream.flush(),
        }
    }
}
