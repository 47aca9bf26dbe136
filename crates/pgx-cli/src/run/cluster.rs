//! A whole cluster: `pgx dump --all-databases`.

use std::time::Instant;

use pgx_core::catalog::globals::Parts;
use pgx_core::connect::{Config, Side};
use pgx_core::dump::{ClusterReport, ClusterRequest, GlobalsRequest};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::dump::DumpArgs;
use crate::console::{and_large_objects, counted, size};

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
    let parts = args.parts.words().filter(|word| word != "--schema-only" && word != "--no-data");
    globals.chain(patterns).chain(from_file).map(str::to_owned).chain(parts).next()
}

pub(super) fn tell_dump(report: &ClusterReport, started: Instant, run: &Run) -> Outcome {
    let mut skipped = report.skipped.clone();
    let (mut tables, mut rows, mut large_objects, mut raw_bytes) = (0, 0, 0, 0);
    for (name, one) in &report.databases {
        skipped.extend(one.skipped.iter().map(|object| format!("{object} of database {name}")));
        tables += one.tables as u64;
        rows += one.rows;
        large_objects += one.large_objects;
        raw_bytes += one.raw_bytes;
        run.console.detail(&format!(
            "database {name}: {}, {}{}, {} ({} stored)",
            counted(one.tables as u64, "table"),
            counted(one.rows, "row"),
            and_large_objects(one.large_objects),
            size(one.raw_bytes),
            size(one.stored_bytes)
        ));
    }
    skipped.iter().for_each(|skipped| run.console.warning(&format!("left out: {skipped}")));
    run.console.summary(&format!(
        "dumped {} of the cluster and {}: {}, {}{}, {} ({} stored) in {:.1} s",
        counted(report.globals as u64, "object"),
        counted(report.databases.len() as u64, "database"),
        counted(tables, "table"),
        counted(rows, "row"),
        and_large_objects(large_objects),
        size(raw_bytes),
        size(report.file_bytes),
        started.elapsed().as_secs_f64()
    ));
    if skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped }
}
