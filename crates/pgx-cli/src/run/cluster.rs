//! A whole cluster: `pgx dump --all-databases`, and restoring such an archive.

use std::time::Instant;

use pgx_core::archive::Cluster;
use pgx_core::catalog::globals::Parts;
use pgx_core::connect::{Config, Side};
use pgx_core::dump::{ClusterReport, ClusterRequest, DumpReport, GlobalsRequest};
use pgx_core::restore::{self, ClusterRequest as ClusterRestore, RestoreRequest};
use pgx_core::{Code, Error, Result};

use super::dump::amounts;
use super::{Outcome, Run};
use crate::args::dump::DumpArgs;
use crate::args::restore::RestoreArgs;
use crate::console::{and_large_objects, counted, size};

/// The switches of parts that make sense for all databases.
const WITHOUT_ROWS: [&str; 2] = ["--schema-only", "--no-data"];

/// The request for a dump of all databases.
///
/// # Errors
/// [`Code::Usage`]: an option is about one database, or about something else.
pub(super) fn dump_request(args: &DumpArgs, run: &Run) -> Result<ClusterRequest> {
    if let Some(option) = about_one(args) {
        let what = format!("{option} is about one database, --all-databases is about all of them");
        return Err(Error::new(Code::Usage, what).hint("leave one of them out"));
    }
    let database = args.connection.database(args.database.as_deref())?;
    let resolved = run.resolve(database, &args.connection, Side::Source)?;
    let config = Config { role: args.role.role.clone(), ..resolved.config };
    let each = super::dump::resolve(args, config.clone())?;
    let excluded = args.cluster.exclude_database.iter();
    let mut words = vec!["--all-databases".to_owned()];
    words.extend(excluded.map(|pattern| format!("--exclude-database {pattern}")));
    words.extend(args.globals.words().map(str::to_owned));
    words.extend(args.omitted.words());
    Ok(ClusterRequest {
        globals: GlobalsRequest {
            config,
            any_database: !resolved.database_named,
            parts: Parts {
                roles: true,
                passwords: !args.globals.no_role_passwords,
                tablespaces: true,
            },
            omitted: args.omitted.omitted(),
            request_text: words.join(" "),
        },
        each,
        exclude: super::unqualified_patterns(&args.cluster.exclude_database)?,
    })
}

/// The first option that makes no sense for all databases.
fn about_one(args: &DumpArgs) -> Option<String> {
    let lists = super::dump::patterns(&args.selection).into_iter();
    let patterns = lists.filter(|(_, list)| !list.is_empty()).map(|(option, _)| option);
    let from_file = (!args.selection.tables_from.is_empty()).then_some("--tables-from");
    let globals = args.globals.words().filter(|word| *word != "--no-role-passwords");
    // Rows alone need tables that exist, and a database that is made has none.
    let parts = args.parts.words().filter(|word| !WITHOUT_ROWS.contains(&word.as_str()));
    globals.chain(patterns).chain(from_file).map(str::to_owned).chain(parts).next()
}

/// The request for a restore of a cluster archive: each database as `each` says.
///
/// # Errors
/// [`Code::Usage`]: an option is about one database.
pub(super) fn restore_request(args: &RestoreArgs, each: RestoreRequest) -> Result<ClusterRestore> {
    let options = [
        (args.create, "--create"),
        (args.owner.is_some(), "--owner"),
        (!args.tables.is_empty(), "-t"),
        (!args.schemas.is_empty(), "-n"),
    ];
    let option = options.into_iter().find(|(set, _)| *set).map(|(_, option)| option.to_owned());
    let option = option.or(args.parts.words().find(|word| !WITHOUT_ROWS.contains(&word.as_str())));
    if let Some(option) = option {
        let what = format!("{option} is about one database, the archive is of a cluster");
        return Err(Error::new(Code::Usage, what)
            .hint("name one of its databases with --database, or leave the option out"));
    }
    Ok(ClusterRestore {
        each,
        exclude: super::unqualified_patterns(&args.databases.exclude_database)?,
        only: args.databases.only_database.clone(),
    })
}

/// Restores a cluster archive, or says what that would do.
pub(super) fn restore(
    args: &RestoreArgs,
    request: &ClusterRestore,
    cluster: Cluster,
    run: &Run,
) -> Result<Outcome> {
    let started = Instant::now();
    if args.dry_run {
        super::print(&restore::plan_cluster(request, cluster)?.to_string())?;
        return Ok(Outcome::Complete);
    }
    let report = restore::cluster(request, cluster, &run.console)?;
    let items = report.globals.globals.as_deref().unwrap_or_default();
    super::globals::tell_restore(&report.globals, items, started, run);
    let mut skipped = !report.globals.skipped.is_empty();
    for one in &report.databases {
        for left_out in &one.skipped {
            run.console.warning(&format!("left out of database {}: {left_out}", one.database));
            skipped = true;
        }
        run.console.summary(&format!(
            "database {}: {}, {}{}, {}",
            one.database,
            counted(one.tables, "table"),
            counted(one.rows, "row"),
            and_large_objects(one.large_objects),
            size(one.bytes)
        ));
    }
    report.left_out.iter().for_each(|name| run.console.detail(&format!("not asked for: {name}")));
    run.console.summary(&format!(
        "restored {} in {:.1} s",
        counted(report.databases.len() as u64, "database"),
        started.elapsed().as_secs_f64()
    ));
    Ok(if skipped { Outcome::Skipped } else { Outcome::Complete })
}

pub(super) fn tell_dump(report: &ClusterReport, started: Instant, run: &Run) -> Outcome {
    let mut skipped = report.skipped.clone();
    let mut total = DumpReport { stored_bytes: report.file_bytes, ..DumpReport::default() };
    for (name, one) in &report.databases {
        skipped.extend(one.skipped.iter().map(|object| format!("{object} of database {name}")));
        total.tables += one.tables;
        total.rows += one.rows;
        total.large_objects += one.large_objects;
        total.raw_bytes += one.raw_bytes;
        run.console.detail(&format!("database {name}: {}", amounts(one)));
    }
    skipped.iter().for_each(|skipped| run.console.warning(&format!("left out: {skipped}")));
    run.console.summary(&format!(
        "dumped {} of the cluster and {}: {} in {:.1} s",
        counted(report.globals as u64, "object"),
        counted(report.databases.len() as u64, "database"),
        amounts(&total),
        started.elapsed().as_secs_f64()
    ));
    if skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped }
}
