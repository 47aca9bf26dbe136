//! `pgx verify`.

use pgx_core::Result;
use pgx_core::connect::Side;
use pgx_core::toc::NameMap;
use pgx_core::verify::{self, Comparison, Depth, Verdict, VerifyReport};

use super::{Outcome, Run};
use crate::args::connection::ConnectionArgs;
use crate::args::verify::VerifyArgs;
use crate::console::{and_large_objects, counted, size};
use crate::input;
use crate::table::Table;

pub(super) fn run(args: &VerifyArgs, run: &Run) -> Result<Outcome> {
    let depth = if args.deep { Depth::Deep } else { Depth::Fast };
    let input = input::open(&args.archive, &run.interrupt)?;
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
