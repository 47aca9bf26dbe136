//! Tasks of an archive in a file, which every session reads by itself.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::board::{Board, SMALL, TABLES_TOGETHER};
use super::task::{From, Run, Task, What};
use crate::archive::FileReader;
use crate::restore::format::Printers;
use crate::restore::large_objects::Pages;
use crate::restore::plan::Plan;
use crate::restore::rows::Table;
use crate::restore::whole::Rows;
use crate::toc::{Entry, EntryId, Kind, Ref};

/// Parts of a table for each session, so that all end at about the same time.
const PARTS_EACH: usize = 8;

/// Hangs up the tables: large ones each by itself or in parts, small ones many together.
pub(super) fn post(
    plan: &Plan,
    mut rows: Rows,
    board: &Board,
    reader: &FileReader,
    sessions: usize,
) {
    let mut tables: Vec<(u64, EntryId, Table)> = rows
        .tables
        .drain()
        .filter_map(|(id, table)| Some((board.weight(&plan.entry(id)?.name), id, table)))
        .collect();
    tables.sort_by_key(|(weight, id, _)| (Reverse(*weight), *id));
    let share = tables.iter().map(|(weight, ..)| weight).sum::<u64>() / sessions as u64;
    let in_order = tables_in_order(plan);
    let mut together = Together::default();
    for (weight, id, table) in tables {
        let of = reader.ranges(id);
        let whole = rows.printers.contains_key(&id)
            || !table.is_made()
            || in_order.contains(&table.into)
            || share == 0;
        let left = plan.done.ranges_left(id, of);
        if left.is_some() || !whole {
            let most = usize::try_from((weight + share / 2) / share.max(1)).unwrap_or(sessions);
            let most = if most > 1 { sessions * PARTS_EACH } else { 1 };
            let ranges = left.unwrap_or_else(|| std::iter::once(0..of).collect());
            let parts = split(ranges, most);
            if parts.len() > 1 || parts.iter().any(|ranges| *ranges != (0..of)) {
                post_parts(board, (id, of), &table, weight, parts);
                continue;
            }
        }
        together.add(id, table, weight, &mut rows.printers);
        if together.weight >= SMALL || together.streams.len() >= TABLES_TOGETHER {
            board.add(std::mem::take(&mut together).task());
        }
    }
    if !together.streams.is_empty() {
        board.add(together.task());
    }
    post_leaders(plan, rows, board);
}

/// Tables whose rows had better stay in their order: a BRIN index summarises neighbours, and CLUSTER is
/// for them to be neighbours.
fn tables_in_order(plan: &Plan) -> HashSet<Ref> {
    let in_order = |entry: &&Entry| {
        matches!(entry.kind, Kind::Index | Kind::Constraint)
            && entry
                .create
                .iter()
                .any(|sql| sql.contains(" USING brin ") || sql.contains(" CLUSTER ON "))
    };
    plan.entries.iter().filter(in_order).filter_map(|entry| entry.on.clone()).collect()
}

/// Cuts ranges into about `most` parts of one size.
fn split(ranges: Vec<Range<u32>>, most: usize) -> Vec<Range<u32>> {
    let all: u32 = ranges.iter().map(|range| range.end - range.start).sum();
    let size = all.div_ceil(u32::try_from(most.max(1)).unwrap_or(u32::MAX)).max(1);
    let cut = |range: Range<u32>| {
        let starts = range.clone().step_by(size as usize);
        starts.map(move |start| start..range.end.min(start + size))
    };
    ranges.into_iter().flat_map(cut).collect()
}

fn post_parts(
    board: &Board,
    (stream, of): (EntryId, u32),
    table: &Table,
    weight: u64,
    parts: Vec<Range<u32>>,
) {
    let count = parts.len();
    board.split(stream, count);
    for (at, ranges) in parts.into_iter().enumerate() {
        let tables = HashMap::from([(stream, table.part(at + 1, count))]);
        let run = Run { rows: From::Ranges(stream, ranges, of), tables, pages: None };
        let what = What::Rows(Box::new(run));
        // The whole table waits for all of them.
        let weight = 2 * weight + 1;
        board.add(Task { what, weight, claim: None, leaders: false });
    }
}

/// Statistics wait in tables of the leader's session; large objects are its work too.
fn post_leaders(plan: &Plan, mut rows: Rows, board: &Board) {
    let mut leaders = Together { pages: rows.pages.take(), leaders: true, ..Together::default() };
    leaders.streams.extend(plan.loads_large_objects().filter(|_| leaders.pages.is_some()));
    for (id, table) in rows.statistics {
        leaders.add(id, table, 0, &mut rows.printers);
    }
    if !leaders.streams.is_empty() {
        board.add(leaders.task());
    }
}

/// Tables of one transaction.
#[derive(Default)]
struct Together {
    streams: Vec<EntryId>,
    tables: HashMap<EntryId, Table>,
    printers: Printers,
    pages: Option<Pages>,
    weight: u64,
    leaders: bool,
}

impl Together {
    fn add(&mut self, id: EntryId, table: Table, weight: u64, printers: &mut Printers) {
        self.streams.push(id);
        self.tables.insert(id, table);
        self.printers.extend(printers.remove(&id).map(|printer| (id, printer)));
        self.weight += weight;
    }

    /// Rows come before indexes of tables as large: more waits for them.
    fn task(self) -> Task {
        let rows = From::File(self.streams, self.printers);
        let run = Run { rows, tables: self.tables, pages: self.pages };
        let what = What::Rows(Box::new(run));
        Task { what, weight: 2 * self.weight + 1, claim: None, leaders: self.leaders }
    }
}

#[cfg(test)]
mod tests {
    use super::{Range, split};

    #[test]
    fn ranges_are_cut_into_parts_of_one_size() {
        let borders = |ranges: &[Range<u32>], most| {
            let parts = split(ranges.to_vec(), most);
            parts.iter().map(|part| (part.start, part.end)).collect::<Vec<_>>()
        };
        let whole = |end| Range { start: 0, end };
        assert_eq!(borders(&[whole(12)], 2), [(0, 6), (6, 12)]);
        assert_eq!(borders(&[whole(7)], 3), [(0, 3), (3, 6), (6, 7)]);
        assert_eq!(borders(&[whole(1)], 4), [(0, 1)]);
        assert_eq!(borders(&[0..2, 5..9], 2), [(0, 2), (5, 8), (8, 9)]);
        assert_eq!(borders(&[whole(12)], 0), [(0, 12)]);
    }
}
