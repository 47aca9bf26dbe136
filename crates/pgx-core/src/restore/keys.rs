//! Foreign keys of a target that rows alone are loaded into: the order of the tables, and the keys
//! that must wait because they form cycles.

use std::collections::HashMap;

use crate::connect::Session;
use crate::connect::quote::{ident, qualified};
use crate::error::{Code, Error, Result};
use crate::order::{rows_order, strong_components};

/// A foreign key of the target as it was declared. Those that a partitioned table hands down to its
/// partitions are not keys of their own: they can only be altered with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    /// OID of the table that refers.
    pub(super) child: u32,
    /// OID of the table that is referred to.
    pub(super) parent: u32,
    pub(super) deferrable: bool,
    pub(super) deferred: bool,
    /// The referring table, quoted.
    pub(super) table: String,
    /// The restoring role may alter that table.
    pub(super) owned: bool,
}

/// What loading needs to know of the keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Loading {
    /// Positions of the destinations, parents first.
    pub(super) order: Vec<usize>,
    /// Keys of cycles that are made deferrable while the rows are loaded.
    pub(super) alter: Vec<Key>,
    /// A key of a cycle is deferrable already, and only has to be deferred.
    pub(super) defer: bool,
}

/// Reads every enforced foreign key.
pub(super) fn read(session: &mut Session) -> Result<Vec<Key>> {
    let declared = if session.major() >= 11 { "AND k.conparentid = 0" } else { "" };
    let enforced = if session.major() >= 18 { "AND k.conenforced" } else { "" };
    let rows = session.query(&format!(
        "SELECT k.conname, k.conrelid, k.confrelid, k.condeferrable, k.condeferred, \
         n.nspname, c.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned \
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' {declared} {enforced} ORDER BY k.oid"
    ))?;
    rows.iter()
        .map(|row| {
            Ok(Key {
                name: row.text("conname")?,
                child: row.oid("conrelid")?,
                parent: row.oid("confrelid")?,
                deferrable: row.bool("condeferrable")?,
                deferred: row.bool("condeferred")?,
                table: qualified(row.str("nspname")?, row.str("relname")?),
                owned: row.bool("owned")?,
            })
        })
        .collect()
}

/// Which table is a partition of which.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    parent: HashMap<u32, u32>,
    children: HashMap<u32, Vec<u32>>,
}

impl Partitions {
    pub(super) fn read(session: &mut Session) -> Result<Partitions> {
        let rows = session.query(
            "SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i \
             JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition",
        )?;
        let mut partitions = Partitions::default();
        for row in rows {
            partitions.add(row.oid("inhrelid")?, row.oid("inhparent")?);
        }
        Ok(partitions)
    }

    fn add(&mut self, child: u32, parent: u32) {
        self.parent.insert(child, parent);
        self.children.entry(parent).or_default().push(child);
    }

    /// The table, what it is a part of, and its parts: a key on any of them concerns its rows.
    fn concerned(&self, table: u32) -> Vec<u32> {
        let mut concerned = vec![table];
        let mut at = 0;
        while let Some(&oid) = concerned.get(at) {
            concerned.extend(self.children.get(&oid).into_iter().flatten());
            at += 1;
        }
        let mut above = table;
        while let Some(&parent) = self.parent.get(&above) {
            concerned.push(parent);
            above = parent;
        }
        concerned
    }
}

/// Orders `tables` (the OID each load goes into; several loads may go into one) by `keys`.
pub(super) fn arrange(tables: &[u32], keys: &[Key], partitions: &Partitions) -> Loading {
    let mut loads: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, &oid) in tables.iter().enumerate() {
        for concerned in partitions.concerned(oid) {
            loads.entry(concerned).or_default().push(at);
        }
    }
    let none = Vec::new();
    let sides = |key: &Key| {
        let of = |oid| loads.get(&oid).unwrap_or(&none);
        (of(key.child), of(key.parent))
    };
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); tables.len()];
    for key in keys {
        let (from, to) = sides(key);
        from.iter().for_each(|&child| parents[child].extend(to));
    }
    let mut loading = Loading { order: rows_order(tables.len(), &parents), ..Loading::default() };
    let mut cycle_of: Vec<Option<usize>> = vec![None; tables.len()];
    let cycles = strong_components(tables.len(), |at| Box::new(parents[at].clone().into_iter()));
    for (number, cycle) in cycles.iter().enumerate() {
        cycle.iter().for_each(|&at| cycle_of[at] = Some(number));
    }
    // A table that refers to itself is no cycle: the key is checked at the end of its one COPY.
    let joins = |child: usize, parent: usize| {
        child != parent && cycle_of[child].is_some() && cycle_of[child] == cycle_of[parent]
    };
    for key in keys {
        let (from, to) = sides(key);
        if from.iter().any(|&child| to.iter().any(|&parent| joins(child, parent))) {
            loading.defer |= key.deferrable && !key.deferred;
            loading.alter.extend((!key.deferrable).then(|| key.clone()));
        }
    }
    loading
}

