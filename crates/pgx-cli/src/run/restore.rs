//! `pgx restore`.

use std::time::Instant;

use pgx_core::archive::{Arrival, Input};
use pgx_core::connect::conninfo::Resolved;
use pgx_core::connect::{Config, Side};
use pgx_core::restore::{self, CreateDatabase, RestoreReport, RestoreRequest};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::restore::RestoreArgs;
use crate::console::{and_large_objects, counted, size};
use crate::input;

pub(super) fn run(args: &RestoreArgs, run: &Run) -> Result<Outcome> {
    let started = Instant::now();
    check(args)?;
    let request = resolve(args, run)?;
    let archive = args.archive.as_deref().unwrap_or("-");
    let input = match input::arrival(archive, &args.member, &run.interrupt)? {
        Arrival::Cluster(_) if args.jobs.resume => {
            return Err(Error::new(
                Code::Usage,
                "a cluster archive is restored whole or not at all",
            )
            .hint("leave out --resume"));
        }
        Arrival::Cluster(cluster) => {
            let request = super::cluster::restore_request(args, request)?;
            return super::cluster::restore(args, &request, cluster, run);
        }
        Arrival::Archive(input) => input,
    };
    if let Some(option) = args.databases.option() {
        return Err(input::of_cluster(option));
    }
    if args.dry_run {
        return rehearse(args, &request, input, run);
    }
    let report = restore::restore(&request, input, &run.console)?;
    match &report.globals {
        Some(items) => super::globals::tell_restore(&report, items, started, run),
        None => tell(&report, started, run),
    }
    Ok(if report.skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped })
}

/// Without a database to look at, or with one that is to be made, the plan is all that can be told.
fn rehearse(
    args: &RestoreArgs,
    request: &RestoreRequest,
    input: Input,
    run: &Run,
) -> Result<Outcome> {
    if args.create || args.connection.dbname.is_none() {
        super::print(&restore::plan(request, input)?.to_string())?;
        return Ok(Outcome::Complete);
    }
    let (plan, checked) = restore::rehearse(request, input)?;
    super::print(&plan.to_string())?;
    checked?.iter().for_each(|warning| run.console.warning(warning));
    Ok(if plan.skipped().is_empty() { Outcome::Complete } else { Outcome::Skipped })
}

/// What became of a database.
fn tell(report: &RestoreReport, started: Instant, run: &Run) {
    for skipped in &report.skipped {
        run.console.warning(&format!("left out: {skipped}"));
    }
    run.console.summary(&format!("restored {}", loaded(report, started)));
}

/// How much a database was given, which one, and in what time.
pub(super) fn loaded(report: &RestoreReport, started: Instant) -> String {
    format!(
        "{}, {}{}, {} into {} in {:.1} s",
        counted(report.tables, "table"),
        counted(report.rows, "row"),
        and_large_objects(report.large_objects),
        size(report.bytes),
        report.database,
        started.elapsed().as_secs_f64()
    )
}

fn check(args: &RestoreArgs) -> Result<()> {
    let refused = |what, hint| Err(Error::new(Code::Usage, what).hint(hint));
    match args {
        RestoreArgs { create: false, owner: Some(_), .. } => {
            refused("--owner is the owner of a new database", "add --create, or leave --owner out")
        }
        RestoreArgs { create: false, maintenance_db: Some(_), .. } => refused(
            "--maintenance-db is for making a new database",
            "add --create, or leave --maintenance-db out",
        ),
        RestoreArgs { single_transaction: true, jobs, .. } if jobs.jobs > 1 => refused(
            "one transaction is the work of one session",
            "leave out --jobs, or --single-transaction",
        ),
        RestoreArgs { create: true, jobs, .. } if jobs.resume => refused(
            "with --create there is nothing to resume: a failure leaves no database",
            "leave out --resume",
        ),
        RestoreArgs { jobs, .. } if jobs.resume && jobs.jobs < 2 => refused(
            "--resume continues a restore of several sessions",
            "add --jobs N, N at least 2",
        ),
        RestoreArgs { create: true, parts, .. } if parts.without_schema() => refused(
            "a new database has no tables to load rows into",
            "leave out --create, or restore definitions as well",
        ),
        _ => Ok(()),
    }
}

fn resolve(args: &RestoreArgs, run: &Run) -> Result<RestoreRequest> {
    let connection = &args.connection;
    let resolved = run.resolve(connection.dbname.as_deref(), connection, Side::Target)?;
    Ok(RestoreRequest {
        create: args.create.then(|| create(args, &resolved)),
        parts: args.parts.parts(true)?,
        sections: args.parts.sections(),
        tables: super::table_patterns(&args.tables)?,
        schemas: super::schema_patterns(&args.schemas)?,
        large_objects: !args.no_large_objects,
        extension_versions: args.extensions.extension_versions,
        omitted: args.omitted.omitted(),
        skip_denied: args.skip_denied,
        maps: args.maps.maps()?,
        single_transaction: args.single_transaction,
        maintenance_work_mem: args.memory.maintenance_work_mem,
        analyze: !args.no_analyze,
        jobs: usize::from(args.jobs.jobs),
        resume: args.jobs.resume,
        role_passwords: !args.globals.no_role_passwords,
        database_named: connection.dbname.is_some(),
        config: Config { role: args.role.role.clone(), ..resolved.config },
    })
}

/// `-d` names the database to make; without it, it is named as in the archive.
fn create(args: &RestoreArgs, resolved: &Resolved) -> CreateDatabase {
    CreateDatabase {
        name: resolved.database_named.then(|| resolved.config.database.clone()),
        owner: args.owner.clone(),
        maintenance_database: args.maintenance_db.clone(),
    }
}
