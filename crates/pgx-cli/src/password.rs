//! Asking for a password on the terminal: not on standard input, which may be an archive.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Mutex;

use pgx_core::connect::Interrupt;
use pgx_core::{Code, Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Two servers may ask at the same time; the user is asked for one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// No password is longer.
const PASSWORD_BYTES_MAX: usize = 64 * 1024;

/// Between two looks at Ctrl-C.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// The password of a role, which the server asked for.
///
/// # Errors
/// [`Code::AuthFailed`]: there is no terminal; an interruption.
pub(crate) fn of_role(user: &str, interrupt: &Interrupt) -> Result<String> {
    let user: String = user.chars().filter(|c| !c.is_control()).collect();
    ask(&format!("Password for user {user}: "), interrupt).map_err(|error| match error.code() {
        Code::Usage => Error::new(
            Code::AuthFailed,
            "the server asks for a password, none was given, and there is no terminal to ask on",
        )
        .hint("set PGPASSWORD or write a password file (PGPASSFILE, ~/.pgpass)"),
        _ => error,
    })
}

/// Asks, with the echo off.
///
/// # Errors
/// [`Code::Usage`]: there is no terminal; an interruption.
pub(crate) fn ask(prompt: &str, interrupt: &Interrupt) -> Result<String> {
    let _turn = TURN.lock();
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(no_terminal)?;
    let silence = Silence::begin(&terminal).map_err(no_terminal)?;
    (&terminal).write_all(prompt.as_bytes()).map_err(no_terminal)?;
    let line = line(&terminal, interrupt);
    drop(silence);
    let _ = (&terminal).write_all(b"\n");
    line
}

fn no_terminal(error: io::Error) -> Error {
    Error::new(Code::Usage, "there is no terminal to ask for a password on")
        .source(error)
        .hint("set PGPASSWORD or write a password file (PGPASSFILE, ~/.pgpass)")
}

/// The echo is off as long as this lives.
struct Silence<'t> {
    terminal: &'t File,
    before: Termios,
}

impl Silence<'_> {
    fn begin(terminal: &File) -> io::Result<Silence<'_>> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Silence { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

fn line(mut terminal: &File, interrupt: &Interrupt) -> Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < PASSWORD_BYTES_MAX {
        interrupt.check()?;
        match poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&LOOK)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(no_terminal(error.into())),
        }
        match terminal.read(&mut byte).map_err(no_terminal)? {
            0 => break,
            _ if byte == *b"\n" => break,
            _ => line.push(byte[0]),
        }
    }
    String::from_utf8(line)
        .map_err(|_| Error::new(Code::Usage, "the password is not UTF-8").hint("check the locale"))
}
