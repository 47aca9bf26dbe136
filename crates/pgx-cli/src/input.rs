//! Where an archive comes from.

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use crate::args::member::MemberArgs;
use pgx_core::archive::{Arrival, Input};
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

/// The archive a user named, and what kind it is; a member that is asked for is an archive by itself.
///
/// # Errors
/// As [`open`]; [`Code::Usage`], [`Code::NoMatch`]: there is no such member; codes 7xx.
pub(crate) fn arrival(
    archive: &str,
    member: &MemberArgs,
    interrupt: &Interrupt,
) -> Result<Arrival> {
    match (Arrival::of(open(archive, interrupt)?)?, member.what()) {
        (Arrival::Cluster(cluster), Some(what)) => {
            cluster.member(|one| member.is(one), &what).map(Arrival::Archive)
        }
        (Arrival::Archive(_), Some(_)) => {
            let option = if member.globals_only { "--globals-only" } else { "--database" };
            Err(of_cluster(option))
        }
        (arrival, None) => Ok(arrival),
    }
}

/// The error of an option that makes sense for a cluster archive only.
pub(crate) fn of_cluster(option: &str) -> Error {
    Error::new(Code::Usage, format!("{option} chooses from a cluster archive, and this is none"))
        .hint("leave the option out")
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
