//! Where an archive comes from.

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use pgx_core::archive::Input;
use pgx_core::connect::Interrupt;
use pgx_core::{Code, Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a wait for stdin lasts before the run's switch is looked at.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// The archive a user named: a file, or stdin for `-`.
///
/// # Errors
/// [`Code::Usage`] when stdin is a terminal.
pub(crate) fn open(archive: &str, interrupt: &Interrupt) -> Result<Input> {
    if archive != "-" {
        return Ok(Input::File(PathBuf::from(archive)));
    }
    if io::stdin().is_terminal() {
        return Err(Error::new(Code::Usage, "an archive is not read from a terminal")
            .hint("name an archive, or pipe one in"));
    }
    Ok(Input::Pipe(Box::new(Stdin { interrupt: interrupt.clone() })))
}

/// Stdin that stops waiting when the run is interrupted.
struct Stdin {
    interrupt: Interrupt,
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = rustix::stdio::stdin();
        loop {
            if let Some(error) = self.interrupt.error() {
                return Err(io::Error::other(error));
            }
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(rustix::io::read(stdin, buffer)?),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
