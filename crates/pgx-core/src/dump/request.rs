//! What a dump is asked for, and what it tells afterwards.

use std::time::Duration;

use crate::archive::StreamEnd;
use crate::connect::Config;
use crate::select;
use crate::stripe::StreamCodec;
use crate::toc::{Kind, Omitted, Parts, Sections};

/// A dump as asked for.
#[derive(Clone, Debug)]
pub struct DumpRequest {
    /// The source.
    pub config: Config,
    /// Which objects and rows.
    pub selection: select::Request,
    /// Definitions, rows, or both.
    pub parts: Parts,
    /// Which sections of them.
    pub sections: Sections,
    /// Leave out what pgx cannot reproduce, instead of stopping.
    pub skip_unsupported: bool,
    /// What is not wanted, whatever is chosen.
    pub omitted: Omitted,
    /// How chunks are compressed.
    pub codec: StreamCodec,
    /// How rows travel and are stored.
    pub copy_format: CopyFormat,
    /// Sessions that read side by side, the leader's included; at least 1. Without a word two, where
    /// there is enough for two and the server lets them in.
    pub jobs: Option<usize>,
    /// How long to wait for locks; none waits for ever.
    pub lock_wait: Option<Duration>,
    /// The request in the user's words, kept in the archive.
    pub request_text: String,
}

/// How rows travel and are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyFormat {
    /// As COPY BINARY where pgx knows the type of every column, else as text.
    #[default]
    Auto,
    /// As COPY BINARY; a table with an unknown type is an error.
    Binary,
    /// As COPY text.
    Text,
}

/// What a dump did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DumpReport {
    /// Entries in the table of contents.
    pub entries: usize,
    /// Tables whose rows were dumped.
    pub tables: usize,
    /// Rows of tables.
    pub rows: u64,
    /// Large objects.
    pub large_objects: u64,
    /// Bytes of COPY data, large objects included.
    pub raw_bytes: u64,
    /// Bytes of the archive.
    pub stored_bytes: u64,
    /// Objects left out because pgx cannot reproduce them.
    pub skipped: Vec<String>,
}

impl DumpReport {
    /// Counts a stream: pages of large objects are no rows to a reader of the report.
    pub(super) fn add(&mut self, kind: Kind, end: StreamEnd) {
        self.raw_bytes += end.raw_bytes;
        if kind == Kind::TableData {
            self.tables += 1;
            self.rows += end.rows;
        }
    }
}
