//! What of a plan workers do: indexes and keys when their table's rows are there, and the checks of
//! foreign keys. Pure.

use std::collections::{HashMap, HashSet};

use super::board::SMALL;
use super::task::{Claim, Statement};
use crate::connect::quote::{ident, literal};
use crate::restore::journal::Part;
use crate::restore::plan::{Action, Plan, Step};
use crate::toc::{DataSpec, Entry, EntryId, Kind, Ref};

/// An index or key that a worker makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) what: Make,
    pub(super) claim: Claim,
    /// Where the rows of its table go first: into the table, or through its partitioned root.
    pub(super) place: Ref,
}

/// How it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Make {
    Step(Step),
    /// The index alone, of which the leader makes a key.
    Index(Statement),
}

/// Bytes of the rows of tables.
pub(super) type Weights = HashMap<Ref, u64>;

/// The definitions after the rows.
pub(super) struct Parts {
    /// Made by workers, in the archive's order.
    pub(super) indexes: Vec<Piece>,
    /// Made by the leader when these are there; foreign keys of `keys` without a check.
    pub(super) before_checks: Vec<Step>,
    /// Checked by workers.
    pub(super) keys: Vec<Statement>,
    /// Made by the leader at last.
    pub(super) after_checks: Vec<Step>,
    pub(super) weights: Weights,
}

impl Parts {
    /// Takes the plan apart. In it, foreign keys that are checked later lose their check, and keys that
    /// are made of an index become that.
    pub(super) fn of(plan: &mut Plan, major: u32) -> Parts {
        let mut parts = Parts {
            indexes: Vec::new(),
            before_checks: Vec::new(),
            keys: Vec::new(),
            after_checks: Vec::new(),
            weights: weights(plan),
        };
        let tables = Tables::of(&plan.entries);
        let roots = roots(plan);
        let mut seen: HashSet<EntryId> = HashSet::new();
        let mut changes: Vec<(usize, String)> = Vec::new();
        for step in plan.steps.iter().filter(|step| step.action == Action::DefineAfter) {
            let entry = &plan.entries[step.entry];
            let free = step.needs.is_none() && !entry.deps.iter().any(|id| seen.contains(id));
            seen.insert(entry.id);
            if free && let Some(claim) = tables.claim(entry) {
                let place = roots.get(&claim.table).unwrap_or(&claim.table).clone();
                let large = parts.weights.get(&claim.table).is_some_and(|&bytes| bytes >= SMALL);
                let made = key_of_index(step.entry, entry, major).filter(|_| large);
                let Some((index, key)) = made else {
                    parts.indexes.push(Piece { what: Make::Step(step.clone()), claim, place });
                    continue;
                };
                changes.push((step.entry, key));
                if !plan.done.has_part(entry.id, &Part::Index) {
                    let claim = Claim { alone: false, ..claim };
                    parts.indexes.push(Piece { what: Make::Index(index), claim, place });
                }
            }
            if !plan.is_done(step) {
                parts.after_checks.push(step.clone());
            }
            if step.needs.is_none()
                && let Some(key) = tables.key(step.entry, entry, plan)
            {
                changes.push((step.entry, format!("{} NOT VALID", entry.create[0])));
                parts.keys.push(key);
                parts.before_checks.append(&mut parts.after_checks);
            }
        }
        for (at, sql) in changes {
            plan.entries[at].create[0] = sql;
        }
        parts
    }
}

/// The index of a key, and the statement that makes it the key's. What another version is given has
/// no such statement.
fn key_of_index(at: usize, entry: &Entry, major: u32) -> Option<(Statement, String)> {
    let of_index = entry.of_index.as_ref().filter(|_| entry.variant(major).is_none())?;
    let table = entry.on.clone().filter(|_| !entry.create.is_empty())?;
    let mut sql = vec![of_index.index.clone()];
    if let Some(tablespace) = &entry.tablespace {
        sql.insert(0, format!("SET LOCAL default_tablespace = {}", literal(tablespace)));
        sql.push("SET LOCAL default_tablespace = ''".to_owned());
    }
    Some((Statement { entry: at, table, sql, part: Part::Index }, of_index.key.clone()))
}

/// Entries with rows, be they loaded already.
fn with_rows(plan: &Plan) -> impl Iterator<Item = (&Entry, &DataSpec)> {
    plan.entries.iter().filter_map(|entry| Some((entry, entry.data.as_ref()?)))
}

fn weights(plan: &Plan) -> Weights {
    with_rows(plan).map(|(entry, data)| (entry.name.clone(), data.bytes_estimate)).collect()
}

/// The tables whose rows go through another one.
fn roots(plan: &Plan) -> HashMap<Ref, Ref> {
    let root =
        |(entry, data): (&Entry, &DataSpec)| Some((entry.name.clone(), data.via_root.clone()?));
    with_rows(plan).filter_map(root).collect()
}

/// Tables that are more than a table.
struct Tables<'p> {
    partitioned: HashSet<&'p Ref>,
    partitions: HashSet<&'p Ref>,
}

impl<'p> Tables<'p> {
    fn of(entries: &'p [Entry]) -> Tables<'p> {
        let names = |is: fn(&Entry) -> bool| {
            entries.iter().filter(move |entry| is(entry)).map(|entry| &entry.name).collect()
        };
        Tables {
            partitioned: names(|entry| entry.kind == Kind::Table && entry.partitioned),
            partitions: names(|entry| entry.kind == Kind::TableAttach),
        }
    }

    /// The table that an index or key takes up while it is made; none for what takes no time, as that of
    /// a partitioned table does, and for what is no index.
    fn claim(&self, entry: &Entry) -> Option<Claim> {
        let table = entry.on.as_ref().filter(|table| !self.partitioned.contains(table))?;
        let alone = match entry.kind {
            // What is set on the index locks the table.
            Kind::Index => entry.create.len() > 1,
            Kind::Constraint => true,
            _ => return None,
        };
        Some(Claim { table: table.clone(), alone })
    }

    /// A foreign key that can be added without a check and checked later. Those of partitioned tables and
    /// partitions are bound to one another; some are not checked at all.
    fn key(&self, at: usize, entry: &Entry, plan: &Plan) -> Option<Statement> {
        let table = entry.on.as_ref().filter(|_| entry.kind == Kind::ForeignKey)?;
        let is_split =
            |table: &Ref| self.partitioned.contains(table) || self.partitions.contains(table);
        let split_parent = |id: &EntryId| {
            plan.entry(*id).is_some_and(|parent| {
                is_split(&parent.name) || parent.on.as_ref().is_some_and(is_split)
            })
        };
        let add = entry.create.first()?;
        let name = ident(&entry.name.name);
        let alter = format!("ALTER TABLE ONLY {}", table.sql());
        let checked = add.starts_with(&format!("{alter} ADD CONSTRAINT {name} "))
            && !add.ends_with(" NOT VALID")
            && !add.ends_with(" NOT ENFORCED");
        let plain = !is_split(table) && !entry.deps.iter().any(split_parent);
        let sql = vec![format!("{alter} VALIDATE CONSTRAINT {name}")];
        let (table, part) = (table.clone(), Part::Check);
        (checked && plain).then_some(Statement { entry: at, table, sql, part })
    }
}
