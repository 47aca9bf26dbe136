//! What was measured, as people read it.

use std::fmt::Write;
use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use super::compare::{Bench, Cell, NOT_THERE, Ratio, Side};
use super::figures::{FIGURES, Figure, memory_limit};
use super::peers::Peers;
use super::place::Place;
use super::table::{Table, mebibytes, megabytes, number};
use crate::process;

/// Where it was measured, and how.
pub(crate) fn surroundings(bench: &Bench<'_>) -> Result<String> {
    let (place, peers) = (bench.place, bench.peers);
    let pgx = process::output(Command::new(&bench.pgx).arg("--version"))?;
    Ok(format!(
        "{}, by turns. {}, {}, on {}. {}\n\nThe server: {}.\n",
        runs(bench.runs),
        pgx.trim(),
        versions(peers),
        machine(),
        conditions(place, peers),
        place.settings()?,
    ))
}

/// What a figure is.
pub(crate) fn runs(runs: u32) -> String {
    match runs {
        1 => "One run of each".to_owned(),
        runs => format!("Medians of {runs} runs"),
    }
}

/// How large the databases are.
pub(crate) fn sizes(databases: &[(String, u64)]) -> String {
    let size = |(name, bytes): &(String, u64)| format!("`{name}` has {} MB", bytes / 1_000_000);
    databases.iter().map(size).collect::<Vec<_>>().join(", ") + "."
}

fn versions(peers: &Peers) -> String {
    let version = |program| match peers.version(program) {
        Some(version) => format!("{program} {version}"),
        None => format!("no {program}"),
    };
    ["pg_dump", "pg_restore", "pgcopydb"].map(version).join(", ")
}

/// Cores and system.
pub(crate) fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, Linux {}", system.trim())
}

fn conditions(place: &Place, peers: &Peers) -> String {
    let options = match peers.copydb_options.join(" ") {
        options if options.is_empty() => String::new(),
        options => format!(" (pgcopydb: `{options}`)"),
    };
    format!(
        "PostgreSQL {} by {}; nobody runs ANALYZE after a restore{options}; a checkpoint before each \
         run; pg_dump's best compression is {}.",
        place.version,
        place.way(),
        peers.best
    )
}

/// The ratios: a line for each figure, a column for each database. Targets are about data of their full
/// size.
pub(crate) fn ratios(cells: &[Cell], databases: &[String], best: &str, full: bool) -> Table {
    let head: Vec<&str> =
        std::iter::once("pgx / peer").chain(databases.iter().map(String::as_str)).collect();
    let mut table = Table::new(&head);
    for figure in &FIGURES {
        let found: Vec<String> = databases
            .iter()
            .map(|database| match find(cells, figure, database) {
                Some(cell) => judged(cell, figure.target(database).filter(|_| full)),
                None => "–".into(),
            })
            .collect();
        if found.iter().any(|cell| cell != "–") {
            let name = figure.name().replace("BEST", best);
            table.line(std::iter::once(name).chain(found).collect());
        }
    }
    table
}

fn find<'c>(cells: &'c [Cell], figure: &Figure, database: &str) -> Option<&'c Cell> {
    cells.iter().find(|cell| std::ptr::eq(cell.figure, figure) && cell.database == database)
}

fn judged(cell: &Cell, target: Option<f64>) -> String {
    match (&cell.ours, cell.ratio()) {
        _ if !cell.is_known() => NOT_THERE.into(),
        (Side::Missing(_), _) => "failed".into(),
        (_, None) => "no peer".into(),
        (_, Some(ratio)) => verdict(ratio, target),
    }
}

/// `**0.55** ≤ 0.70` has reached its target, `0.83 > 0.70` has not.
fn verdict(ratio: Ratio, target: Option<f64>) -> String {
    let (bound, value) = match ratio {
        Ratio::Is(value) => ("", value),
        Ratio::Below(value) => ("< ", value),
        Ratio::Above(value) => ("> ", value),
    };
    // What is shown is what is judged.
    let shown = (value * 100.0).round() / 100.0;
    match target {
        None => format!("{bound}{shown:.2}"),
        Some(target) if shown <= target && !matches!(ratio, Ratio::Above(_)) => {
            format!("**{bound}{shown:.2}** ≤ {target:.2}")
        }
        Some(target) => format!("{bound}{shown:.2} > {target:.2}"),
    }
}

/// What the ratios are of: a line for each figure and database.
pub(crate) fn details(cells: &[Cell], best: &str) -> Table {
    let mut table = Table::new(&[
        "",
        "pgx s",
        "peer s",
        "pgx CPU s",
        "peer CPU s",
        "pgx MiB",
        "limit",
        "peer MiB",
        "pgx MB",
        "peer MB",
    ]);
    for cell in cells.iter().filter(|cell| matches!(cell.ours, Side::Measured { .. })) {
        let limit = memory_limit(&cell.database, cell.figure.jobs);
        let (ours, theirs) = (cell.ours.run(), cell.theirs.run());
        table.line(vec![
            format!("{}: {}", cell.database, cell.figure.name().replace("BEST", best)),
            number(ours.map(|run| run.seconds)),
            number(theirs.map(|run| run.seconds)),
            number(ours.map(|run| run.cpu)),
            number(theirs.map(|run| run.cpu)),
            mebibytes(ours.map(|run| run.peak)),
            (limit >> 20).to_string(),
            mebibytes(theirs.map(|run| run.peak)),
            megabytes(cell.ours.bytes()),
            megabytes(cell.theirs.bytes()),
        ]);
    }
    table
}