impl Loading {
    /// Makes the keys of cycles wait until all rows are there.
    ///
    /// # Errors
    /// [`Code::Denied`]: the role owns not all tables of a cycle.
    pub(super) fn relax(&self, session: &mut Session) -> Result<()> {
        let foreign: Vec<String> = self
            .alter
            .iter()
            .filter(|key| !key.owned)
            .map(|key| format!("{} of {}", ident(&key.name), key.table))
            .collect();
        if !foreign.is_empty() {
            return Err(Error::new(
                Code::Denied,
                format!(
                    "foreign keys form a cycle and only their tables' owner can make them wait: {}",
                    super::preflight::listed(foreign)
                ),
            )
            .hint("restore as the owner of these tables"));
        }
        for key in &self.alter {
            alter(session, key, "DEFERRABLE INITIALLY DEFERRED")?;
        }
        if self.defer { session.execute("SET CONSTRAINTS ALL DEFERRED") } else { Ok(()) }
    }

    /// Checks every key that has waited, and makes them what they were.
    ///
    /// # Errors
    /// A row without a parent: [`Code::RowRejected`].
    pub(super) fn restore(&self, session: &mut Session) -> Result<()> {
        session.execute("SET CONSTRAINTS ALL IMMEDIATE").map_err(super::refusal::of_commit)?;
        self.alter.iter().try_for_each(|key| alter(session, key, "NOT DEFERRABLE"))
    }
}

fn alter(session: &mut Session, key: &Key, what: &str) -> Result<()> {
    let sql = format!("ALTER TABLE {} ALTER CONSTRAINT {} {what}", key.table, ident(&key.name));
    session
        .execute(&sql)
        .map_err(|error| error.object(format!("key {} of {}", key.name, key.table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(child: u32, parent: u32, deferrable: bool) -> Key {
        Key {
            name: format!("k{child}_{parent}"),
            child,
            parent,
            deferrable,
            deferred: false,
            table: String::new(),
            owned: true,
        }
    }

    fn names(keys: &[Key]) -> Vec<&str> {
        keys.iter().map(|key| key.name.as_str()).collect()
    }

    #[test]
    fn parents_come_first_and_nothing_waits_without_a_cycle() {
        let keys = [key(10, 20, false), key(20, 20, false)];
        let loading = arrange(&[10, 20, 30], &keys, &Partitions::default());
        assert_eq!(loading, Loading { order: vec![1, 0, 2], ..Loading::default() });
    }

    #[test]
    fn the_keys_of_a_cycle_wait_and_others_do_not() {
        let keys = [key(10, 20, false), key(20, 10, true), key(10, 30, false), key(10, 10, false)];
        let loading = arrange(&[10, 20, 30], &keys, &Partitions::default());
        assert_eq!(loading.order, [2, 0, 1]);
        assert_eq!(names(&loading.alter), ["k10_20"]);
        assert!(loading.defer);
    }

    #[test]
    fn a_key_of_a_partitioned_table_concerns_its_partitions() {
        let mut partitions = Partitions::default();
        partitions.add(11, 1);
        partitions.add(12, 1);
        let alter = |tables: &[u32], key| names(&arrange(tables, &[key], &partitions).alter).len();
        assert_eq!(alter(&[11, 12], key(1, 1, false)), 1);
        assert_eq!(alter(&[1], key(1, 1, false)), 0);
        // Through the root in two COPYs, the first may hold rows whose parents come with the
        // second.
        assert_eq!(alter(&[1, 1], key(1, 1, false)), 1);
        assert_eq!(alter(&[1, 2], key(11, 2, false)), 0);
        assert_eq!(arrange(&[11, 2], &[key(1, 2, false)], &partitions).order, [1, 0]);
    }
}
