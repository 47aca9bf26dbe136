//! Standard output for an archive: waiting for a slow reader ends when the run is interrupted.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use pgx_core::connect::Interrupt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// How long a wait for the reader lasts before the run's switch is looked at.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Standard output as a file of its own, and not `io::stdout()`, which looks through every byte for
/// line ends.
pub(crate) struct Stdout {
    file: File,
    interrupt: Interrupt,
}

impl Stdout {
    /// A pipe is opened once more, so that not to wait for it is a property of ours alone: whoever
    /// shares standard output with us keeps it as it is.
    pub(crate) fn open(interrupt: &Interrupt) -> io::Result<Stdout> {
        let file = File::from(rustix::stdio::stdout().as_fd().try_clone_to_owned()?);
        let again = match file.metadata()?.file_type().is_fifo() {
            true => open_pipe(),
            false => None,
        };
        Ok(Stdout { file: again.unwrap_or(file), interrupt: interrupt.clone() })
    }
}

fn open_pipe() -> Option<File> {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    options.open("/proc/self/fd/1").ok()
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(error) = self.interrupt.error() {
                return Err(io::Error::other(error));
            }
            match self.file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&LOOK)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
