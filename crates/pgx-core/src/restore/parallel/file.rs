//! Tasks of an archive in a file, which every session reads by itself.

use std::collections::HashMap;

use super::board::{Board, SMALL, TABLES_TOGETHER};
use super::task::{From, Run, Task, What};
use crate::restore::format::Printers;
use crate::restore::large_objects::Pages;
use crate::restore::plan::Plan;
use crate::restore::rows::Table;
use crate::restore::whole::Rows;
use crate::toc::EntryId;

/// Hangs up the tables: large ones each by itself, small ones many together.
pub(super) fn post(plan: &Plan, mut rows: Rows, board: &Board) {
    let weight = |id: &EntryId| plan.entry(*id).map_or(0, |entry| board.weight(&entry.name));
    let mut tables: Vec<(u64, EntryId, Table)> =
        rows.tables.drain().map(|(id, table)| (weight(&id), id, table)).collect();
    tables.sort_by_key(|(weight, id, _)| (std::cmp::Reverse(*weight), *id));
    let mut together = Together::default();
    for (weight, id, table) in tables {
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
