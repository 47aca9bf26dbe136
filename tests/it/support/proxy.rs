//! A wire between `pgx` and a server that breaks, or stops for a moment, where a test wants it to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Server;

/// What goes wrong, once. Bytes are counted over all connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: for counting.
    None,
    /// Everything is cut when so many bytes have gone to the server.
    AfterSent(u64),
    /// Everything is cut when so many bytes have come from the server.
    AfterReceived(u64),
    /// The COMMIT of this number reaches the server, and its reply nobody.
    CommitReply(u32),
}

/// What becomes of connections after the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// They work again.
    Open,
    /// They are closed as soon as they are made.
    Closed,
}

/// A TCP port in front of a server. Ends with the test's process.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

struct State {
    upstream: Upstream,
    fault: Fault,
    then: Then,
    broken: AtomicBool,
    sent: AtomicU64,
    received: AtomicU64,
    commits: Mutex<u32>,
    queries: AtomicU32,
    watch: Watch,
    /// Both ends of every connection, to cut them all.
    streams: Mutex<Vec<Box<dyn Stream>>>,
}

/// What happens before a query goes to the server, whose number from 1 it is given.
type Watch = Box<dyn Fn(u32) + Send + Sync>;

enum Upstream {
    Unix(String),
    Tcp(String),
}

/// Either kind of socket.
trait Stream: Read + Write + Send {
    fn another(&self) -> Box<dyn Stream>;
    fn cut(&self);
}

impl Stream for TcpStream {
    fn another(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().expect("a socket can be cloned"))
    }

    fn cut(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for UnixStream {
    fn another(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().expect("a socket can be cloned"))
    }

    fn cut(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// A COMMIT as the simple query that it is.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn start(server: &Server, fault: Fault, then: Then) -> Proxy {
        Proxy::listen(server, (fault, then), Box::new(|_| {}))
    }

    /// The same without a fault; each query waits until `watch` has returned for its number.
    pub(crate) fn watched(server: &Server, watch: impl Fn(u32) + Send + Sync + 'static) -> Proxy {
        Proxy::listen(server, (Fault::None, Then::Open), Box::new(watch))
    }

    fn listen(server: &Server, (fault, then): (Fault, Then), watch: Watch) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let upstream = match server.host().starts_with('/') {
            true => Upstream::Unix(format!("{}/.s.PGSQL.{}", server.host(), server.port())),
            false => Upstream::Tcp(format!("{}:{}", server.host(), server.port())),
        };
        let state = Arc::new(State {
            upstream,
            fault,
            then,
            broken: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            commits: Mutex::new(0),
            queries: AtomicU32::new(0),
            watch,
            streams: Mutex::new(Vec::new()),
        });
        let accepting = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.connect(client);
            }
        });
        Proxy { port, state }
    }

    /// The URI of a database behind it, as the superuser.
    pub(crate) fn uri(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Bytes that went to the server and came from it so far.
    pub(crate) fn carried(&self) -> (u64, u64) {
        (self.state.sent.load(Ordering::SeqCst), self.state.received.load(Ordering::SeqCst))
    }

    /// Whether the fault has come.
    pub(crate) fn is_broken(&self) -> bool {
        self.state.broken.load(Ordering::SeqCst)
    }
}

impl State {
    fn connect(self: &Arc<State>, client: TcpStream) {
        if self.broken.load(Ordering::SeqCst) && self.then == Then::Closed {
            return;
        }
        let _ = client.set_nodelay(true);
        let server: Box<dyn Stream> = match &self.upstream {
            Upstream::Unix(path) => Box::new(UnixStream::connect(path).expect("the server runs")),
            Upstream::Tcp(place) => Box::new(TcpStream::connect(place).expect("the server runs")),
        };
        // A connection that is made after the fault has nothing to fear from it.
        let armed = !self.broken.load(Ordering::SeqCst);
        if armed {
            let mut streams = self.streams.lock().expect("no thread panics");
            streams.extend([client.another(), server.another()]);
        }
        let (from_client, to_client) = (client.another(), Box::new(client) as Box<dyn Stream>);
        let (from_server, to_server) = (server.another(), server);
        let (state, back) = (self.clone(), self.clone());
        thread::spawn(move || state.pump(from_client, to_server, Way::Sent, armed));
        thread::spawn(move || back.pump(from_server, to_client, Way::Received, armed));
    }

    fn pump(&self, mut from: Box<dyn Stream>, mut to: Box<dyn Stream>, way: Way, armed: bool) {
        let mut buffer = [0; 16 * 1024];
        let mut swallow = false;
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let mut bytes = &buffer[..read];
            // The client sends a query only when the reply before has come: it begins a piece.
            if way == Way::Sent && bytes[0] == b'Q' {
                (self.watch)(self.queries.fetch_add(1, Ordering::SeqCst) + 1);
            }
            if armed {
                if way == Way::Received && self.is_swallowing() {
                    swallow = true;
                    break;
                }
                bytes = &bytes[..self.allowed(way, bytes)];
            }
            if to.write_all(bytes).is_err() {
                break;
            }
            if bytes.len() < read {
                swallow = true;
                break;
            }
        }
        match swallow {
            true => self.cut_all(),
            false => to.cut(),
        }
    }

    /// How many of these bytes may pass.
    fn allowed(&self, way: Way, bytes: &[u8]) -> usize {
        let counter = if way == Way::Sent { &self.sent } else { &self.received };
        let before = counter.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        let limit = match (self.fault, way) {
            (Fault::AfterSent(limit), Way::Sent) => limit,
            (Fault::AfterReceived(limit), Way::Received) => limit,
            (Fault::CommitReply(_), Way::Sent) => {
                let seen = bytes.windows(COMMIT.len()).filter(|window| *window == COMMIT).count();
                *self.commits.lock().expect("no thread panics") += seen as u32;
                u64::MAX
            }
            _ => u64::MAX,
        };
        usize::try_from(limit.saturating_sub(before)).unwrap_or(usize::MAX).min(bytes.len())
    }

    fn is_swallowing(&self) -> bool {
        let commits = *self.commits.lock().expect("no thread panics");
        matches!(self.fault, Fault::CommitReply(number) if commits >= number)
    }

    fn cut_all(&self) {
        self.broken.store(true, Ordering::SeqCst);
        for stream in self.streams.lock().expect("no thread panics").drain(..) {
            stream.cut();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Received,
}
