//! Statistics of the planner: their rows wait in temporary tables until everything else is there, and
//! are then handed to the server's own functions, hundreds at a time.
//!
//! No SQL of the archive is run. Statistics are of no harm where they are missing: what the target does
//! not take is told, and left to ANALYZE.

mod call;
mod objects;
mod taking;

use std::collections::BTreeSet;

use super::pick;
use super::plan::{Action, Plan};
use super::rows::Table;
use super::session::{Commits, attempt};
use super::work::Work;
use crate::connect::Session;
use crate::connect::quote::{ident, literal};
use crate::error::{Code, Error, Result};
use crate::toc::{Described, Entry, EntryId, NameMap, Ref};
use taking::Taking;

/// The first major version with functions that take statistics.
pub(super) const TAKES_STATISTICS: u32 = 18;
/// The first one that takes those of statistics objects.
const TAKES_OBJECTS: u32 = 19;

/// Statistics that are restored.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    streams: Vec<(EntryId, Described)>,
    /// Of the server they come from.
    version: u32,
    /// The tables that need no ANALYZE.
    pub(super) came: BTreeSet<Ref>,
}

/// Makes room for the statistics of the plan, if the target takes any. They wait
/// in tables that are there before any event trigger is.
///
/// # Errors
/// [`Code::ArchiveDamaged`]: rows that no dump writes; what the server refused.
pub(super) fn make(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    version: u32,
) -> Result<()> {
    let entries = plan.of(Action::LoadStatistics).map(|(_, entry)| entry);
    let entries: Vec<(&Entry, Described)> =
        entries.filter_map(|entry| Some((entry, Described::of(entry)?))).collect();
    if entries.is_empty() {
        return Ok(());
    }
    if session.major() < TAKES_STATISTICS {
        let what = format!(
            "the target is older than PostgreSQL {TAKES_STATISTICS} and takes no statistics: \
             they are left to ANALYZE"
        );
        work.warn(vec![what]);
        return Ok(());
    }
    let mut statistics = Statistics { version, ..Statistics::default() };
    for (entry, described) in entries {
        check(entry, described)?;
        if described != Described::Objects || session.major() >= TAKES_OBJECTS {
            statistics.streams.push((entry.id, described));
        }
    }
    match statistics.stage(session, Commits::of(work.request))? {
        None => work.statistics = statistics,
        Some(refusal) => work.warn(vec![format!(
            "there is no place for statistics, which are left to ANALYZE: {refusal}"
        )]),
    }
    Ok(())
}

/// Hands the statistics over, now that what they describe is there.
///
/// # Errors
/// What ends the connection or the transaction.
pub(super) fn restore(work: &mut Work<'_>, session: &mut Session, plan: &Plan) -> Result<()> {
    let statistics = std::mem::take(&mut work.statistics);
    if statistics.streams.is_empty() {
        return Ok(());
    }
    work.stage("restoring statistics");
    if plan.chosen_by_name {
        statistics.leave_out(work, session)?;
    }
    if plan.is_data_only() {
        // Otherwise the schemas still have the names of the archive.
        statistics.map_schemas(&work.request.maps.schemas, session)?;
    }
    let existing = plan.of(Action::Define).next().is_none();
    let mut taking = Taking::new(session, Commits::of(work.request), existing);
    for &(_, described) in &statistics.streams {
        taking.take(described, statistics.version)?;
    }
    let (warnings, not_taken) = taking.finish();
    work.statistics.came = statistics.described(session)?;
    work.statistics.came.retain(|table| !not_taken.contains(table));
    work.warn(warnings);
    Ok(())
}

/// The rows have the columns that they must have.
fn check(entry: &Entry, described: Described) -> Result<()> {
    let columns = entry.data.iter().flat_map(|data| &data.columns);
    let columns = columns.map(|column| column.name.as_str());
    if columns.eq(described.columns().map(|(name, _)| name)) {
        return Ok(());
    }
    Err(Error::new(Code::ArchiveDamaged, "these are no statistics that pgx knows")
        .object(entry.label())
        .hint("use a newer pgx, or restore with --no-statistics"))
}

/// Where rows wait.
fn staged(described: Described) -> Ref {
    let name = match described {
        Described::Relations => "pgx_statistics_of_relations",
        Described::Columns => "pgx_statistics_of_columns",
        Described::Objects => "pgx_extended_statistics",
    };
    Ref::new("pg_temp", name)
}

