//! `cargo xtask demo`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::servers::{self, Fleet, Server};
use crate::{database, process};

/// `cargo xtask demo`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many signatures
    #[arg(long, default_value_t = 200_000)]
    rows: u64,
}

/// Fills a real server, dumps by manifest, restores into a new database, and proves both equal.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let pgx = build()?;
    let spec = servers::one()?;
    let fleet = Fleet::start(&[spec])?;
    let server = fleet.server();
    introduce(server);
    database::fill(server, "parcels", arguments.rows)?;
    let dir = tempfile::Builder::new().prefix("pgx-demo-").tempdir()?;
    fs::write(dir.path().join("parcels.toml"), database::MANIFEST)?;
    let start = Instant::now();
    for step in steps(server) {
        run_step(&pgx, dir.path(), &step)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    summary(server, &dir.path().join("parcels.pgx"), seconds)
}

/// Optimised, since speed is part of what a demo shows: 50 s once on two cores.
pub(crate) fn build() -> Result<PathBuf> {
    let mut command = process::cargo();
    command.args(["build", "--release", "--package", "pgx-cli"]);
    process::announce(&command);
    process::succeed(&mut command)?;
    Ok(process::built("release")?.join("pgx"))
}

fn introduce(server: &Server) {
    eprintln!("PostgreSQL {} runs for this demo alone", server.major);
    if server.has_postgis() {
        eprintln!("filling database parcels: scenes, parcels with geometry, signatures");
    } else {
        eprintln!("no PostGIS here: filling database parcels without geometry");
    }
}

/// The commands as a user would type them.
fn steps(server: &Server) -> [Vec<String>; 4] {
    let (parcels, copy) = (server.uri("parcels"), server.uri("parcels_copy"));
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    [
        words(&["dump", "-d", &parcels, "--tables-from", "parcels.toml", "-f", "parcels.pgx"]),
        words(&["inspect", "parcels.pgx"]),
        words(&["restore", "parcels.pgx", "--create", "--single-transaction", "-d", &copy]),
        words(&["verify", "parcels.pgx", "--against", &copy]),
    ]
}

fn run_step(pgx: &Path, dir: &Path, arguments: &[String]) -> Result<()> {
    let mut command = Command::new(pgx);
    command.current_dir(dir).args(arguments);
    process::without_pg_environment(&mut command);
    eprintln!();
    process::announce(&command);
    process::succeed(&mut command)
}

/// `pgx verify` has compared every row by now: this only counts.
fn summary(server: &Server, archive: &Path, seconds: f64) -> Result<()> {
    let copy = database::size(server, "parcels_copy")?;
    let all = database::size(server, "parcels")?.tables;
    ensure!(copy.tables + 1 == all, "{} of {all} tables came back", copy.tables);
    let archive = megabytes(fs::metadata(archive)?.len());
    let (tables, rows, bytes) = (copy.tables, copy.rows, megabytes(copy.bytes));
    println!("\n{tables} tables with {rows} rows came back equal; extraction_log, which the");
    println!("manifest does not name, stayed behind");
    println!(
        "database {bytes:.1} MB, archive {archive:.1} MB, {seconds:.1} s for all four commands"
    );
    Ok(())
}

/// For people; nothing is computed with it.
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
