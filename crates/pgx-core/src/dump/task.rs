//! What is copied, piece by piece: whole tables, and ranges of what is large.
//!
//! A heap is split where its blocks are multiples of a fixed number, whoever copies it: so the chunks of
//! a table are the same for any number of jobs, and an unchanged part of it gives the same chunks in
//! the next dump. Large objects are split at multiples of a power of two of OIDs. Tables that are small
//! are copied in batches: asking for one takes longer than reading it.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::catalog::large_objects;
use crate::connect::Session;
use crate::error::Result;
use crate::event::Observer;
use crate::toc::{BlockRange, Entry, Kind, Oids};

/// Blocks of a range: 64 MiB with blocks of 8 KiB. Small enough to keep several jobs busy to the end,
/// large enough that the last, shorter chunk of each costs nothing.
const RANGE_BLOCKS: u64 = 8192;

/// Bytes of large objects that are worth a range of their own.
const RANGE_BYTES: u64 = 64 << 20;

/// The smallest block a server can be built with: below, no heap has two ranges.
const BLOCK_BYTES_MIN: u64 = 1024;

/// A table of no more bytes is copied with others in one batch …
const SMALL_BYTES: u64 = 128 << 10;
/// … and so many are one batch at most: more do not save anything.
const BATCH_MAX: usize = 50;

/// Batches of small tables for each job: the last ones end at about the same time.
const BATCHES_PER_JOB: usize = 4;

/// The first major version that scans a range of a heap without reading all of it.
const RANGE_SCANS_SINCE: u32 = 14;

/// One COPY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Place in the table of contents.
    pub(super) entry: usize,
    /// Number of the range.
    pub(super) range: u32,
    /// Which rows of the entry.
    pub(super) part: Part,
}

/// Rows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// Those in blocks of a heap.
    Blocks(BlockRange),
    /// The pages of large objects with these OIDs.
    LargeObjects(RangeInclusive<u32>),
}

/// The tasks of every entry with rows, in the order of the table of contents or, for several jobs, the
/// largest tables first.
///
/// # Errors
/// What the server refuses.
pub(super) fn tasks(
    session: &mut Session,
    entries: &[Entry],
    jobs: usize,
    observer: &dyn Observer,
) -> Result<Vec<Task>> {
    let heaps = heaps(session, entries, observer)?;
    let mut with_rows: Vec<usize> =
        (0..entries.len()).filter(|&at| entries[at].data.is_some()).collect();
    if jobs > 1 {
        with_rows.sort_by_key(|&at| std::cmp::Reverse(bytes(&entries[at])));
    }
    let objects = entries.iter().filter_map(|entry| entry.large_objects.as_ref());
    let oids = Oids::union(objects.map(|objects| &objects.oids));
    let tasks = with_rows.into_iter().flat_map(|at| match entries[at].large_objects {
        Some(_) => split_large_objects(at, oids.ends().unwrap_or_default(), bytes(&entries[at])),
        None => split(at, heaps.get(&entries[at].catalog.oid).copied().unwrap_or(0)),
    });
    Ok(tasks.collect())
}

fn bytes(entry: &Entry) -> u64 {
    entry.data.as_ref().map_or(0, |data| data.bytes_estimate)
}

/// Tasks that one session does at a time: one, or some small tables.
pub(super) fn batches(tasks: Vec<Task>, entries: &[Entry], jobs: usize) -> Vec<Vec<Task>> {
    let small = |task: &Task| is_small(&entries[task.entry]);
    let count = tasks.iter().filter(|task| small(task)).count();
    let most = (count / (jobs * BATCHES_PER_JOB)).clamp(1, BATCH_MAX);
    let mut batches: Vec<Vec<Task>> = Vec::new();
    for task in tasks {
        match batches.last_mut() {
            Some(batch) if batch.len() < most && small(&task) && small(&batch[0]) => {
                batch.push(task);
            }
            _ => batches.push(vec![task]),
        }
    }
    batches
}

fn is_small(entry: &Entry) -> bool {
    let local = entry.data.as_ref().is_some_and(|data| !data.foreign);
    local && entry.kind == Kind::TableData && bytes(entry) <= SMALL_BYTES
}

/// The ranges of a heap; the last one is open, since the heap may have grown.
fn split(entry: usize, blocks: u64) -> Vec<Task> {
    let count = u32::try_from(blocks.div_ceil(RANGE_BLOCKS)).unwrap_or(u32::MAX);
    if count < 2 {
        return vec![Task { entry, range: 0, part: Part::Whole }];
    }
    let ranges = (0..count).map(|range| {
        let from = u64::from(range) * RANGE_BLOCKS;
        let to = (range + 1 < count).then_some(from + RANGE_BLOCKS);
        Task { entry, range, part: Part::Blocks(BlockRange { from, to }) }
    });
    ranges.collect()
}

