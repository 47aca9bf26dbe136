//! The table of contents as it is read.

use super::defect::Defect;
use super::frame::FrameHeader;
use super::items::Unpacker;
use super::ledger::Ledger;
use super::limits;
use crate::toc::Entry;

/// Gathers the entries from TOC frames, within the limit on all of them.
pub(super) struct Contents {
    unpacker: Unpacker<Entry>,
    entries: Vec<Entry>,
    raw_bytes: u64,
    /// The archive holds the rows of every entry that can have rows.
    with_rows: bool,
}

impl Contents {
    pub(super) fn new(with_rows: bool) -> Contents {
        Contents { unpacker: Unpacker::new(), entries: Vec::new(), raw_bytes: 0, with_rows }
    }

    /// Takes the entries of a frame, and enters them into the ledger.
    pub(super) fn feed(
        &mut self,
        header: &FrameHeader,
        raw: &[u8],
        ledger: &mut Ledger,
    ) -> Result<(), Defect> {
        self.raw_bytes += raw.len() as u64;
        if self.raw_bytes > limits::TOC_RAW {
            return Err(Defect::damaged("the table of contents is longer than allowed"));
        }
        let entries = self.unpacker.feed(header, raw)?;
        ledger.entries(&entries, self.with_rows)?;
        self.entries.extend(entries);
        Ok(())
    }

    /// All entries, ids ascending.
    pub(super) fn finish(self) -> Result<Vec<Entry>, Defect> {
        self.unpacker.finish()?;
        Ok(self.entries)
    }
}
