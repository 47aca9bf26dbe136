//! The protocol: a server may say anything at any time, and then close the connection.
//!
//! A server of this process plays its part by the book up to one answer, which is the input.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::{fs, process, thread};

use pgx_core::Error;
use pgx_core::connect::{Config, Host, Session, Side};

use crate::input::Input;
use crate::outcome::Outcome;

/// Which answer is the input (0: that to the start-up message), what is asked of the session, whether
/// the lengths of messages are right, and the answer.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let (answer, asked, whole) = (input.byte() % 6, input.byte(), input.byte() % 2 == 1);
    let bytes = if whole { messages(input) } else { input.rest().to_vec() };
    *SERVER.script.lock().unwrap_or_else(PoisonError::into_inner) = (answer.into(), bytes);
    let said = Session::open(&SERVER.config).and_then(|mut session| ask(&mut session, asked));
    let outcome = Outcome::default().counted(1 << answer).counted(1 << (asked % 4));
    match said {
        Ok(count) => outcome.counted(count),
        Err(error) => {
            assert!(error.code().exit_code() != 9, "nothing was changed: {error:?}");
            // What the server says is in the message: its length tells enough.
            outcome.said(error.code()).counted(error.what().len())
        }
    }
}

/// Asks something; how much came back.
fn ask(session: &mut Session, asked: u8) -> Result<usize, Error> {
    let mut bytes = 0;
    match asked % 4 {
        0 => {
            let sets = session.query_sets("SELECT")?;
            bytes = sets.iter().flatten().map(|row| row.opt("a").map_or(0, |_| 1)).sum();
        }
        1 => {
            let rows = session.copy_out("COPY", |piece| {
                bytes += piece.len();
                Ok(())
            })?;
            bytes += usize::try_from(rows).unwrap_or(usize::MAX) % 1000;
        }
        2 => {
            let mut copy = session.copy_in("COPY")?;
            copy.send(b"1\t2\n")?;
            bytes = usize::try_from(copy.finish()?).unwrap_or(usize::MAX) % 1000;
        }
        _ => session.execute("SELECT; SELECT")?,
    }
    Ok(bytes + session.take_notices().len())
}

/// Messages from a shorter form: type, two bytes of length, body. So lengths are right.
fn messages(mut input: Input<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !input.is_empty() {
        let kind = input.byte();
        bytes.extend(message(kind, input.counted()));
    }
    bytes
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u32 + 4;
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

struct Server {
    config: Config,
    /// The number of the answer that is the input, and the input.
    script: Mutex<(usize, Vec<u8>)>,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("pgx-fuzz-{}", process::id()));
    let listening =
        listen(&folder).expect("a socket can be made in the folder for temporary files");
    thread::spawn(move || {
        for stream in listening.incoming().flatten() {
            // A client that goes away is no failure.
            thread::spawn(move || serve(stream));
        }
    });
    let config = Config::new(Host::Unix(folder, PORT), "me", "db", Side::Source);
    let config = Config { password: Some("secret".into()), ..config };
    Server { config, script: Mutex::default() }
});

const PORT: u16 = 5432;

fn listen(folder: &PathBuf) -> io::Result<UnixListener> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!(".s.PGSQL.{PORT}"));
    let _ = fs::remove_file(&path);
    UnixListener::bind(path)
}

fn serve(mut stream: UnixStream) -> io::Result<()> {
    let script = SERVER.script.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (answer, bytes) = script;
    for (number, book) in book().iter().enumerate() {
        read_message(&mut stream, number > 0)?;
        if number == answer {
            stream.write_all(&bytes)?;
            break;
        }
        stream.write_all(book)?;
    }
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

fn read_message(stream: &mut UnixStream, with_type: bool) -> io::Result<()> {
    let mut header = [0; 5];
    stream.read_exact(&mut header[usize::from(!with_type)..])?;
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    io::copy(&mut stream.take(u64::from(length.saturating_sub(4))), &mut io::sink()).map(drop)
}

/// What a server says: at start-up, of its process, of its settings, to SET, to what is asked, and after
/// rows went in.
fn book() -> [Vec<u8>; 6] {
    let ready = message(b'Z', b"I");
    let done = |tag: &[u8]| [message(b'C', tag), message(b'Z', b"I")].concat();
    let start = [message(b'R', &[0; 4]), message(b'K', &[0, 0, 0, 7, 0, 0, 0, 9]), ready].concat();
    let settings = ["search_path", "a", "b", "version", "encoding"];
    let values = ["", "0", "0", "180004", "UTF8"];
    let pinned = [described(&settings), row(&values), done(b"SELECT 1\0")].concat();
    let pid = [described(&["pid"]), row(&["7"]), done(b"SELECT 1\0")].concat();
    [start, pid, pinned, done(b"SET\0"), done(b"SELECT 0\0"), done(b"COPY 1\0")]
}

fn described(names: &[&str]) -> Vec<u8> {
    let mut body = (names.len() as u16).to_be_bytes().to_vec();
    for name in names {
        body.extend(name.as_bytes());
        body.extend([0; 19]);
    }
    message(b'T', &body)
}

fn row(values: &[&str]) -> Vec<u8> {
    let mut body = (values.len() as u16).to_be_bytes().to_vec();
    for value in values {
        body.extend((value.len() as u32).to_be_bytes());
        body.extend(value.as_bytes());
    }
    message(b'D', &body)
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, book) in book().iter().enumerate() {
        for asked in 0..4 {
            seeds.push([&[number as u8, asked, 0], &book[..]].concat());
            seeds.push([&[number as u8, asked, 1], &short(book)[..]].concat());
        }
    }
    let rows = [described(&["a", "b"]), row(&["1", "x"])].concat();
    let copied = [message(b'H', &[0; 7]), message(b'd', b"1\tx\n"), message(b'c', b"")].concat();
    let wanted = message(b'G', &[0; 7]);
    let refused = message(b'E', b"SERROR\0VERROR\0C42P01\0Mno such table\0\0");
    let noticed = message(b'N', b"SNOTICE\0C00000\0Mlook\0\0");
    for (asked, said) in [(0, rows), (1, copied), (2, wanted), (3, refused), (3, noticed)] {
        let said = [said, message(b'C', b"COPY 1\0"), message(b'Z', b"T")].concat();
        seeds.push([&[4, asked, 1], &short(&said)[..]].concat());
    }
    seeds
}

/// Messages as [`messages`] reads them.
fn short(mut messages: &[u8]) -> Vec<u8> {
    let mut short = Vec::new();
    while let [kind, _, _, high, low, rest @ ..] = messages {
        let length = usize::from(u16::from_be_bytes([*high, *low]) - 4);
        let (body, after) = rest.split_at(length);
        short.push(*kind);
        short.extend(crate::input::counted(body));
        messages = after;
    }
    short
}