/// Why cells are empty, and what was stopped.
pub(crate) fn remarks(cells: &[Cell]) -> String {
    let mut text = String::new();
    for cell in cells {
        for (way, side) in [(&cell.figure.ours, &cell.ours), (&cell.figure.theirs, &cell.theirs)] {
            let what = match side {
                Side::Missing(why) if cell.is_known() => why.lines().next().unwrap_or_default(),
                Side::Measured { runs, .. } if runs.iter().any(|run| run.stopped) => {
                    "stopped, once: it would have needed longer"
                }
                _ => continue,
            };
            let line = format!("- {}, {}: {what}\n", cell.database, way.name);
            if !text.contains(&line) {
                text += &line;
            }
        }
    }
    text
}

/// pgx's peak memory depends on its settings, never on the database's size.
pub(crate) fn check_memory(cells: &[Cell]) -> Result<()> {
    let mut excess = String::new();
    for cell in cells {
        let limit = memory_limit(&cell.database, cell.figure.jobs);
        let peak = cell.ours.run().map_or(0, |run| run.peak);
        if peak > limit {
            let (peak, name) = (mebibytes(Some(peak)), cell.figure.ours.name);
            writeln!(excess, "  {} {name}: {peak} MiB of {}", cell.database, limit >> 20)?;
        }
    }
    if !excess.is_empty() {
        bail!("pgx needs more memory than it may:\n{}", excess.trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::measure::Run;
    use super::*;

    fn side(seconds: f64, peak: u64) -> Side {
        let run = Run { seconds, cpu: seconds / 2.0, peak, stopped: false };
        Side::Measured { runs: vec![run], bytes: 2_500_000 }
    }

    fn cell(ours: Side, theirs: Side) -> Cell {
        Cell { figure: &FIGURES[0], database: "wide".into(), ours, theirs }
    }

    fn not_there() -> Cell {
        cell(Side::Missing(NOT_THERE.into()), Side::Missing(NOT_THERE.into()))
    }

    #[test]
    fn a_verdict_judges_what_it_shows() {
        assert_eq!(verdict(Ratio::Is(0.704), Some(0.7)), "**0.70** ≤ 0.70");
        assert_eq!(verdict(Ratio::Is(0.706), Some(0.7)), "0.71 > 0.70");
        assert_eq!(verdict(Ratio::Below(0.1), Some(0.7)), "**< 0.10** ≤ 0.70");
        assert_eq!(verdict(Ratio::Above(0.1), Some(0.7)), "> 0.10 > 0.70");
        assert_eq!(verdict(Ratio::Is(0.5), None), "0.50");
    }

    #[test]
    fn the_table_has_the_figures_that_were_measured() {
        let cells = [cell(side(1.0, 1), side(4.0, 1))];
        let databases = ["many".to_owned(), "wide".to_owned()];
        let table = ratios(&cells, &databases, "zstd:1", true).to_string();
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(table.contains("-Z zstd:1 |    – | **0.25** ≤ 0.60 |"), "{table}");
        let quick = ratios(&cells, &databases, "1", false).to_string();
        assert!(quick.contains("-Z 1 |    – | 0.25 |"), "{quick}");
    }

    #[test]
    fn who_is_missing_is_named() {
        let shown = |cells: &[Cell]| ratios(cells, &["wide".into()], "1", true).to_string();
        let cells = [not_there()];
        assert!(shown(&cells).contains("not there"));
        assert_eq!(
            (remarks(&cells), details(&cells, "1").to_string().lines().count()),
            (String::new(), 2)
        );
        let cells = [cell(Side::Missing("failed: why\nbecause".into()), side(1.0, 1))];
        assert!(shown(&cells).contains("failed"));
        assert_eq!(remarks(&cells), "- wide, dump -j2: failed: why\n");
        let cells = [cell(side(1.0, 1), Side::Missing("pg_dump was not found".into()))];
        assert!(shown(&cells).contains("no peer"));
        let details = details(&cells, "1").to_string();
        let numbers: Vec<&str> =
            details.lines().nth(2).unwrap().split('|').map(str::trim).collect();
        assert_eq!(numbers[2..4], ["1.00", "–"], "{details}");
    }

    #[test]
    fn too_much_memory_is_an_error() {
        assert!(check_memory(&[cell(side(1.0, 96 << 20), side(1.0, 1 << 40))]).is_ok());
        let error = check_memory(&[cell(side(1.0, 97 << 20), side(1.0, 1))]).unwrap_err();
        assert!(error.to_string().ends_with("wide dump -j2: 97.0 MiB of 96"), "{error}");
    }
}
