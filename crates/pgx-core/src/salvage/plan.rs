//! What a repaired archive holds: every entry that can be restored with what is left. Pure, but for
//! what the survey has read.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{State, Table};
use crate::archive::Remains;
use crate::toc::{Entry, EntryId, Kind, Ref};

/// What a repaired archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The entries, numbered anew from 1.
    pub(super) entries: Vec<Entry>,
    /// Places in the survey's tables, and the streams their rows become.
    pub(super) streams: Vec<(usize, EntryId)>,
    left_out: Vec<LeftOut>,
    /// Places in the survey's tables of which some rows are kept.
    partial: Vec<usize>,
}

/// An entry that is left out although it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Kind and name.
    pub label: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.reason)
    }
}

impl Plan {
    /// What is left out, in the order of the table of contents.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Entries that are kept.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Tables whose rows are kept, all of them or some.
    pub fn tables(&self) -> usize {
        self.streams.len()
    }

    /// Places in [`Survey::tables`](super::Survey::tables) of the tables of which some rows are kept.
    pub fn partial(&self) -> &[usize] {
        &self.partial
    }
}

pub(super) fn plan(remains: &Remains, tables: &[Table], partial: bool) -> Plan {
    let toc = remains.toc();
    let mut choice = Choice::new(toc, tables, partial, !remains.missing().is_nothing());
    for (at, entry) in toc.iter().enumerate() {
        if let Err(reason) = choice.judge(entry) {
            choice.leave_out(at, reason);
        }
    }
    choice.cut_keys();
    choice.finish()
}

struct Choice<'a> {
    toc: &'a [Entry],
    tables: &'a [Table],
    partial: bool,
    /// Entries may be missing.
    toc_damaged: bool,
    /// Places in `tables`, by the entry of the rows.
    rows: HashMap<EntryId, usize>,
    places: HashMap<EntryId, usize>,
    /// Why an entry is left out, by its place.
    reasons: HashMap<usize, String>,
}

impl<'a> Choice<'a> {
    fn new(toc: &'a [Entry], tables: &'a [Table], partial: bool, toc_damaged: bool) -> Self {
        Choice {
            toc,
            tables,
            partial,
            toc_damaged,
            rows: tables.iter().enumerate().map(|(at, table)| (table.id, at)).collect(),
            places: toc.iter().enumerate().map(|(at, entry)| (entry.id, at)).collect(),
            reasons: HashMap::new(),
        }
    }

    fn leave_out(&mut self, at: usize, reason: String) {
        self.reasons.insert(at, reason);
    }

    fn keeps(&self, at: usize) -> bool {
        !self.reasons.contains_key(&at)
    }

    /// Why an entry cannot be kept: what it needs is gone, or its rows are.
    fn judge(&self, entry: &Entry) -> Result<(), String> {
        for id in &entry.deps {
            let Some(&at) = self.places.get(id) else {
                return Err(format!("it needs entry {id}, which is lost"));
            };
            let needed = &self.toc[at];
            // Rows that are gone keep nothing from being made.
            if needed.data.is_none() && !self.keeps(at) {
                return Err(format!("it needs {}, which is left out", needed.label()));
            }
        }
        match self.rows.get(&entry.id) {
            Some(&table) => self.judge_rows(entry.kind, &self.tables[table]),
            None => Ok(()),
        }
    }

    fn judge_rows(&self, kind: Kind, table: &Table) -> Result<(), String> {
        let readable = match table.of {
            Some(of) => format!("{} of {of} rows can be read", table.rows),
            None => format!("{} rows can be read, nobody knows of how many", table.rows),
        };
        match (table.state, table.of) {
            (State::Whole, _) => Ok(()),
            // What a large object lacks reads as zeros: nobody would see that it is not whole.
            (State::Partial, _) if kind == Kind::LargeObjects => {
                Err(format!("{readable}, and objects would have holes"))
            }
            (State::Partial, _) if self.partial => Ok(()),
            (State::Partial, _) => Err(readable),
            (State::Gone, Some(of)) => Err(format!("none of its {of} rows can be read")),
            (State::Gone, None) => Err("its rows are gone".to_owned()),
        }
    }

