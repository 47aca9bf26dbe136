//! What one session does in one transaction.

use std::collections::HashMap;

use crate::restore::feed::Feed;
use crate::restore::format::Printers;
use crate::restore::large_objects::Pages;
use crate::restore::plan::Step;
use crate::restore::rows::Table;
use crate::toc::{EntryId, Ref};

/// Work for one session, all in one transaction.
pub(super) struct Task {
    pub(super) what: What,
    /// Bytes of what it is about: the largest comes first.
    pub(super) weight: u64,
    /// The table it is about, where others may be about it too.
    pub(super) claim: Option<Claim>,
    /// Only the leader can do it.
    pub(super) leaders: bool,
}

/// What is done.
pub(super) enum What {
    Rows(Box<Run>),
    /// Indexes and keys of tables whose rows are there.
    Define(Vec<Step>),
    /// Foreign keys that were added without a check.
    Check(Vec<Key>),
}

/// Tables that are loaded one after the other.
pub(super) struct Run {
    pub(super) rows: From,
    /// Those that are known before.
    pub(super) tables: HashMap<EntryId, Table>,
    /// What fills large objects, if they are among them.
    pub(super) pages: Option<Pages>,
}

/// Where the rows of a run come from.
pub(super) enum From {
    /// The archive's file.
    File(Vec<EntryId>, Printers),
    /// Whoever reads the stream; tables too are told by it.
    Pipe(Feed),
}

/// A table that a task is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) table: Ref,
    /// Nobody else may be about it meanwhile: a statement locks it against everybody.
    pub(super) alone: bool,
}

/// A foreign key that was added without a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Position of its entry.
    pub(super) entry: usize,
    /// The table it is on.
    pub(super) table: Ref,
    /// What checks it.
    pub(super) sql: String,
}
