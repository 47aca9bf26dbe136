//! Foreign keys of a target that rows alone are loaded into: the order of the tables, and the keys
//! that must wait because they form cycles.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::connect::Session;
use crate::connect::quote::{ident, qualified};
use crate::error::{Code, Error, Result};
use crate::order::{rows_order, strong_components};

/// A foreign key of the target. A key of a partitioned table has clones on its partitions and for the
/// partitions it refers to; only the uppermost can be altered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    /// OID of the table that refers.
    pub(super) child: u32,
    /// OID of the table that is referred to.
    pub(super) parent: u32,
    /// OID of the key it is a clone of; 0 for none.
    pub(super) clone_of: u32,
    pub(super) deferrable: bool,
    pub(super) deferred: bool,
    /// The referring table, quoted.
    pub(super) table: String,
    /// The restoring role may alter that table.
    pub(super) owned: bool,
}

/// The keys of a database, by OID.
pub(super) type Keys = BTreeMap<u32, Key>;

/// What loading needs to know of the keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Loading {
    /// Positions of the destinations, parents first.
    pub(super) order: Vec<usize>,
    /// Keys of cycles, uppermost only, that are made deferrable while the rows are loaded.
    pub(super) alter: Vec<Key>,
    /// A key of a cycle is deferrable already, and only has to be deferred.
    pub(super) defer: bool,
}

/// Reads every enforced foreign key.
pub(super) fn read(session: &mut Session) -> Result<Keys> {
    let clone_of = if session.major() >= 11 { "k.conparentid" } else { "0" };
    let enforced = if session.major() >= 18 { "AND k.conenforced" } else { "" };
    let rows = session.query(&format!(
        "SELECT k.oid, k.conname, k.conrelid, k.confrelid, {clone_of} AS clone_of, \
         k.condeferrable, k.condeferred, n.nspname, c.relname, \
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned \
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' {enforced}"
    ))?;
    rows.iter()
        .map(|row| {
            let key = Key {
                name: row.text("conname")?,
                child: row.oid("conrelid")?,
                parent: row.oid("confrelid")?,
                clone_of: row.oid("clone_of")?,
                deferrable: row.bool("condeferrable")?,
                deferred: row.bool("condeferred")?,
                table: qualified(row.str("nspname")?, row.str("relname")?),
                owned: row.bool("owned")?,
            };
            Ok((row.oid("oid")?, key))
        })
        .collect()
}

/// Orders `tables` (the OID each load goes into; several loads may go into one) by `keys`.
pub(super) fn arrange(tables: &[u32], keys: &Keys) -> Loading {
    let mut loads: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, &oid) in tables.iter().enumerate() {
        loads.entry(oid).or_default().push(at);
    }
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); tables.len()];
    for key in keys.values() {
        let (Some(from), Some(to)) = (loads.get(&key.child), loads.get(&key.parent)) else {
            continue;
        };
        for &child in from {
            parents[child].extend(to);
        }
    }
    let mut loading = Loading { order: rows_order(tables.len(), &parents), ..Loading::default() };
    let mut altered = HashSet::new();
    for cycle in strong_components(tables.len(), |at| Box::new(parents[at].clone().into_iter())) {
        let members: HashSet<u32> = cycle.iter().map(|&at| tables[at]).collect();
        for (&oid, key) in keys {
            // A table that refers to itself is checked at the end of its COPY, if it has only one.
            let one_copy =
                key.child == key.parent && loads.get(&key.child).is_some_and(|l| l.len() == 1);
            if !members.contains(&key.child) || !members.contains(&key.parent) || one_copy {
                continue;
            }
            let top = uppermost(oid, keys);
            let key = &keys[&top];
            if !key.deferrable && altered.insert(top) {
                loading.alter.push(key.clone());
            }
            loading.defer |= key.deferrable && !key.deferred;
        }
    }
    loading
}

/// The key that `oid` is a clone of, all the way up.
fn uppermost(mut oid: u32, keys: &Keys) -> u32 {
    // Each step goes up, and no chain is longer than there are keys.
    for _ in 0..keys.len() {
        match keys.get(&oid).map(|key| key.clone_of) {
            Some(above) if keys.contains_key(&above) => oid = above,
            _ => break,
        }
    }
    oid
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

    fn key(child: u32, parent: u32, clone_of: u32, deferrable: bool) -> Key {
        Key {
            name: format!("k{child}_{parent}"),
            child,
            parent,
            clone_of,
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
        let keys = Keys::from([(1, key(10, 20, 0, false)), (2, key(20, 20, 0, false))]);
        let loading = arrange(&[10, 20, 30], &keys);
        assert_eq!(loading, Loading { order: vec![1, 0, 2], ..Loading::default() });
    }

    #[test]
    fn the_keys_of_a_cycle_wait_and_others_do_not() {
        let keys = Keys::from([
            (1, key(10, 20, 0, false)),
            (2, key(20, 10, 0, true)),
            (3, key(10, 30, 0, false)),
            (4, key(10, 10, 0, false)),
        ]);
        let loading = arrange(&[10, 20, 30], &keys);
        assert_eq!(loading.order, [2, 0, 1]);
        assert_eq!(names(&loading.alter), ["k10_20"]);
        assert!(loading.defer);
    }

    #[test]
    fn of_clones_the_uppermost_key_waits() {
        // 1 is a partitioned table that refers to itself; 11 and 12 are its partitions.
        let keys = Keys::from([
            (100, key(1, 1, 0, false)),
            (101, key(11, 1, 100, false)),
            (102, key(12, 1, 100, false)),
            (103, key(11, 12, 101, false)),
            (104, key(12, 11, 102, false)),
            (105, key(11, 11, 101, false)),
        ]);
        assert_eq!(names(&arrange(&[11, 12], &keys).alter), ["k1_1"]);
        // Loaded through the root in two COPYs, the second may hold the first one's parents.
        assert_eq!(names(&arrange(&[1, 1], &keys).alter), ["k1_1"]);
        assert_eq!(names(&arrange(&[1], &keys).alter), Vec::<&str>::new());
    }
}