/// Rows are numbered, so that they can be handed over in parts.
fn stage_sql(described: Described, commits: Commits) -> String {
    let columns = described.columns().map(|(name, a_type)| format!(", {} {a_type}", ident(name)));
    let on_commit = match commits {
        Commits::AtEnd => "DROP",
        // They end with the session.
        Commits::AsItGoes | Commits::Around => "PRESERVE ROWS",
    };
    format!(
        "CREATE TEMPORARY TABLE {} (place int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY{}) \
         ON COMMIT {on_commit}",
        staged(described).sql(),
        columns.collect::<String>()
    )
}

impl Statistics {
    /// Makes the temporary tables; returns why they are refused, to the role or by somebody's event
    /// trigger.
    fn stage(&self, session: &mut Session, commits: Commits) -> Result<Option<Error>> {
        let make = self.streams.iter().map(|(_, described)| stage_sql(*described, commits));
        let make: Vec<String> = make.collect();
        attempt(session, &make.join("; "), taking::is_harmless)
    }

    /// The streams of their rows.
    pub(super) fn streams(&self) -> impl Iterator<Item = EntryId> {
        self.streams.iter().map(|(id, _)| *id)
    }

    /// The tables that the rows are loaded into.
    pub(super) fn tables(&self, plan: &Plan) -> Vec<(EntryId, Table)> {
        let table = |(id, described): &(EntryId, Described)| {
            Some((*id, Table::of_statistics(plan.entry(*id)?, staged(*described))))
        };
        self.streams.iter().filter_map(table).collect()
    }

    /// Removes what is about tables that are not restored.
    fn leave_out(&self, work: &Work<'_>, session: &mut Session) -> Result<()> {
        let tables = self.streams.iter().map(|(_, described)| {
            format!("SELECT schemaname, tablename FROM {}", staged(*described).sql())
        });
        let tables = tables_of(session, &tables.collect::<Vec<_>>().join(" UNION "))?;
        let out = tables.iter().filter(|table| !pick::names(work.request, table));
        let out: Vec<String> = out.map(Ref::literals).collect();
        if out.is_empty() {
            return Ok(());
        }
        for (_, described) in &self.streams {
            session.execute(&format!(
                "DELETE FROM {} WHERE (schemaname, tablename) IN (VALUES {})",
                staged(*described).sql(),
                out.join(", ")
            ))?;
        }
        Ok(())
    }

    /// Names schemas as the target does.
    fn map_schemas(&self, map: &NameMap, session: &mut Session) -> Result<()> {
        let pairs: Vec<String> =
            map.iter().map(|(from, to)| format!("({}, {})", literal(from), literal(to))).collect();
        if pairs.is_empty() {
            return Ok(());
        }
        for (_, described) in &self.streams {
            for (column, _) in described.columns().filter(|(name, _)| name.ends_with("schemaname"))
            {
                session.execute(&format!(
                    "UPDATE {} SET {column} = map.becomes FROM (VALUES {}) map(was, becomes) \
                     WHERE {column} = map.was",
                    staged(*described).sql(),
                    pairs.join(", ")
                ))?;
            }
        }
        Ok(())
    }

    /// The tables that need no ANALYZE: their columns came along, or they were empty; and so did what
    /// their statistics objects know.
    fn described(&self, session: &mut Session) -> Result<BTreeSet<Ref>> {
        let has = |described| self.streams.iter().any(|(_, one)| *one == described);
        if !has(Described::Relations) || !has(Described::Columns) {
            return Ok(BTreeSet::new());
        }
        let came = match has(Described::Objects) {
            true => objects::CAME,
            false => "false",
        };
        tables_of(
            session,
            &format!(
                "(SELECT schemaname, tablename FROM {} WHERE relname = tablename \
                 UNION SELECT schemaname, tablename FROM {} \
                  WHERE relname = tablename AND reltuples = 0) \
                 EXCEPT SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_statistic_ext e \
                  JOIN pg_catalog.pg_class c ON c.oid = e.stxrelid \
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT ({came})",
                staged(Described::Columns).sql(),
                staged(Described::Relations).sql()
            ),
        )
    }
}

/// The tables that a query names.
fn tables_of(session: &mut Session, sql: &str) -> Result<BTreeSet<Ref>> {
    let rows = session.query(sql)?;
    rows.iter().map(|row| Ok(Ref::new(row.str("schemaname")?, row.str("tablename")?))).collect()
}
