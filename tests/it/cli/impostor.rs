//! A server that lets nobody in, and remembers who came: how programs understand connection settings
//! shows in what they send first.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The protocol's version 3, without its minor number.
const STARTUP: u32 = 3 << 16;
/// Requests for TLS and GSSAPI encryption, declined.
const ENCRYPTION: [u32; 2] = [80877103, 80877104];
/// A visit is known when its program has ended, or a moment later.
const PATIENCE: Duration = Duration::from_secs(2);

/// Listens on a port and on a socket of the same number.
pub(super) struct Impostor {
    directory: TempDir,
    port: u16,
    visits: Receiver<Visit>,
}

/// Who came, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Visit {
    /// `tcp` or `socket`.
    pub(super) way: String,
    pub(super) user: String,
    pub(super) database: String,
    /// What was answered when a password was asked for.
    pub(super) password: Option<String>,
    pub(super) options: Option<String>,
    pub(super) application_name: Option<String>,
}

impl Impostor {
    pub(super) fn new() -> Impostor {
        let directory = tempfile::tempdir().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let socket = UnixListener::bind(directory.path().join(format!(".s.PGSQL.{port}"))).unwrap();
        let (sender, visits) = channel();
        let tcp_sender = sender.clone();
        thread::spawn(move || {
            tcp.incoming().for_each(|stream| receive("tcp", stream.unwrap(), &tcp_sender));
        });
        thread::spawn(move || {
            socket.incoming().for_each(|stream| receive("socket", stream.unwrap(), &sender));
        });
        Impostor { directory, port, visits }
    }

    /// Of the port and of the socket.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Of the socket; also a place for files.
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The visit of a program that has ended; none when nobody came.
    pub(super) fn visit(&self) -> Option<Visit> {
        self.visits.recv_timeout(PATIENCE).ok()
    }

    /// The visit of a program that has ended, if it is known already.
    pub(super) fn visit_now(&self) -> Option<Visit> {
        self.visits.recv_timeout(Duration::from_millis(50)).ok()
    }

    /// Whether nobody came.
    pub(super) fn is_alone(&self) -> bool {
        self.visits.try_recv().is_err()
    }
}

fn receive(way: &str, mut stream: impl Read + Write, visits: &Sender<Visit>) {
    // Who only asks for encryption and goes away was never here.
    let Ok(mut visit) = greet(&mut stream) else { return };
    way.clone_into(&mut visit.way);
    visit.password = ask_password(&mut stream).ok();
    let refusal = b"SFATAL\0VFATAL\0C28P01\0Mnobody is let in\0\0";
    let _ = message(&mut stream, b'E', refusal);
    // The test may be over.
    let _ = visits.send(visit);
}

fn greet(stream: &mut (impl Read + Write)) -> io::Result<Visit> {
    loop {
        let body = body(stream)?;
        let (code, parameters) = body.split_at_checked(4).ok_or(io::ErrorKind::InvalidData)?;
        let code = u32::from_be_bytes(code.try_into().unwrap());
        if ENCRYPTION.contains(&code) {
            stream.write_all(b"N")?;
            continue;
        }
        assert_eq!(code & 0xffff_0000, STARTUP);
        return Ok(visit(parameters));
    }
}

fn visit(parameters: &[u8]) -> Visit {
    let words: Vec<&str> =
        parameters.split(|&byte| byte == 0).map(|word| str::from_utf8(word).unwrap()).collect();
    let said: HashMap<&str, &str> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let said = |name: &str| said.get(name).map(|&value| value.to_owned());
    Visit {
        user: said("user").unwrap_or_default(),
        database: said("database").unwrap_or_default(),
        options: said("options"),
        application_name: said("application_name"),
        ..Visit::default()
    }
}

/// In clear: this server has no secrets to keep.
fn ask_password(stream: &mut (impl Read + Write)) -> io::Result<String> {
    message(stream, b'R', &3u32.to_be_bytes())?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    let mut password = body(stream)?;
    password.pop();
    String::from_utf8(password).map_err(io::Error::other)
}

fn message(stream: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    stream.write_all(&[kind])?;
    stream.write_all(&(body.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(body)
}

/// What follows a length that counts itself.
fn body(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}
