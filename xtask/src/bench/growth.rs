//! `cargo xtask bench growth`: how cost grows with rows, with tables and with sessions.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::compare::has;
use super::measure::{Run, measure};
use super::place::Place;
use super::samples::{MANY, MIXED};
use super::table::{Table, mebibytes, megabytes, number};
use super::{Subject, report};
use crate::process;

/// `cargo xtask bench growth`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// The size of the smallest sample; at 1 it has about 1 GB
    #[arg(long, default_value_t = 0.05)]
    scale: f64,
    /// How many times as many rows
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [1.0, 4.0, 16.0])]
    pub(super) rows: Vec<f64>,
    /// How many tables
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
    pub(super) tables: Vec<u32>,
    /// How many sessions, with the largest sample of rows
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [1, 2, 4, 8])]
    jobs: Vec<u32>,
    /// Every figure is the median of so many runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

/// Measures dump and restore as one thing grows, and the others stay.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let ground = arguments.subject.ground(None)?;
    let dir = tempfile::Builder::new().prefix("pgx-bench-").tempdir()?;
    let growth =
        Growth { place: &ground.place, pgx: &ground.pgx, dir: dir.path(), runs: arguments.runs };
    let mut table = Table::new(&["", "dump s", "CPU s", "MiB", "MB", "restore s", "CPU s", "MiB"]);
    growth.rows(arguments, &mut table)?;
    for &tables in &arguments.tables {
        let database = MANY.make(&ground.place, f64::from(tables) / 10_000.0)?;
        growth.line(&mut table, format!("{tables} tables"), &database.name, None)?;
    }
    let text = format!(
        "{} of {}; PostgreSQL {} by {}, on {}.\n\n{table}",
        report::runs(arguments.runs),
        process::output(Command::new(&ground.pgx).arg("--version"))?.trim(),
        ground.place.version,
        ground.place.way(),
        report::machine(),
    );
    arguments.subject.tell("growth", &text)
}

struct Growth<'a> {
    place: &'a Place,
    pgx: &'a Path,
    dir: &'a Path,
    runs: u32,
}

impl Growth<'_> {
    /// Rows, and sessions where there are most rows.
    fn rows(&self, arguments: &Arguments, table: &mut Table) -> Result<()> {
        let mut largest = None;
        for &times in &arguments.rows {
            drop(largest.take());
            let database = MIXED.make(self.place, arguments.scale * times)?;
            let bytes = self.place.bytes(&database.name)?;
            let what = format!("rows ×{times} ({} MB)", bytes / 1_000_000);
            self.line(table, what, &database.name, None)?;
            largest = Some(database);
        }
        if let Some(database) = &largest {
            for &jobs in &arguments.jobs {
                self.line(table, format!("{jobs} jobs"), &database.name, Some(jobs))?;
            }
        }
        Ok(())
    }

    fn line(&self, table: &mut Table, what: String, of: &str, jobs: Option<u32>) -> Result<()> {
        let archive = self.dir.join("archive");
        let (mut dumps, mut restores) = (Vec::new(), Vec::new());
        for _ in 0..self.runs {
            if archive.exists() {
                fs::remove_file(&archive)?;
            }
            dumps.push(self.once(&["dump", "-q", "-f"], &archive, of, jobs)?);
            restores.extend(self.restore(&archive, of, jobs)?);
        }
        let dump = Run::median(&dumps);
        let restore = (!restores.is_empty()).then(|| Run::median(&restores));
        eprintln!("{what}: {:.2} s", dump.seconds);
        table.line(vec![
            what,
            number(Some(dump.seconds)),
            number(Some(dump.cpu)),
            mebibytes(Some(dump.peak)),
            megabytes(Some(fs::metadata(&archive)?.len())),
            number(restore.map(|run| run.seconds)),
            number(restore.map(|run| run.cpu)),
            mebibytes(restore.map(|run| run.peak)),
        ]);
        Ok(())
    }

    /// None where pgx restores with one session only.
    fn restore(&self, archive: &Path, of: &str, jobs: Option<u32>) -> Result<Option<Run>> {
        if jobs.is_some() && !has(self.pgx, ["restore", "--jobs"]) {
            return Ok(None);
        }
        let copy = self.place.fresh(&format!("pgx_bench_{}_copy", std::process::id()), of)?;
        self.once(&["restore", "-q", "--no-analyze"], archive, &copy.name, jobs).map(Some)
    }

    fn once(&self, words: &[&str], archive: &Path, of: &str, jobs: Option<u32>) -> Result<Run> {
        let mut command = Command::new(self.pgx);
        command.args(words).arg(archive).args(["-d", &self.place.uri(of)]);
        command.args(jobs.map(|jobs| format!("-j{jobs}"))).stdout(Stdio::null());
        process::without_pg_environment(&mut command);
        self.place.introduce(&mut command);
        self.place.checkpoint()?;
        let run = measure(&mut command, None)?;
        ensure!(run.seconds > 0.0, "no time has passed");
        Ok(run)
    }
}
