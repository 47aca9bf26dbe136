//! Asking a server to cancel what a session is doing: a connection of its own, encrypted if that of the
//! session is.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::config::Host;
use super::dial::{Address, Patience, Socket, Tuning};
use super::interrupt::Interrupt;
use super::startup::BackendKey;
use super::tls::{self, Refusal};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A number in place of a protocol's version.
const CANCEL: u32 = 80_877_102;

/// Whom to ask, and for which session.
#[derive(Clone)]
pub(super) struct CancelRequest {
    pub(super) host: Host,
    pub(super) address: Address,
    /// None if the session is not encrypted.
    pub(super) tls: Option<tls::Settings>,
    pub(super) key: BackendKey,
}

impl CancelRequest {
    /// Sends the request, and waits until the server has taken it.
    pub(super) fn send(&self) -> io::Result<()> {
        let until = Some(Instant::now() + PATIENCE);
        // The switch for Ctrl-C is thrown already: it must not end this.
        let patience = Patience { until, interrupt: Interrupt::new() };
        let socket = Socket::open(&self.address, patience, &Tuning::default())?;
        match &self.tls {
            None => self.tell(socket),
            Some(tls) => {
                let name = self.host.name().unwrap_or_default();
                let stream = tls.encrypt(name, self.address.ip(), socket);
                self.tell(stream.map_err(|refusal| match refusal {
                    Refusal::Io(error) => error,
                    _ => io::Error::other("no TLS for the request to cancel"),
                })?)
            }
        }
    }

    fn tell(&self, mut stream: impl Read + Write) -> io::Result<()> {
        let mut message = Vec::with_capacity(16);
        for number in [16, CANCEL] {
            message.extend_from_slice(&number.to_be_bytes());
        }
        for number in [self.key.process_id, self.key.secret] {
            message.extend_from_slice(&number.to_be_bytes());
        }
        stream.write_all(&message)?;
        stream.flush()?;
        // The server says nothing and closes.
        let mut end = [0; 1];
        stream.read(&mut end).map(drop)
    }
}
