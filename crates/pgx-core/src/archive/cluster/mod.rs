//! Cluster archives: the globals and every database, ordinary archives one behind the other.
//!
//! Each member is an archive by itself, offsets included, so everything that reads archives reads
//! members. [`ClusterWriter`] writes them front to back; [`ClusterFile`] finds them by the directory
//! at the end, [`ClusterPipe`] meets them one after the other.

mod arrival;
mod beginning;
pub(in crate::archive) mod directory;
mod file;
mod pipe;
mod remains;
mod walk;
mod writer;

pub use arrival::{Arrival, Cluster, begins_at};
pub use file::{ClusterFile, Part};
pub use pipe::{ClusterPipe, MemberPipe};
#[cfg(test)]
pub(in crate::archive) use remains::found_in;
pub use remains::{Found, found};
pub use writer::{ClusterWriter, MemberOutput};

use minicbor::{Decode, Encode};
use uuid::Uuid;

use super::defect::Defect;
use super::{header, tail};
use crate::toc::{Content, Meta};

/// Unlike the first bytes of an archive in more than a few bits.
pub(super) const MAGIC: [u8; 8] = *b"\x89PGXC\r\n\x1a";
pub(super) const END_MAGIC: [u8; 8] = *b"\x89PGXCEND";
/// Bytes of the shortest archive, as far as a directory is concerned.
const SHORTEST: u64 = (header::LEN + tail::LEN) as u64;

/// An archive in a cluster archive, as the directory lists it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Member {
    /// The globals, or a database.
    #[n(0)]
    pub content: Content,
    /// The database's name, which its own archive says too; empty for the globals.
    #[n(1)]
    pub database: String,
    /// Bytes of the cluster archive before it.
    #[n(2)]
    pub offset: u64,
    /// Its bytes.
    #[n(3)]
    pub length: u64,
    #[cbor(n(4), with = "minicbor::bytes")]
    uuid: [u8; 16],
}

impl Member {
    fn new(uuid: [u8; 16], meta: &Meta, offset: u64, length: u64) -> Member {
        let database = meta.database_name();
        Member { content: meta.content, database, offset, length, uuid }
    }

    /// Its own random number.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_bytes(self.uuid)
    }

    /// Whether it holds the globals.
    pub fn is_globals(&self) -> bool {
        self.content == Content::Globals
    }

    /// What it is, for messages.
    pub fn label(&self) -> String {
        match self.content {
            Content::Globals => "globals".to_owned(),
            Content::Database => format!("database {}", self.database),
        }
    }

    /// Whether an archive says of itself what the directory says of it.
    fn is_that_of(&self, uuid: &[u8; 16], meta: &Meta) -> bool {
        (&self.uuid, self.content) == (uuid, meta.content) && self.database == meta.database_name()
    }
}

/// Members lie one behind the other up to `end`: the globals, then databases of different names.
fn check(members: &[Member], end: u64) -> Result<(), Defect> {
    let mut at = header::LEN as u64;
    let mut names = std::collections::BTreeSet::new();
    for (number, member) in members.iter().enumerate() {
        if member.offset != at || member.length < SHORTEST || member.length > end - at {
            return Err(Defect::damaged("the directory lists a member that is not there"));
        }
        if member.is_globals() != (number == 0) {
            return Err(Defect::damaged("the globals are not the first member, and no other"));
        }
        if !names.insert(&member.database) {
            return Err(Defect::damaged("the directory lists a database twice"));
        }
        at += member.length;
    }
    if members.is_empty() || at != end {
        return Err(Defect::damaged("the members do not end at the directory"));
    }
    Ok(())
}
