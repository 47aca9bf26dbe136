//! Definitions and rows into a database: in one transaction, or, when the database is a staging
//! database, in as many as keep the server's lock table small.

use super::batch::Batch;
use super::definitions::Definitions;
use super::feed::Feed;
use super::format;
use super::large_objects;
use super::plan::{Action, Plan};
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
    work.stage("definitions before the rows");
    define(work, session, plan, &[Action::Define])?;
    let pages = large_objects::make(work, session, plan)?;
    statistics::make(work, session, plan, source.meta().server_version)?;
    work.stage("loading rows");
    let tables = rows::tables(plan);
    let mut tables_to_load = tables.clone();
    tables_to_load.extend(work.statistics.tables(plan));
    let with_rows =
        tables_to_load.iter_mut().filter_map(|(&id, table)| Some((plan.entry(id)?, table)));
    let printers = format::settle(session, with_rows, Origin::of(source.meta()))?;
    let order = plan.loads().into_iter().chain(work.statistics.streams()).collect();
    let interrupt = &work.request.config.interrupt;
    let feed = Feed::start(source.reader, order, printers, interrupt);
    let (observer, report) = (work.observer, &mut work.report);
    let commits = Commits::of(work.request);
    let loader = Loader::new(session, feed, tables_to_load, observer, report).filling(pages);
    loader.committing(commits).run()?;
    let mut warnings = Vec::new();
    let batch = Batch::new(session, plan, &mut warnings).committing(commits);
    let existed = |name: &_| target.relations.contains_key(name);
    work.report.entries += sequences::set(batch, existed)?;
    work.warn(warnings);
    large_objects::grant(work, session, plan)?;
    after_rows(work, session, plan)?;
    Ok(tables.into_values().collect())
}

/// Indexes, keys, triggers; then privileges; then what must see all of that; then statistics.
///
/// # Errors
/// What the server refused, with its entry.
pub(super) fn after_rows(work: &mut Work<'_>, session: &mut Session, plan: &Plan) -> Result<()> {
    if !plan.is_data_only() {
        work.stage("definitions after the rows");
        define(work, session, plan, &[Action::DefineAfter])?;
        define(work, session, plan, &[Action::Grant])?;
        define(work, session, plan, &[Action::DefineLast])?;
    }
    statistics::restore(work, session, plan)
}

fn define(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    actions: &[Action],
) -> Result<()> {
    let mut warnings = Vec::new();
    let commits = Commits::of(work.request);
    let method = usual_method(session, work.request)?;
    let batch = Batch::new(session, plan, &mut warnings).committing(commits);
    let made = Definitions::new(batch, method, work.observer).run(actions);
    work.warn(warnings);
    let (made, skipped) = made?;
    work.report.entries += made;
    work.report.skipped.extend(skipped);
    Ok(())
}

/// How relations are stored whose entries name no access method: as on the source, which is heap, or
/// as the target's default says where access methods are left out.
fn usual_method(session: &mut Session, request: &RestoreRequest) -> Result<String> {
    if !request.omitted.table_access_methods || session.major() < 12 {
        return Ok("heap".to_owned());
    }
    let row = session.query_one(
        "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'default_table_access_method'",
    )?;
    row.text("reset_val")
}
