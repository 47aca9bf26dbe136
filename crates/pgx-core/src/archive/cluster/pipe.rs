//! Reading a cluster archive front to back, member by member.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::beginning::{self, Beginning};
use super::file::differs;
use super::walk::{Bytes, Walk};
use super::{MAGIC, Member, check, directory};
use crate::archive::defect::{self, Defect, Place};
use crate::archive::header::{self, Header};
use crate::archive::tail;
use crate::error::{Error, Result};
use crate::toc::Meta;

const BUFFER: usize = 256 << 10;

/// A cluster archive that is read once. Only [`ClusterPipe::next`] giving `None` says that it is
/// complete: whoever acts on members before must be able to undo.
pub struct ClusterPipe {
    shared: Arc<Mutex<Shared>>,
    uuid: [u8; 16],
    /// Those that were met.
    members: Vec<Member>,
    complete: bool,
}

/// A member as a stream that ends where the member does.
pub struct MemberPipe {
    shared: Arc<Mutex<Shared>>,
    number: usize,
}

struct Shared {
    input: Bytes,
    /// The number of the member that is being read.
    number: usize,
    walk: Option<Walk>,
}

impl ClusterPipe {
    /// Reads the header.
    ///
    /// # Errors
    /// Codes 7xx, as for an archive.
    pub fn new(input: Box<dyn Read + Send>) -> Result<ClusterPipe> {
        let mut input = Bytes { reader: BufReader::with_capacity(BUFFER, input), position: 0 };
        let mut start = [0; header::LEN];
        fill(&mut input, &mut start)?;
        let header = Header::decode_as(&start, MAGIC)?;
        let shared = Arc::new(Mutex::new(Shared { input, number: 0, walk: None }));
        Ok(ClusterPipe { shared, uuid: header.uuid, members: Vec::new(), complete: false })
    }

    /// Its own random number.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_bytes(self.uuid)
    }

    /// The members met so far, in file order; the length of the last is known when the next is met.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Its bytes up to where it was read.
    pub fn file_bytes(&self) -> u64 {
        lock(&self.shared).input.position
    }

    /// The next member, what it says of itself, and its bytes; what is left of the one before is
    /// passed over. None after directory and end record were found right.
    ///
    /// # Errors
    /// Codes 7xx.
    #[expect(clippy::should_implement_trait, reason = "`?` must come before the end is seen")]
    pub fn next(&mut self) -> Result<Option<(Meta, MemberPipe)>> {
        if self.complete {
            return Ok(None);
        }
        let shared = self.shared.clone();
        let mut shared = lock(&shared);
        shared.pass_over()?;
        let offset = shared.input.position;
        if let Some(last) = self.members.last_mut() {
            last.length = offset - last.offset;
        }
        let mut start = vec![0; directory::SYNC.len()];
        fill(&mut shared.input, &mut start)?;
        if start == directory::SYNC {
            self.finish(&mut shared.input, offset)?;
            return Ok(None);
        }
        let Beginning { uuid, meta } = shared.begin(start)?;
        shared.number += 1;
        self.members.push(Member::new(uuid, &meta, offset, 0));
        Ok(Some((meta, MemberPipe { shared: self.shared.clone(), number: shared.number })))
    }

    /// Reads directory and tail, and compares them with the members that were met.
    fn finish(&mut self, input: &mut Bytes, offset: u64) -> Result<()> {
        let at = |defect: Defect| defect.at(Place::byte(offset));
        let mut head = [0; directory::HEAD];
        head[..directory::SYNC.len()].copy_from_slice(&directory::SYNC);
        fill(input, &mut head[directory::SYNC.len()..])?;
        let (length, checksum) = directory::decode_head(&head).map_err(at)?;
        let mut list = vec![0; length as usize];
        fill(input, &mut list)?;
        let listed = directory::decode(&list, checksum, &self.uuid).map_err(at)?;
        check(&listed, offset).map_err(at)?;
        if listed != self.members {
            return Err(differs(offset));
        }
        let place = Place::byte(input.position);
        let length = directory::HEAD as u64 + u64::from(length);
        let mut ending = [0; tail::LEN];
        fill(input, &mut ending)?;
        if ending != directory::ending(&listed, self.uuid, offset, length) {
            return Err(Defect::damaged("the end record differs from the members").at(place));
        }
        let place = Place::byte(input.position);
        if read_up_to(input, &mut [0])? > 0 {
            return Err(Defect::damaged("bytes follow the end record").at(place));
        }
        self.complete = true;
        Ok(())
    }
}

impl Shared {
    /// Reads the rest of the last member.
    fn pass_over(&mut self) -> Result<()> {
        let Some(mut walk) = self.walk.take() else { return Ok(()) };
        let mut buffer = vec![0; BUFFER];
        let position = |input: &Bytes| input.position;
        loop {
            let read = walk.read(&mut self.input, &mut buffer);
            match read.map_err(|error| defect::unreadable(error, position(&self.input)))? {
                0 if walk.is_done() => return Ok(()),
                0 => return Err(self.lost()),
                _ => {}
            }
        }
    }

    /// Why a member that was passed over has no end.
    fn lost(&mut self) -> Error {
        let place = self.input.position;
        match read_up_to(&mut self.input, &mut [0]) {
            Ok(0) => defect::truncated(place),
            Ok(_) => Defect::damaged("no frame begins here").at(Place::byte(place)),
            Err(error) => error,
        }
    }

    /// Reads the beginning of a member, of which `bytes` were read.
    fn begin(&mut self, mut bytes: Vec<u8>) -> Result<Beginning> {
        loop {
            let wanted = beginning::wanted(&bytes)?;
            let present = bytes.len();
            if wanted == present {
                break;
            }
            bytes.resize(wanted, 0);
            fill(&mut self.input, &mut bytes[present..])?;
        }
        let beginning = beginning::decode(&bytes)?;
        self.walk = Some(Walk::new(beginning.uuid, bytes));
        Ok(beginning)
    }
}

impl Read for MemberPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut shared = lock(&self.shared);
        let Shared { input, number, walk } = &mut *shared;
        match walk {
            Some(walk) if *number == self.number => walk.read(input, buffer),
            _ => Err(io::Error::other("the member was passed over")),
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fill(input: &mut Bytes, buffer: &mut [u8]) -> Result<()> {
    match read_up_to(input, buffer)? {
        present if present == buffer.len() => Ok(()),
        _ => Err(defect::truncated(input.position)),
    }
}

fn read_up_to(input: &mut Bytes, buffer: &mut [u8]) -> Result<usize> {
    input.fill(buffer).map_err(|error| defect::unreadable(error, input.position))
}
