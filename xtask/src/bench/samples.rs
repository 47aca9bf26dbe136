//! Databases to measure with: four kinds, of any size.

use anyhow::Result;
use pgx_core::connect::Session;

use super::place::{Fresh, Place, told};
use crate::stop;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// In tables.
    pub(crate) name: &'static str,
    sql: &'static str,
}

/// Tables of several kinds with keys between them.
pub(crate) const MIXED: Sample = Sample { name: "mixed", sql: include_str!("samples/mixed.sql") };
/// One table.
pub(crate) const SINGLE: Sample =
    Sample { name: "single", sql: include_str!("samples/single.sql") };
/// Long values and large objects.
pub(crate) const WIDE: Sample = Sample { name: "wide", sql: include_str!("samples/wide.sql") };
/// Small tables.
pub(crate) const MANY: Sample = Sample { name: "many", sql: include_str!("samples/many.sql") };

/// Those of the comparison.
pub(crate) const ALL: [Sample; 4] = [MIXED, SINGLE, WIDE, MANY];

/// Small tables at scale 1.
const TABLES: f64 = 10_000.0;
/// Tables made in one transaction: the lock table of a stock server holds them.
const TABLES_AT_ONCE: u32 = 200;

impl Sample {
    /// Makes a database; at scale 1 it has 0.8 to 1.2 GB, or 10,000 tables.
    pub(crate) fn make<'p>(&self, place: &'p Place, scale: f64) -> Result<Fresh<'p>> {
        let name = format!("pgx_bench_{}_{}", std::process::id(), self.name);
        eprintln!("making {} at scale {scale}", self.name);
        let fresh = place.fresh(&name, "template1")?;
        let mut session = place.session(&fresh.name)?;
        if *self == MANY {
            self.tables(&mut session, tables(scale))?;
        } else {
            execute(&mut session, &format!("SET pgx.scale = '{scale}'"))?;
            execute(&mut session, self.sql)?;
        }
        execute(&mut session, "VACUUM ANALYZE")?;
        Ok(fresh)
    }

    fn tables(&self, session: &mut Session, tables: u32) -> Result<()> {
        for (first, last) in batches(tables) {
            execute(session, &format!("SET pgx.first = '{first}'; SET pgx.last = '{last}'"))?;
            execute(session, self.sql)?;
        }
        Ok(())
    }
}

fn tables(scale: f64) -> u32 {
    (TABLES * scale).round().max(1.0) as u32
}

/// First and last of each batch of tables.
fn batches(tables: u32) -> impl Iterator<Item = (u32, u32)> {
    let firsts = (1..=tables).step_by(TABLES_AT_ONCE as usize);
    firsts.map(move |first| (first, tables.min(first + TABLES_AT_ONCE - 1)))
}

fn execute(session: &mut Session, sql: &str) -> Result<()> {
    stop::check()?;
    session.execute(sql).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_table_once() {
        assert_eq!(batches(450).collect::<Vec<_>>(), [(1, 200), (201, 400), (401, 450)]);
        assert_eq!(batches(1).collect::<Vec<_>>(), [(1, 1)]);
        assert_eq!((tables(1.0), tables(0.01), tables(0.0)), (10_000, 100, 1));
    }
}
