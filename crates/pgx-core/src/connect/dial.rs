//! Opening a socket: TCP or unix, blocking.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::config::Host;
use super::interrupt::Interrupt;

/// How long a read waits during start-up before it looks at Ctrl-C again.
const LOOK: Duration = Duration::from_millis(200);

/// A connected socket.
pub(super) struct Socket {
    kind: Kind,
    /// While a session is set up, reads end with the user's patience.
    patience: Option<Patience>,
}

enum Kind {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// How long setting up a session may take.
#[derive(Clone, Default)]
pub(super) struct Patience {
    /// None waits without end.
    pub(super) until: Option<Instant>,
    pub(super) interrupt: Interrupt,
}

/// One address of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// How TCP connections are watched: libpq's keepalives settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuning {
    pub(super) keepalives: bool,
    /// Seconds until the first probe, seconds between probes, number of probes; none is the system's.
    pub(super) idle: Option<u64>,
    pub(super) interval: Option<u64>,
    pub(super) count: Option<u32>,
    /// Milliseconds that sent data may stay unacknowledged; none is the system's.
    pub(super) user_timeout: Option<u32>,
}

impl Default for Tuning {
    /// A peer that vanished is noticed in minutes, where systems take hours.
    fn default() -> Tuning {
        Tuning {
            keepalives: true,
            idle: Some(60),
            interval: Some(15),
            count: None,
            user_timeout: Some(120_000),
        }
    }
}

impl Patience {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        match left {
            Some(Duration::ZERO) => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }

    /// Waits until something can be read.
    fn wait(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        loop {
            if self.interrupt.error().is_some() {
                return Err(io::Error::other("interrupted"));
            }
            let look = self.left()?.map_or(LOOK, |left| left.min(LOOK));
            let look = Timespec::try_from(look).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&look)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Socket {
    /// Connects to one address.
    pub(super) fn open(
        address: &Address,
        patience: Patience,
        tuning: &Tuning,
    ) -> io::Result<Socket> {
        let kind = match (address, patience.left()?) {
            (Address::Unix(path), _) => Kind::Unix(roomy(UnixStream::connect(path)?)?),
            (Address::Tcp(address), Some(left)) => {
                Kind::Tcp(tuned(TcpStream::connect_timeout(address, left)?, tuning)?)
            }
            (Address::Tcp(address), None) => {
                Kind::Tcp(tuned(TcpStream::connect(address)?, tuning)?)
            }
        };
        Ok(Socket { kind, patience: Some(patience) })
    }

    /// The session is set up: from now on reads wait as long as it takes.
    pub(super) fn be_patient(&mut self) {
        self.patience = None;
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match &self.kind {
            Kind::Tcp(stream) => stream.as_fd(),
            Kind::Unix(stream) => stream.as_fd(),
        }
    }

    /// Waits until something can be written or read.
    pub(super) fn wait(&self) -> io::Result<()> {
        let fd = self.fd();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN | PollFlags::OUT)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a read would return at once. A closed connection counts: the read will say so.
    pub(super) fn has_input(&self) -> bool {
        use rustix::net::RecvFlags;
        let mut byte = [0u8; 1];
        rustix::net::recv(self.fd(), &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT).is_ok()
    }

    /// Writes as much as can be written without waiting: 0 bytes when that is none.
    pub(super) fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::net::SendFlags;
        match rustix::net::send(self.fd(), bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            sent => Ok(sent?),
        }
    }
}

impl io::Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(patience) = &self.patience {
            patience.wait(self.fd())?;
        }
        match &mut self.kind {
            Kind::Tcp(stream) => stream.read(buffer),
            Kind::Unix(stream) => stream.read(buffer),
        }
    }
}

impl io::Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Tcp(stream) => stream.write(bytes),
            Kind::Unix(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, bytes: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Tcp(stream) => stream.write_vectored(bytes),
            Kind::Unix(stream) => stream.write_vectored(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Address {
    /// The host again, with the address that was found for its name.
    pub(super) fn host(&self, host: &Host) -> Host {
        match (self, host.name()) {
            (Address::Tcp(address), Some(name)) => {
                Host::At(name.to_owned(), address.ip(), address.port())
            }
            _ => host.clone(),
        }
    }

    pub(super) fn ip(&self) -> Option<IpAddr> {
        match self {
            Address::Tcp(address) => Some(address.ip()),
            Address::Unix(_) => None,
        }
    }
}

/// Every address of a host, in the resolver's order; at least one.
pub(super) fn addresses(host: &Host) -> io::Result<Vec<Address>> {
    match host {
        Host::Unix(directory, port) => {
            Ok(vec![Address::Unix(directory.join(format!(".s.PGSQL.{port}")))])
        }
        Host::At(_, address, port) => Ok(vec![Address::Tcp(SocketAddr::new(*address, *port))]),
        Host::Tcp(name, port) => {
            let found: Vec<Address> =
                (name.as_str(), *port).to_socket_addrs()?.map(Address::Tcp).collect();
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
            }
            Ok(found)
        }
    }
}

/// Rows on their way through a unix socket. With the usual 208 KiB the server empties the socket before
/// the sender, woken when a quarter is left, has sent more; TCP makes its room by itself.
const UNIX_SEND_BYTES: usize = 1 << 20;

fn roomy(stream: UnixStream) -> io::Result<UnixStream> {
    // The system gives less where it allows no more.
    rustix::net::sockopt::set_socket_send_buffer_size(&stream, UNIX_SEND_BYTES)?;
    Ok(stream)
}

/// Small messages go out at once; a peer that vanished is noticed.
fn tuned(stream: TcpStream, tuning: &Tuning) -> io::Result<TcpStream> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    // Keepalive sleeps while data is on its way: this bounds the wait for its acknowledgement.
    if let Some(milliseconds) = tuning.user_timeout {
        sockopt::set_tcp_user_timeout(&stream, milliseconds)?;
    }
    sockopt::set_socket_keepalive(&stream, tuning.keepalives)?;
    if !tuning.keepalives {
        return Ok(stream);
    }
    if let Some(seconds) = tuning.idle {
        sockopt::set_tcp_keepidle(&stream, Duration::from_secs(seconds))?;
    }
    if let Some(seconds) = tuning.interval {
        sockopt::set_tcp_keepintvl(&stream, Duration::from_secs(seconds))?;
    }
    if let Some(count) = tuning.count {
        sockopt::set_tcp_keepcnt(&stream, count)?;
    }
    Ok(stream)
}