/// The ranges of large objects with OIDs from `first` to `last`. They are even where OIDs are, which a
/// server gives in turn.
fn split_large_objects(entry: usize, (first, last): (u32, u32), bytes: u64) -> Vec<Task> {
    let (count, span) = (bytes / RANGE_BYTES, u64::from(last - first) + 1);
    if count < 2 || span < 2 {
        return vec![Task { entry, range: 0, part: Part::LargeObjects(large_objects::ALL) }];
    }
    let width = span.div_ceil(count).next_power_of_two();
    let numbers = u64::from(first) / width..=u64::from(last) / width;
    let oid = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let tasks = numbers.zip(0..).map(|(number, range)| {
        let oids = oid(number * width)..=oid((number + 1) * width - 1);
        Task { entry, range, part: Part::LargeObjects(oids) }
    });
    tasks.collect()
}

/// The blocks of heaps that are worth splitting, by OID. Measured under the locks, where a heap can
/// grow but not shrink. Of a large table that is not split, the reason is told.
fn heaps(
    session: &mut Session,
    entries: &[Entry],
    observer: &dyn Observer,
) -> Result<HashMap<u32, u64>> {
    let worth = |entry: &&Entry| {
        entry.kind == Kind::TableData && bytes(entry) > RANGE_BLOCKS * BLOCK_BYTES_MIN
    };
    let large: HashMap<u32, &Entry> =
        entries.iter().filter(worth).map(|entry| (entry.catalog.oid, entry)).collect();
    if large.is_empty() {
        return Ok(HashMap::new());
    }
    let oids: Vec<String> = large.keys().map(u32::to_string).collect();
    let scans_ranges = session.major() >= RANGE_SCANS_SINCE;
    let rows = session.query(&format!(
        "SELECT c.oid, {} AS access_method, pg_catalog.pg_relation_size(c.oid) \
         / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS blocks \
         FROM pg_catalog.pg_class c WHERE c.oid IN ({}) ORDER BY c.oid",
        if scans_ranges { ACCESS_METHOD } else { "'heap'" },
        oids.join(", ")
    ))?;
    let mut heaps = HashMap::new();
    for row in &rows {
        let (oid, blocks, method) =
            (row.oid("oid")?, row.int("blocks")?, row.str("access_method")?);
        match (large.get(&oid), unsplit(scans_ranges, method, blocks)) {
            (_, None) => drop(heaps.insert(oid, blocks)),
            (Some(entry), Some(reason)) if bytes(entry) > RANGE_BYTES => {
                observer.detail(format!("the rows of {} are not split: {reason}", entry.name));
            }
            _ => {}
        }
    }
    Ok(heaps)
}

const ACCESS_METHOD: &str =
    "(SELECT a.amname FROM pg_catalog.pg_am a WHERE a.oid = c.relam)::pg_catalog.text";

/// Why a table has one range; none if it may have several.
fn unsplit(scans_ranges: bool, method: &str, blocks: u64) -> Option<&'static str> {
    if !scans_ranges {
        Some("before version 14 a server reads all of a table to find a part of it")
    } else if method != "heap" {
        Some("they are not in a heap")
    } else {
        (blocks <= RANGE_BLOCKS).then_some("most of them is stored out of line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, DataSpec, Ref};

    #[test]
    fn ranges_begin_at_multiples_whatever_the_size() {
        let borders = |blocks| {
            let borders = split(3, blocks).into_iter().map(|task| match task.part {
                Part::Blocks(range) => Some((range.from, range.to)),
                _ => None,
            });
            borders.collect::<Vec<_>>()
        };
        assert_eq!(borders(0), [None]);
        assert_eq!(borders(RANGE_BLOCKS), [None]);
        assert_eq!(
            borders(2 * RANGE_BLOCKS + 1),
            [Some((0, Some(8192))), Some((8192, Some(16384))), Some((16384, None))]
        );
    }

    #[test]
    fn large_objects_are_split_at_powers_of_two_and_none_is_left_out() {
        let ranges = |ends, mebibytes: u64| {
            let tasks = split_large_objects(0, ends, mebibytes << 20).into_iter();
            let oids = tasks.map(|task| match task.part {
                Part::LargeObjects(oids) => oids,
                _ => panic!("not of large objects"),
            });
            oids.collect::<Vec<_>>()
        };
        assert_eq!(ranges((16_384, 16_483), 127), [large_objects::ALL]);
        assert_eq!(ranges((7, 7), 9_000), [large_objects::ALL]);
        assert_eq!(ranges((100, 199), 200), [64..=127, 128..=191, 192..=255]);
        assert_eq!(ranges((0, u32::MAX), 128), [0..=0x7fff_ffff, 0x8000_0000..=u32::MAX]);
    }

    #[test]
    fn small_tables_are_copied_in_batches_and_large_ones_alone() {
        let table = |bytes_estimate| {
            let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
            entry.data = Some(DataSpec { bytes_estimate, ..DataSpec::default() });
            entry
        };
        let sizes = |large: usize, small: usize, jobs| {
            let tables = [table(1 << 30)].into_iter().cycle().take(large);
            let entries: Vec<Entry> =
                tables.chain([table(8192)].into_iter().cycle().take(small)).collect();
            let tasks = (0..entries.len()).flat_map(|at| split(at, 0)).collect();
            batches(tasks, &entries, jobs).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(2, 3, 1), [1, 1, 1, 1, 1]);
        assert_eq!(sizes(1, 16, 2), [1, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(sizes(0, 1010, 1)[..2], [50, 50]);
        assert_eq!(sizes(0, 1010, 1).len(), 21);
    }
}
