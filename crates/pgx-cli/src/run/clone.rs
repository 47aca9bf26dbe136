//! `pgx clone`.

use std::time::Instant;

use pgx_core::clone::{self, CloneReport, CloneRequest};
use pgx_core::connect::conninfo::Resolved;
use pgx_core::connect::{Config, Side};
use pgx_core::dump::DumpRequest;
use pgx_core::restore::{CreateDatabase, RestoreRequest};
use pgx_core::stripe::StreamCodec;
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::clone::{CloneArgs, ElsewhereArgs};
use crate::args::connection::ConnectionArgs;

pub(super) fn run(args: &CloneArgs, run: &Run) -> Result<Outcome> {
    let started = Instant::now();
    refuse_more_than_one(args)?;
    let source = side(&args.source, &args.roles.source_role, args, Side::Source, run)?;
    let target = side(&args.target, &args.roles.target_role, args, Side::Target, run)?;
    if !target.database_named && !args.create {
        return Err(Error::new(Code::Usage, "TARGET names no database")
            .hint("name the database to fill, or make one with --create"));
    }
    let request =
        CloneRequest { dump: dump(args, source.config)?, restore: restore(args, target)? };
    let report = clone::clone(&request, &run.console)?;
    Ok(tell(&report, started, run))
}

/// Two commands and a pipe copy what is no database.
fn refuse_more_than_one(args: &CloneArgs) -> Result<()> {
    let option = match args.elsewhere {
        ElsewhereArgs { all_databases: true, .. } => "--all-databases",
        ElsewhereArgs { globals_only: true, .. } => "--globals-only",
        _ => return Ok(()),
    };
    Err(Error::new(Code::Usage, "a clone is of one database")
        .hint(format!("use a pipe: pgx dump {option} SOURCE | pgx restore -d TARGET")))
}

/// Where a side is, and as whom its sessions act.
fn side(
    database: &str,
    own_role: &Option<String>,
    args: &CloneArgs,
    side: Side,
    run: &Run,
) -> Result<Resolved> {
    let resolved = run.resolve(Some(database), &ConnectionArgs::default(), side)?;
    let role = own_role.as_ref().or(args.roles.role.as_ref()).cloned();
    Ok(Resolved { config: Config { role, ..resolved.config }, ..resolved })
}

fn dump(args: &CloneArgs, config: Config) -> Result<DumpRequest> {
    let (parts, sections) = super::dump::parts(&args.parts, &args.selection)?;
    let behaviour = &args.behaviour;
    Ok(DumpRequest {
        config,
        selection: super::dump::choose(&args.selection)?,
        parts,
        sections,
        skip_unsupported: behaviour.skip_unsupported,
        omitted: args.omitted.omitted(),
        codec: StreamCodec::Plain,
        copy_format: super::dump::copy_format(behaviour.copy_format),
        jobs: behaviour.jobs.map(usize::from),
        lock_wait: behaviour.lock_wait_timeout,
        request_text: String::new(),
    })
}

fn restore(args: &CloneArgs, target: Resolved) -> Result<RestoreRequest> {
    let name = target.database_named.then(|| target.config.database.clone());
    let (owner, maintenance_database) = (args.owner.clone(), args.maintenance_db.clone());
    let create = args.create.then_some(CreateDatabase { name, owner, maintenance_database });
    let behaviour = &args.behaviour;
    Ok(RestoreRequest {
        create,
        parts: args.parts.parts(false)?,
        sections: args.parts.sections(),
        omitted: args.omitted.omitted(),
        extension_versions: args.extensions.extension_versions,
        maps: args.maps.maps()?,
        skip_denied: behaviour.skip_denied,
        single_transaction: args.single_transaction,
        analyze: !behaviour.no_analyze,
        jobs: jobs_of_target(args),
        ..RestoreRequest::new(target.config)
    })
}

/// Several sessions fill a database all or nothing only where nobody sees it before it is complete.
fn jobs_of_target(args: &CloneArgs) -> usize {
    match args.create && !args.single_transaction {
        true => args.behaviour.jobs.map_or(1, usize::from),
        false => 1,
    }
}

fn tell(report: &CloneReport, started: Instant, run: &Run) -> Outcome {
    let CloneReport { dumped, restored } = report;
    let of_target = restored.skipped.iter().map(ToString::to_string);
    let skipped: Vec<String> = dumped.skipped.iter().cloned().chain(of_target).collect();
    skipped.iter().for_each(|skipped| run.console.warning(&format!("left out: {skipped}")));
    run.console.summary(&format!("cloned {}", super::restore::loaded(restored, started)));
    if skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped }
}
