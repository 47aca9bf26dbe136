//! `cargo xtask bench`

mod archive;
mod measure;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::servers::{self, Fleet, Server};
use crate::{database, demo, process};
use measure::{Run, measure};
use report::Figures;

/// What one connection may need at most, and the client besides.
const MEMORY_LIMIT: u64 = (64 + 16) << 20;
const SOURCE: &str = "bench";
const COPY: &str = "bench_copy";

/// `cargo xtask bench`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Sizes of the sample, in signatures
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [200_000, 2_000_000])]
    rows: Vec<u64>,
    /// Every figure is the median of so many runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(3..))]
    runs: u32,
}

#[derive(clap::Subcommand)]
enum What {
    /// Bytes of archives and CPU of the client, against pg_dump, and what stripes cost
    Archive(archive::Arguments),
}

/// A program that dumps and restores.
struct Contestant {
    name: String,
    dump: Vec<String>,
    restore: Vec<String>,
    dumper: PathBuf,
    restorer: PathBuf,
}

/// Measures dump and restore at every size, and fails when the client needs more memory than it may.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(What::Archive(arguments)) = &arguments.what {
        return archive::run(arguments);
    }
    let pgx = demo::build()?;
    let fleet = Fleet::start(&[servers::one()?])?;
    let server = fleet.server();
    let dir = tempfile::Builder::new().prefix("pgx-bench-").tempdir()?;
    let contestants = contestants(server, dir.path(), &pgx)?;
    report::head(server, &contestants, arguments.runs);
    let mut figures = Vec::new();
    for rows in &arguments.rows {
        database::fill(server, SOURCE, *rows)?;
        for contestant in &contestants {
            let measured = figures_of(server, contestant, dir.path(), arguments.runs)?;
            report::line(*rows, &contestant.name, &measured, figures.last());
            figures.push((contestant.name.clone(), *rows, measured));
        }
        database::drop_database(server, SOURCE)?;
    }
    memory(&figures)
}

/// pgx, and pg_dump where one is installed that knows the server.
fn contestants(server: &Server, dir: &Path, pgx: &Path) -> Result<Vec<Contestant>> {
    let (source, copy) = (server.uri(SOURCE), server.uri(COPY));
    let file = dir.join("archive").to_string_lossy().into_owned();
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let mut all = vec![Contestant {
        name: process::output(Command::new(pgx).arg("--version"))?.trim().to_owned(),
        dump: words(&["dump", "-q", "-d", &source, "-f", &file]),
        restore: words(&["restore", "-q", &file, "-d", &copy, "--no-analyze"]),
        dumper: pgx.to_owned(),
        restorer: pgx.to_owned(),
    }];
    if let Some((version, pg_dump)) = peer(server) {
        all.push(Contestant {
            name: format!("pg_dump -Fc {version}"),
            dump: words(&["-d", &source, "-Fc", "-f", &file]),
            restore: words(&["-1", "-d", &copy, &file]),
            restorer: pg_dump.with_file_name("pg_restore"),
            dumper: pg_dump,
        });
    }
    Ok(all)
}

fn peer(server: &Server) -> Option<(String, PathBuf)> {
    let pg_dump = servers::newest_pg_dump()?;
    let version = servers::version(&pg_dump)?;
    let major: u32 = version.split('.').next()?.parse().ok()?;
    (major >= server.major).then_some((version, pg_dump))
}

fn figures_of(server: &Server, of: &Contestant, dir: &Path, runs: u32) -> Result<Figures> {
    let archive = dir.join("archive");
    let (mut dumps, mut restores) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..runs {
        let mut dump = Command::new(&of.dumper);
        dumps.push(measure(dump.args(&of.dump).stdout(Stdio::null()))?);
        bytes = fs::metadata(&archive)?.len();
        database::create(server, COPY)?;
        let mut restore = Command::new(&of.restorer);
        restores.push(measure(restore.args(&of.restore).stdout(Stdio::null()))?);
        database::drop_database(server, COPY)?;
        fs::remove_file(&archive)?;
    }
    Ok(Figures { dump: Run::median(dumps), restore: Run::median(restores), bytes })
}

/// pgx's peak memory depends on its settings, never on the database's size.
fn memory(figures: &[(String, u64, Figures)]) -> Result<()> {
    println!("\npeak memory of pgx; the limit is {} MiB with one connection", MEMORY_LIMIT >> 20);
    for (_, rows, figures) in figures.iter().filter(|(name, ..)| name.starts_with("pgx")) {
        let peak = figures.dump.peak.max(figures.restore.peak);
        println!("{rows:>12} rows: {:.1} MiB", report::mebibytes(peak));
        ensure!(peak <= MEMORY_LIMIT, "the client needs more memory than it may");
    }
    Ok(())
}
