//! A pipe inside the process: what one thread writes another reads, a few buffers later.
//!
//! It knows who ended it early. When one side of a clone fails the other fails too, and only the pipe
//! has seen which was first.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::connect::Side;

/// Bytes of a buffer.
const BUFFER: usize = 1 << 20;
/// Full buffers between the ends: beyond them the writer waits.
const BUFFERS: usize = 4;

/// The pipe, apart from its ends.
#[derive(Clone, Default)]
pub(super) struct Pipe(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    full: VecDeque<Vec<u8>>,
    /// Buffers that were read, to be filled again.
    spare: Vec<Vec<u8>>,
    flow: Flow,
}

/// How things stand between the ends.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Open,
    /// All is written.
    Complete,
    /// A side has failed.
    Cut(Side),
}

impl Pipe {
    /// A pipe with its ends.
    pub(super) fn new() -> (Pipe, WriteEnd, ReadEnd) {
        let pipe = Pipe::default();
        let read = ReadEnd { pipe: pipe.clone(), buffer: Vec::new(), read: 0 };
        (pipe.clone(), WriteEnd(pipe), read)
    }

    /// Nothing goes through any more, because this side has failed; unless all is written, or the
    /// other side was first.
    pub(super) fn cut(&self, by: Side) {
        self.end(Flow::Cut(by));
    }

    /// The side that failed first.
    pub(super) fn cut_by(&self) -> Option<Side> {
        match self.state().flow {
            Flow::Cut(side) => Some(side),
            Flow::Open | Flow::Complete => None,
        }
    }

    fn end(&self, flow: Flow) {
        let mut state = self.state();
        if state.flow == Flow::Open {
            state.flow = flow;
            self.0.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as the pipe is open and `so`.
    fn wait_while(&self, so: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waits = |state: &mut State| state.flow == Flow::Open && so(state);
        let waited = self.0.changed.wait_while(self.state(), waits);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where bytes go in. Dropped before [`WriteEnd::complete`], it cuts the pipe.
pub(super) struct WriteEnd(Pipe);

impl WriteEnd {
    /// Says that all is written.
    pub(super) fn complete(self) {
        self.0.end(Flow::Complete);
    }
}

impl Write for WriteEnd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(BUFFER);
        let mut buffer = self.0.state().spare.pop().unwrap_or_default();
        buffer.extend_from_slice(&bytes[..length]);
        let mut state = self.0.wait_while(|state| state.full.len() >= BUFFERS);
        if let Flow::Cut(_) = state.flow {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.full.push_back(buffer);
        self.0.0.changed.notify_all();
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.0.cut(Side::Source);
    }
}

/// Where bytes come out; at the end only when the writer has said that it is the end. Dropped before,
/// it cuts the pipe.
pub(super) struct ReadEnd {
    pipe: Pipe,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read.
    read: usize,
}

impl ReadEnd {
    /// Takes the next buffer; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let mut state = self.pipe.wait_while(|state| state.full.is_empty());
        if let Flow::Cut(_) = state.flow {
            return Err(io::Error::other("the other side has failed"));
        }
        let Some(next) = state.full.pop_front() else { return Ok(false) };
        let mut empty = std::mem::replace(&mut self.buffer, next);
        empty.clear();
        state.spare.push(empty);
        self.read = 0;
        self.pipe.0.changed.notify_all();
        Ok(true)
    }
}

impl Read for ReadEnd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.buffer.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        let length = into.len().min(self.buffer.len() - self.read);
        into[..length].copy_from_slice(&self.buffer[self.read..][..length]);
        self.read += length;
        Ok(length)
    }
}

impl Drop for ReadEnd {
    fn drop(&mut self) {
        self.pipe.cut(Side::Target);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| (n ^ (n >> 9)) as u8).collect();
        let (_, mut write, mut read) = Pipe::new();
        let written = bytes.clone();
        let writing = thread::spawn(move || {
            written.chunks(77_777).for_each(|piece| write.write_all(piece).unwrap());
            write.write_all(&written[..3 * BUFFER]).unwrap();
            write.complete();
        });
        let mut found = Vec::new();
        read.read_to_end(&mut found).unwrap();
        writing.join().unwrap();
        assert!(found[..bytes.len()] == bytes && found[bytes.len()..] == bytes[..3 * BUFFER]);
    }

    #[test]
    fn a_slow_reader_stops_the_writer_before_it_fills_memory() {
        let (pipe, mut write, mut read) = Pipe::new();
        let writing = thread::spawn(move || {
            let n = (0..100).take_while(|_| write.write_all(&[7; BUFFER]).is_ok()).count();
            write.complete();
            n
        });
        let mut first = vec![0; BUFFER];
        read.read_exact(&mut first).unwrap();
        let mut in_flight = 0;
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(2));
            in_flight = in_flight.max(pipe.state().full.len());
        }
        assert_eq!(in_flight, BUFFERS);
        let mut rest = Vec::new();
        read.read_to_end(&mut rest).unwrap();
        assert_eq!((writing.join().unwrap(), rest.len()), (100, 99 * BUFFER));
        assert!(pipe.state().spare.len() <= BUFFERS + 2);
    }

    #[test]
    fn an_end_that_goes_away_early_fails_the_other_and_is_known() {
        let (pipe, mut write, read) = Pipe::new();
        drop(read);
        assert_eq!(write.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        drop(write);
        assert_eq!(pipe.cut_by(), Some(Side::Target));
        let (pipe, mut write, mut read) = Pipe::new();
        write.write_all(b"x").unwrap();
        drop(write);
        assert!(read.read(&mut [0]).is_err());
        drop(read);
        assert_eq!(pipe.cut_by(), Some(Side::Source));
    }

    #[test]
    fn who_waits_is_woken_by_a_cut() {
        let (pipe, mut write, mut read) = Pipe::new();
        let reading = thread::spawn(move || read.read(&mut [0]).is_err());
        thread::sleep(Duration::from_millis(20));
        pipe.cut(Side::Source);
        assert!(reading.join().unwrap());
        assert!(write.write(b"x").is_err());
        let (pipe, mut write, read) = Pipe::new();
        let writing = thread::spawn(move || write.write_all(&[0; 9 * BUFFER]).is_err());
        thread::sleep(Duration::from_millis(20));
        pipe.cut(Side::Target);
        assert!(writing.join().unwrap());
        drop(read);
    }

    #[test]
    fn a_complete_pipe_is_cut_by_nobody() {
        let (pipe, write, read) = Pipe::new();
        write.complete();
        drop(read);
        pipe.cut(Side::Target);
        assert_eq!(pipe.cut_by(), None);
    }
}
