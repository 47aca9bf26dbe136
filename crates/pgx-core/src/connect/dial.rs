//! Opening the transport: TCP or a unix socket.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::config::Host;

/// A connected transport, blocking.
pub(super) enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Transport {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Transport::Tcp(stream) => stream.as_fd(),
            Transport::Unix(stream) => stream.as_fd(),
        }
    }

    /// Writes as much as can be written without waiting: 0 bytes when that is none.
    pub(super) fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::net::SendFlags;
        match rustix::net::send(self.fd(), bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            sent => Ok(sent?),
        }
    }

    /// Waits until something can be written or read.
    pub(super) fn wait(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        let fd = self.fd();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN | PollFlags::OUT)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl io::Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Tcp(stream) => stream.read(buffer),
            Transport::Unix(stream) => stream.read(buffer),
        }
    }
}

impl io::Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Tcp(stream) => stream.write(bytes),
            Transport::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A transport that tokio-postgres can drive during the handshake.
pub(super) trait AsyncTransport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Back to a blocking transport.
    fn into_blocking(self) -> io::Result<Transport>;
}

impl AsyncTransport for tokio::net::TcpStream {
    fn into_blocking(self) -> io::Result<Transport> {
        let stream = self.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(Transport::Tcp(stream))
    }
}

impl AsyncTransport for tokio::net::UnixStream {
    fn into_blocking(self) -> io::Result<Transport> {
        let stream = self.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(Transport::Unix(stream))
    }
}

/// Connects to `host`, trying each of its addresses.
pub(super) fn dial(host: &Host, timeout: Option<Duration>) -> io::Result<Transport> {
    match host {
        Host::Unix(directory, port) => {
            let path = directory.join(format!(".s.PGSQL.{port}"));
            roomy(UnixStream::connect(path)?).map(Transport::Unix)
        }
        Host::Tcp(name, port) => {
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for address in (name.as_str(), *port).to_socket_addrs()? {
                let stream = match timeout {
                    Some(timeout) => TcpStream::connect_timeout(&address, timeout),
                    None => TcpStream::connect(address),
                };
                match stream {
                    Ok(stream) => return tuned(stream).map(Transport::Tcp),
                    Err(error) => last = error,
                }
            }
            Err(last)
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

/// Small messages go out at once; a peer that vanished is noticed in minutes, not in hours.
fn tuned(stream: TcpStream) -> io::Result<TcpStream> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(&stream, true)?;
    sockopt::set_tcp_keepidle(&stream, Duration::from_secs(60))?;
    sockopt::set_tcp_keepintvl(&stream, Duration::from_secs(15))?;
    // Keepalive sleeps while data is on its way: this bounds the wait for its acknowledgement.
    let milliseconds = 120_000;
    sockopt::set_tcp_user_timeout(&stream, milliseconds)?;
    Ok(stream)
}

/// Asks the server behind `token` to cancel what the session is doing.
pub(super) fn cancel(host: &Host, token: &tokio_postgres::CancelToken) -> io::Result<()> {
    let patience = Duration::from_secs(5);
    let transport = dial(host, Some(patience))?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let request = async {
            match transport {
                Transport::Tcp(stream) => {
                    stream.set_nonblocking(true)?;
                    let stream = tokio::net::TcpStream::from_std(stream)?;
                    send_cancel(token, stream).await
                }
                Transport::Unix(stream) => {
                    stream.set_nonblocking(true)?;
                    let stream = tokio::net::UnixStream::from_std(stream)?;
                    send_cancel(token, stream).await
                }
            }
        };
        tokio::time::timeout(patience, request).await?
    })
}

async fn send_cancel<S: AsyncTransport>(
    token: &tokio_postgres::CancelToken,
    stream: S,
) -> io::Result<()> {
    token.cancel_query_raw(stream, tokio_postgres::NoTls).await.map_err(io::Error::other)
}

/// A runtime for one handshake: everything after it is blocking.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
