//! Definitions and rows into a database: in one transaction, or, when the database is a staging
//! database, in as many as keep the server's lock table small.

use std::collections::HashMap;

use super::batch::Batch;
use super::definitions::Definitions;
use super::feed::Feed;
use super::format::{self, Printers};
use super::large_objects::{self, Pages};
use super::plan::{Action, Plan, Step};
use super::request::RestoreRequest;
use super::rows::{self, Loader, Table};
use super::sequences;
use super::session::Commits;
use super::source::Source;
use super::statistics;
use super::target::Target;
use super::work::Work;
use crate::connect::Session;
use crate::error::Result;
use crate::rows::Origin;
use crate::toc::{EntryId, Meta};

/// Restores in the transaction that `session` has begun; returns the tables loaded.
///
/// # Errors
/// What the server refused, with its entry; a damaged archive.
pub(super) fn restore(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    target: &Target,
    source: Source,
) -> Result<Vec<Table>> {
    let rows = before_rows(work, session, plan, source.meta())?;
    work.stage("loading rows");
    let tables = rows.tables.clone();
    let order = rows.order(plan);
    let interrupt = &work.request.config.interrupt;
    let feed = Feed::start(source.reader, order, rows.printers, interrupt);
    let (observer, report) = (work.observer, &mut work.report);
    let to_load = rows.tables.into_iter().chain(rows.statistics).collect();
    let loader = Loader::new(session, feed, to_load, observer, report).filling(rows.pages);
    loader.committing(Commits::of(work.request)).run()?;
    behind_rows(work, session, plan, target)?;
    after_rows(work, session, plan)?;
    Ok(tables.into_values().collect())
}

/// Rows that are to be loaded, and where they go.
pub(super) struct Rows {
    pub(super) tables: HashMap<EntryId, Table>,
    /// Temporary tables of the session that made them.
    pub(super) statistics: Vec<(EntryId, Table)>,
    pub(super) pages: Option<Pages>,
    pub(super) printers: Printers,
}

impl Rows {
    /// The streams in the order in which they are loaded.
    pub(super) fn order(&self, plan: &Plan) -> Vec<EntryId> {
        plan.loads().into_iter().chain(self.statistics.iter().map(|(id, _)| *id)).collect()
    }
}

/// Makes what comes before the rows.
///
/// # Errors
/// What the server refused, with its entry.
pub(super) fn before_rows(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    meta: &Meta,
) -> Result<Rows> {
    work.stage("definitions before the rows");
    define(work, session, plan, &[Action::Define])?;
    let pages = large_objects::make(work, session, plan)?;
    statistics::make(work, session, plan, meta.server_version)?;
    let mut tables = rows::tables(plan);
    let mut statistics = work.statistics.tables(plan);
    let of_statistics = statistics.iter_mut().map(|(id, table)| (*id, table));
    let with_rows = tables.iter_mut().map(|(&id, table)| (id, table)).chain(of_statistics);
    let with_rows = with_rows.filter_map(|(id, table)| Some((plan.entry(id)?, table)));
    let printers = format::settle(session, with_rows, Origin::of(meta))?;
    Ok(Rows { tables, statistics, pages, printers })
}

/// What needs the rows and nothing else: sequence values, privileges of large objects.
///
/// # Errors
/// What the server refused, with its entry.
pub(super) fn behind_rows(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    target: &Target,
) -> Result<()> {
    let mut warnings = Vec::new();
    let batch = Batch::new(session, plan, &mut warnings).committing(Commits::of(work.request));
    let existed = |name: &_| target.relations.contains_key(name);
    work.report.entries += sequences::set(batch, existed)?;
    work.warn(warnings);
    large_objects::grant(work, session, plan)
}

/// Indexes, keys, triggers; then privileges; then what must see all of that; then statistics.
///
/// # Errors
/// What the server refused, with its entry.
pub(super) fn after_rows(work: &mut Work<'_>, session: &mut Session, plan: &Plan) -> Result<()> {
    if !plan.is_data_only() {
        work.stage("definitions after the rows");
        define(work, session, plan, &[Action::DefineAfter])?;
        return last(work, session, plan);
    }
    statistics::restore(work, session, plan)
}

/// Privileges; then what must see all that is there; then statistics.
///
/// # Errors
/// What the server refused, with its entry.
pub(super) fn last(work: &mut Work<'_>, session: &mut Session, plan: &Plan) -> Result<()> {
    define(work, session, plan, &[Action::Grant])?;
    define(work, session, plan, &[Action::DefineLast])?;
    statistics::restore(work, session, plan)
}

/// Carries out the steps of these actions.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn define(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    actions: &[Action],
) -> Result<()> {
    let steps = plan.steps.iter().filter(|step| actions.contains(&step.action.pass()));
    define_steps(work, session, plan, steps)
}

/// Carries out these definitions, in their order.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn define_steps<'s>(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    steps: impl Iterator<Item = &'s Step>,
) -> Result<()> {
    let commits = Commits::of(work.request);
    define_together(work, session, plan, steps, commits)
}

/// The same, with commits as `commits` says.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn define_together<'s>(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    steps: impl Iterator<Item = &'s Step>,
    commits: Commits,
) -> Result<()> {
    let mut warnings = Vec::new();
    let method = usual_method(session, work.request)?;
    let batch = Batch::new(session, plan, &mut warnings).committing(commits);
    let made = Definitions::new(batch, method, work.observer).run(steps);
    work.warn(warnings);
    let (made, skipped) = made?;
    work.report.entries += made;
    work.report.skipped.extend(skipped);
    Ok(())
}

/// How relations are stored whose entries name no access method: as on the source, which is heap, or
/// as the target's default says where access methods are left out.
pub(super) fn usual_method(session: &mut Session, request: &RestoreRequest) -> Result<String> {
    if !request.omitted.table_access_methods || session.major() < 12 {
        return Ok("heap".to_owned());
    }
    let row = session.query_one(
        "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'default_table_access_method'",
    )?;
    row.text("reset_val")
}
