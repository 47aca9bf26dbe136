//! What one session does in one transaction.

use std::collections::HashMap;
use std::ops::Range;

use crate::restore::feed::Feed;
use crate::restore::format::Printers;
use crate::restore::journal::Part;
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
    /// Single statements: indexes that keys will be made of, checks of foreign keys.
    Run(Vec<Statement>),
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
    /// The same, but these ranges of so many of one table.
    Ranges(EntryId, Range<u32>, u32),
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

/// A part of what an entry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Position of the entry.
    pub(super) entry: usize,
    /// The table the entry is on.
    pub(super) table: Ref,
    pub(super) sql: Vec<String>,
    /// What the journal calls it.
    pub(super) part: Part,
}
