//! Rows into tables that exist: by name, in the order of the target's foreign keys, with the rights
//! of an ordinary owner, without a statement of the archive.

use super::batch::Batch;
use super::feed::Feed;
use super::plan::Plan;
use super::rows::{Loader, Table};
use super::source::Source;
use super::tables::{self, Destination};
use super::work::Work;
use super::{format, keys, large_objects, protect, sequences, statistics};
use crate::connect::Session;
use crate::error::Result;
use crate::rows::Origin;

/// Loads the rows inside the transaction of `session`; returns the tables loaded.
///
/// # Errors
/// What does not fit, what is denied, what the server refused.
pub(super) fn load(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    source: Source,
) -> Result<Vec<Table>> {
    work.stage("comparing tables and keys");
    let mut destinations = tables::find(session, plan)?;
    let keys = keys::read(session)?;
    let oids: Vec<u32> = destinations.iter().map(|to| to.oid).collect();
    let partitions = keys::Partitions::read(session)?;
    let loading = keys::arrange(&oids, &keys, &partitions);
    let warnings = protect::protect(session, plan, &destinations)?;
    work.warn(warnings);
    loading.relax(session)?;
    let pages = large_objects::make(work, session, plan)?;
    statistics::make(work, session, plan, source.meta().server_version)?;
    work.stage("loading rows");
    let with_rows = destinations
        .iter_mut()
        .filter_map(|to| plan.entry(to.entry).map(|entry| (entry, &mut to.table)));
    let mut of_statistics = work.statistics.tables(plan);
    let with_rows = with_rows.chain(
        of_statistics
            .iter_mut()
            .filter_map(|(id, table)| plan.entry(*id).map(|entry| (entry, table))),
    );
    let printers = format::settle(session, with_rows, Origin::of(source.meta()))?;
    let order = loading.order.iter().map(|&at| destinations[at].entry);
    let order = order.chain(plan.loads_large_objects()).chain(work.statistics.streams()).collect();
    let interrupt = &work.request.config.interrupt;
    let feed = Feed::start(source.reader, order, printers, interrupt);
    let tables = destinations.iter().map(|to| (to.entry, to.table.clone()));
    let tables = tables.chain(of_statistics).collect();
    let (observer, report) = (work.observer, &mut work.report);
    Loader::new(session, feed, tables, observer, report).filling(pages).run()?;
    large_objects::grant(work, session, plan)?;
    work.stage("setting sequences");
    let mut warnings = Vec::new();
    let set = sequences::set(Batch::new(session, plan, &mut warnings), |_| false)?;
    work.report.entries += set;
    work.warn(warnings);
    work.stage("checking foreign keys");
    loading.restore(session)?;
    Ok(destinations.into_iter().map(|Destination { table, .. }| table).collect())
}