    /// Leaves out the foreign keys that could not be added: those that refer to a table that lost
    /// rows, from a table that has some.
    fn cut_keys(&mut self) {
        let family = Family::new(self.toc);
        let incomplete = family.with_ancestors(self.incomplete());
        let filled = family.with_ancestors(self.filled());
        let mut cut = Vec::new();
        for (at, entry) in self.toc.iter().enumerate() {
            let Some(on) = entry.on.as_ref().filter(|_| entry.kind == Kind::ForeignKey) else {
                continue;
            };
            if !self.keeps(at) || !filled.contains(on) {
                continue;
            }
            let parents = self.referenced(entry);
            if let Some(parent) = parents.into_iter().find(|parent| incomplete.contains(parent)) {
                cut.push((at, format!("it refers to {parent}, which lost rows")));
            }
        }
        cut.into_iter().for_each(|(at, reason)| self.leave_out(at, reason));
    }

    /// Tables that will not have all their rows.
    fn incomplete(&self) -> HashSet<&'a Ref> {
        let has_rows: HashSet<&Ref> = self.tables.iter().map(|table| &table.name).collect();
        let kept_whole = |entry: &Entry| {
            let table = self.rows.get(&entry.id).map(|&at| &self.tables[at]);
            let kept = self.places.get(&entry.id).is_some_and(|&at| self.keeps(at));
            kept && table.is_some_and(|table| table.state == State::Whole)
        };
        let lost = |entry: &&Entry| match entry.kind {
            // The entry of its rows may be among the lost ones.
            Kind::Table => {
                self.toc_damaged && !entry.partitioned && !has_rows.contains(&entry.name)
            }
            _ => self.rows.contains_key(&entry.id) && !kept_whole(entry),
        };
        self.toc.iter().filter(lost).map(|entry| &entry.name).collect()
    }

    /// Tables that will have rows.
    fn filled(&self) -> HashSet<&'a Ref> {
        let kept = |table: &&Table| self.places.get(&table.id).is_some_and(|&at| self.keeps(at));
        self.tables
            .iter()
            .filter(|table| table.rows > 0)
            .filter(kept)
            .map(|table| &table.name)
            .collect()
    }

    /// The tables that a foreign key refers to: those of the keys and indexes it needs, which tell
    /// also when it is its own.
    fn referenced(&self, key: &Entry) -> Vec<&'a Ref> {
        let needed = key.deps.iter().filter_map(|id| self.places.get(id)).map(|&at| &self.toc[at]);
        needed
            .filter_map(|entry| match entry.kind {
                Kind::Constraint | Kind::Index | Kind::IndexAttach => entry.on.as_ref(),
                Kind::Table => Some(&entry.name).filter(|name| Some(*name) != key.on.as_ref()),
                _ => None,
            })
            .collect()
    }

    fn finish(self) -> Plan {
        let mut plan = Plan {
            entries: Vec::new(),
            streams: Vec::new(),
            left_out: Vec::new(),
            partial: Vec::new(),
        };
        let mut numbers: HashMap<EntryId, EntryId> = HashMap::new();
        for (at, entry) in self.toc.iter().enumerate() {
            if let Some(reason) = self.reasons.get(&at) {
                plan.left_out.push(LeftOut { label: entry.label(), reason: reason.clone() });
                continue;
            }
            let id = EntryId(u32::try_from(plan.entries.len() + 1).unwrap_or(u32::MAX));
            let deps = entry.deps.iter().filter_map(|dep| numbers.get(dep).copied()).collect();
            if let Some(&table) = self.rows.get(&entry.id) {
                plan.streams.push((table, id));
                let whole = self.tables[table].state == State::Whole;
                plan.partial.extend((!whole).then_some(table));
            }
            numbers.insert(entry.id, id);
            plan.entries.push(Entry { id, deps, ..entry.clone() });
        }
        plan
    }
}

/// Which tables are partitions of which.
struct Family<'a>(HashMap<&'a Ref, &'a Ref>);

impl<'a> Family<'a> {
    fn new(toc: &'a [Entry]) -> Family<'a> {
        let attached = toc.iter().filter(|entry| entry.kind == Kind::TableAttach);
        Family(attached.filter_map(|entry| Some((&entry.name, entry.on.as_ref()?))).collect())
    }

    /// The tables, and all that they are partitions of.
    fn with_ancestors(&self, tables: HashSet<&'a Ref>) -> HashSet<&'a Ref> {
        let mut all = HashSet::new();
        for table in tables {
            let mut next = Some(table);
            while let Some(table) = next.filter(|table| all.insert(*table)) {
                next = self.0.get(table).copied();
            }
        }
        all
    }
}
