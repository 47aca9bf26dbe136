//! `pgx verify`.

use std::fmt::Write;

use pgx_core::archive::{Arrival, Cluster};
use pgx_core::connect::Side;
use pgx_core::toc::NameMap;
use pgx_core::verify::{self, Comparison, Depth, Verdict, VerifyReport};

use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::connection::ConnectionArgs;
use crate::args::verify::VerifyArgs;
use crate::console::{and_large_objects, counted, size};
use crate::table::Table;
use crate::{input, report};

pub(super) fn run(args: &VerifyArgs, run: &Run) -> Result<Outcome> {
    let depth = if args.deep { Depth::Deep } else { Depth::Fast };
    let input = match input::arrival(&args.archive, &args.member, &run.interrupt)? {
        Arrival::Archive(input) => input,
        Arrival::Cluster(cluster) if args.against.is_none() => {
            return all_members(cluster, depth, run);
        }
        Arrival::Cluster(_) => {
            return Err(Error::new(Code::Usage, "a cluster archive is compared one by one")
                .hint("name one of its databases with --database"));
        }
    };
    let Some(against) = &args.against else {
        let report = verify::archive(input, depth, &run.interrupt, &run.console)?;
        super::print(&verified(&report))?;
        return Ok(Outcome::Complete);
    };
    let config = run.config(&ConnectionArgs::default(), Some(against), Side::Source)?;
    let schemas = NameMap::parse("--map-schema", &args.map_schema)?;
    let comparison = verify::against(input, depth, &config, &schemas, &run.console)?;
    super::print(&compared(&comparison))?;
    comparison.result()?;
    Ok(Outcome::Complete)
}

fn all_members(mut cluster: Cluster, depth: Depth, run: &Run) -> Result<Outcome> {
    let mut text = String::new();
    let mut members = 0;
    cluster.each(|member, input| {
        let report = verify::archive(input, depth, &run.interrupt, &run.console)
            .map_err(|error| error.note(format!("in {} of the cluster archive", member.label())))?;
        let _ = write!(text, "{}: {}", report::one_line(&member.label()), verified(&report));
        members += 1;
        Ok(())
    })?;
    let _ = writeln!(text, "the cluster archive is whole: {}", counted(members, "member"));
    super::print(&text)?;
    Ok(Outcome::Complete)
}

fn verified(report: &VerifyReport) -> String {
    let how = match report.depth {
        Depth::Fast => "every checksum and count",
        Depth::Deep => "every checksum, count and row",
    };
    format!(
        "the archive is whole: {}, {}, {}{}, {} of rows ({how})\n",
        counted(report.entries, "object"),
        counted(report.tables, "table"),
        counted(report.rows, "row"),
        and_large_objects(report.large_objects),
        size(report.raw_bytes)
    )
}

/// A line for each table, and one for all.
fn compared(comparison: &Comparison) -> String {
    let mut table = Table::new(&["table", ">rows", "verdict"]);
    for one in &comparison.tables {
        table.row([one.table.to_string(), one.rows.to_string(), verdict(&one.verdict)]);
    }
    let differing = comparison.differing();
    let equal = comparison.tables.len() - differing;
    format!("{table}{} equal, {differing} different\n", counted(equal as u64, "table"))
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Equal => "equal".into(),
        Verdict::Rows(rows) => format!("DIFFERENT: {} in the database", counted(*rows, "row")),
        Verdict::Hash => "DIFFERENT: as many rows, other values".into(),
        Verdict::Missing => "MISSING: no such table in the database".into(),
        Verdict::LargeObjects { missing, more } => {
            format!("DIFFERENT: {missing} missing, {more} not in the archive")
        }
        Verdict::Types => "OTHER TYPES (compare from a file)".to_owned(),
        Verdict::MissingColumns(names) => format!("MISSING columns: {}", names.join(", ")),
    }
}
