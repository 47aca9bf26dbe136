//! What is copied, piece by piece: whole tables, and ranges of large ones.
//!
//! A heap is split where its blocks are multiples of a fixed number, whoever copies it: so the chunks of
//! a table are the same for any number of jobs, and an unchanged part of it gives the same chunks in
//! the next dump.

use std::collections::HashMap;

use crate::connect::Session;
use crate::error::Result;
use crate::toc::{BlockRange, Entry, Kind};

/// Blocks of a range: 64 MiB with blocks of 8 KiB. Small enough to keep several jobs busy to the end,
/// large enough that the last, shorter chunk of each costs nothing.
const RANGE_BLOCKS: u64 = 8192;

/// The smallest block a server can be built with: below, no heap has two ranges.
const BLOCK_BYTES_MIN: u64 = 1024;

/// The first major version that scans a range of a heap without reading all of it.
const RANGE_SCANS_SINCE: u32 = 14;

/// One COPY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Place in the table of contents.
    pub(super) entry: usize,
    /// Number of the range.
    pub(super) range: u32,
    /// Its blocks; none is the whole table.
    pub(super) blocks: Option<BlockRange>,
}

/// The tasks of every entry with rows, in the order of the table of contents or, for several jobs, the
/// largest tables first.
///
/// # Errors
/// What the server refuses.
pub(super) fn tasks(session: &mut Session, entries: &[Entry], jobs: usize) -> Result<Vec<Task>> {
    let sizes = heap_blocks(session, entries)?;
    let mut with_rows: Vec<usize> =
        (0..entries.len()).filter(|&at| entries[at].data.is_some()).collect();
    if jobs > 1 {
        let bytes = |at: &usize| entries[*at].data.as_ref().map_or(0, |data| data.bytes_estimate);
        with_rows.sort_by_key(|at| std::cmp::Reverse(bytes(at)));
    }
    let tasks = with_rows.into_iter().flat_map(|at| {
        let blocks = sizes.get(&entries[at].catalog.oid).copied().unwrap_or(0);
        split(at, blocks)
    });
    Ok(tasks.collect())
}

/// The ranges of a heap; the last one is open, since the heap may have grown.
fn split(entry: usize, blocks: u64) -> Vec<Task> {
    let count = u32::try_from(blocks.div_ceil(RANGE_BLOCKS)).unwrap_or(u32::MAX);
    if count < 2 {
        return vec![Task { entry, range: 0, blocks: None }];
    }
    let ranges = (0..count).map(|range| {
        let from = u64::from(range) * RANGE_BLOCKS;
        let to = (range + 1 < count).then_some(from + RANGE_BLOCKS);
        Task { entry, range, blocks: Some(BlockRange { from, to }) }
    });
    ranges.collect()
}

/// The blocks of heaps that are worth splitting, by OID. Measured under the locks, where a heap can
/// grow but not shrink.
fn heap_blocks(session: &mut Session, entries: &[Entry]) -> Result<HashMap<u32, u64>> {
    let large: Vec<String> = entries
        .iter()
        .filter(|entry| {
            let bytes = entry.data.as_ref().map_or(0, |data| data.bytes_estimate);
            entry.kind == Kind::TableData && bytes > RANGE_BLOCKS * BLOCK_BYTES_MIN
        })
        .map(|entry| entry.catalog.oid.to_string())
        .collect();
    if large.is_empty() || session.major() < RANGE_SCANS_SINCE {
        return Ok(HashMap::new());
    }
    let rows = session.query(&format!(
        "SELECT c.oid, pg_catalog.pg_relation_size(c.oid) \
         / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS blocks \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam \
         WHERE a.amname = 'heap' AND c.oid IN ({})",
        large.join(", ")
    ))?;
    rows.iter().map(|row| Ok((row.oid("oid")?, row.int("blocks")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_begin_at_multiples_whatever_the_size() {
        let borders = |blocks| {
            let borders = split(3, blocks).into_iter().map(|task| task.blocks);
            borders.map(|range| range.map(|range| (range.from, range.to))).collect::<Vec<_>>()
        };
        assert_eq!(borders(0), [None]);
        assert_eq!(borders(RANGE_BLOCKS), [None]);
        assert_eq!(
            borders(2 * RANGE_BLOCKS + 1),
            [Some((0, Some(8192))), Some((8192, Some(16384))), Some((16384, None))]
        );
    }
}
