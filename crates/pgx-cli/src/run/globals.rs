//! Roles and tablespaces: `pgx dump --globals-only`, and restoring such an archive.

use std::time::Instant;

use pgx_core::catalog::globals::Parts;
use pgx_core::connect::Side;
use pgx_core::dump::{DumpReport, GlobalsRequest};
use pgx_core::restore::{GlobalItem, GlobalOutcome, RestoreReport};
use pgx_core::{Code, Error, Result};

use super::Run;
use crate::args::dump::DumpArgs;
use crate::console::{counted, size};

/// The request for a dump of globals.
///
/// # Errors
/// [`Code::Usage`]: something of a database is chosen, too.
pub(super) fn request(args: &DumpArgs, parts: Parts, run: &Run) -> Result<GlobalsRequest> {
    let words: Vec<&str> = args.globals.words().collect();
    if let Some(option) = chosen(args) {
        let what = format!("{option} chooses from a database, {} is about none", words[0]);
        return Err(Error::new(Code::Usage, what).hint("leave one of them out"));
    }
    let database = args.connection.database(args.database.as_deref())?;
    let resolved = run.resolve(database, &args.connection, Side::Source)?;
    let omitted = args.omitted;
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words.extend(omitted.words());
    Ok(GlobalsRequest {
        config: resolved.config,
        any_database: !resolved.database_named,
        parts,
        omitted: omitted.omitted(),
        request_text: words.join(" "),
    })
}

/// The first option that chooses something of a database.
fn chosen(args: &DumpArgs) -> Option<String> {
    let selection = &args.selection;
    let lists = super::dump::patterns(selection).into_iter();
    let patterns = lists.filter(|(_, list)| !list.is_empty()).map(|(option, _)| option);
    let switches = [
        (selection.large_objects, "--large-objects"),
        (selection.no_large_objects, "--no-large-objects"),
        (!selection.tables_from.is_empty(), "--tables-from"),
    ];
    let switches = switches.into_iter().filter(|(set, _)| *set).map(|(_, option)| option);
    args.parts.words().chain(patterns.chain(switches).map(str::to_owned)).next()
}

pub(super) fn tell_dump(report: &DumpReport, started: Instant, run: &Run) {
    run.console.summary(&format!(
        "dumped {} of the cluster ({} stored) in {:.1} s",
        counted(report.entries as u64, "object"),
        size(report.stored_bytes),
        started.elapsed().as_secs_f64()
    ));
}

/// A line for each object that was not there as it is now, and how many there are of each sort.
pub(super) fn tell_restore(
    report: &RestoreReport,
    items: &[GlobalItem],
    started: Instant,
    run: &Run,
) {
    for item in items.iter().filter(|item| item.outcome != GlobalOutcome::Same) {
        run.console.summary(&format!("{}: {}", item.outcome, item.label));
    }
    let left_out = report.skipped.iter().map(|skipped| format!("left out: {skipped}"));
    // What was known before the work began is said already.
    for line in left_out.filter(|line| !report.warnings.contains(line)) {
        run.console.warning(&line);
    }
    let sorts = [
        GlobalOutcome::Created,
        GlobalOutcome::Altered,
        GlobalOutcome::Same,
        GlobalOutcome::LeftOut,
    ];
    let of = |sort| items.iter().filter(|item| item.outcome == sort).count();
    let counts: Vec<String> = sorts.iter().map(|&sort| format!("{} {sort}", of(sort))).collect();
    run.console.summary(&format!(
        "restored {} of the cluster: {} in {:.1} s",
        counted(items.len() as u64, "object"),
        counts.join(", "),
        started.elapsed().as_secs_f64()
    ));
}
