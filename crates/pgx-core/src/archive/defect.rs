//! What is wrong with an archive's bytes, and how it is told.

use std::io;

use crate::error::{Code, Error};

/// A fault of foreign bytes, found by code that does not know where the bytes stood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// The bytes are not what a writer wrote.
    Damaged(String),
    /// The bytes are whole, but use something this version does not know.
    Newer(String),
}

impl Defect {
    pub(super) fn damaged(what: impl Into<String>) -> Defect {
        Defect::Damaged(what.into())
    }

    pub(super) fn newer(what: impl Into<String>) -> Defect {
        Defect::Newer(what.into())
    }

    /// The error, now that the place is known.
    pub(super) fn at(self, place: Place) -> Error {
        match self {
            Defect::Damaged(what) => damaged(&format!("{place}: {what}")),
            Defect::Newer(what) => newer(&format!("{what} ({place})")),
        }
    }

    /// The error of a writer that was about to write such bytes.
    pub(super) fn of_writer(self) -> Error {
        let (Defect::Damaged(what) | Defect::Newer(what)) = self;
        Error::internal(format!("the archive would be malformed: {what}"))
    }
}

/// Where in the archive something is: a frame's number, when one is known, and a byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) frame: Option<u64>,
    pub(super) offset: u64,
}

impl Place {
    pub(super) fn frame(number: u64, offset: u64) -> Place {
        Place { frame: Some(number), offset }
    }

    pub(super) fn byte(offset: u64) -> Place {
        Place { frame: None, offset }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.frame {
            Some(frame) => write!(f, "frame {frame} at byte {}", self.offset),
            None => write!(f, "at byte {}", self.offset),
        }
    }
}

fn damaged(what: &str) -> Error {
    Error::new(Code::ArchiveDamaged, format!("the archive is damaged, {what}"))
        .hint("use another copy of the archive, take a new dump, or see `pgx salvage --list`")
}

fn newer(what: &str) -> Error {
    Error::new(Code::ArchiveNewer, what).hint("use a newer pgx to read this archive")
}

/// The archive stops after `length` bytes.
pub(super) fn truncated(length: u64) -> Error {
    let what = format!("the archive has no end record: it is cut at {length} bytes");
    Error::new(Code::ArchiveTruncated, what).hint(
        "the dump or a copy of it was interrupted: use another copy, take a new dump, or see \
             `pgx salvage --list`",
    )
}

/// The medium failed, or the archive ended, while the bytes from `offset` on were read.
pub(super) fn unreadable(error: io::Error, offset: u64) -> Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return truncated(offset);
    }
    Error::new(Code::InputFailed, format!("cannot read the archive at byte {offset}")).source(error)
}
