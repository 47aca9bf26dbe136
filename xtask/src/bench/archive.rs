//! `cargo xtask bench archive`: bytes of archives, and the client's CPU, against pg_dump.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::measure::{Run, measure};
use super::table::mebibytes;
use crate::servers::{self, Fleet};
use crate::{database, demo, process};

/// `cargo xtask bench archive`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Measure this database (a URI), which is only read; can be repeated. Without it, the sample on a
    /// server of our own
    #[arg(long = "dsn", value_name = "URI")]
    sources: Vec<String>,
    /// Run pg_dump by these words, split at spaces
    #[arg(long, value_name = "COMMAND", default_value = "pg_dump")]
    pg_dump: String,
    /// Compress by this as well; can be repeated
    #[arg(long = "also", value_name = "METHOD", default_values = ["none", "lz4", "gzip"])]
    methods: Vec<String>,
    /// Sizes of the sample, in signatures
    #[arg(long, default_value_t = 2_000_000)]
    rows: u64,
    /// Every figure is the median of so many runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(3..))]
    runs: u32,
    /// Only sizes and CPU of whole dumps, not the micro-benchmark of stripes
    #[arg(long)]
    no_stripes: bool,
}

/// The name of the sample's database.
const SAMPLE: &str = "bench";

/// A way of dumping: what it is called, the program, its options before the database and the file.
struct Way {
    name: String,
    words: Vec<String>,
}

/// What a dump cost.
struct Cost {
    bytes: u64,
    run: Run,
}

/// Measures, and prints a table per database.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let pgx = demo::build()?;
    if !arguments.sources.is_empty() {
        return arguments.sources.iter().try_for_each(|source| of(arguments, &pgx, source));
    }
    let fleet = Fleet::start(&[servers::one()?])?;
    let server = fleet.server();
    database::fill(server, SAMPLE, arguments.rows)?;
    of(arguments, &pgx, &server.uri(SAMPLE))
}

fn of(arguments: &Arguments, pgx: &Path, source: &str) -> Result<()> {
    println!("\n{}; medians of {} runs", database_name(source), arguments.runs);
    println!(
        "{:<28} {:>12} {:>7} {:>8} {:>8} {:>9}",
        "", "bytes", "ratio", "wall s", "CPU s", "peak MiB"
    );
    let mut base = None;
    for way in ways(arguments, pgx) {
        let Some(cost) = cost(&way, source, arguments.runs)? else { continue };
        let bytes = cost.bytes;
        let ratio = bytes as f64 / *base.get_or_insert(bytes) as f64;
        let Run { seconds, cpu, peak, .. } = cost.run;
        let peak = mebibytes(Some(peak));
        println!("{:<28} {bytes:>12} {ratio:>7.3} {seconds:>8.2} {cpu:>8.2} {peak:>9}", way.name);
    }
    if arguments.no_stripes { Ok(()) } else { stripes(source) }
}

/// pg_dump's best first: what the others are ratios of.
fn ways(arguments: &Arguments, pgx: &Path) -> Vec<Way> {
    let peer: Vec<String> = arguments.pg_dump.split_whitespace().map(str::to_owned).collect();
    let own = pgx.to_string_lossy().into_owned();
    let with = |words: &[String], more: &[&str]| {
        words.iter().cloned().chain(more.iter().map(ToString::to_string)).collect()
    };
    let mut ways = vec![
        Way { name: "pg_dump -Fc -Z zstd:1".into(), words: with(&peer, &["-Fc", "-Z", "zstd:1"]) },
        Way { name: "pg_dump -Fc".into(), words: with(&peer, &["-Fc"]) },
        Way { name: "pgx".into(), words: with(std::slice::from_ref(&own), &["dump", "-q"]) },
        Way {
            name: "pgx --copy-format text".into(),
            words: with(std::slice::from_ref(&own), &["dump", "-q", "--copy-format", "text"]),
        },
    ];
    ways.extend(arguments.methods.iter().map(|method| Way {
        name: format!("pgx -Z {method}"),
        words: with(std::slice::from_ref(&own), &["dump", "-q", "-Z", method]),
    }));
    ways
}

/// The median cost; none, and a word why, for a pg_dump that cannot.
fn cost(way: &Way, source: &str, runs: u32) -> Result<Option<Cost>> {
    let (mut costs, mut bytes) = (Vec::new(), 0);
    let file = tempfile::NamedTempFile::new()?;
    let (program, words) = way.words.split_first().context("an empty command")?;
    for _ in 0..runs {
        let mut command = Command::new(program);
        // Through a pipe: the program may live behind a door that files do not pass.
        command.args(words).args(["-d", source]).stdout(fs::File::create(file.path())?);
        process::without_pg_environment(&mut command);
        match measure(&mut command, None) {
            Ok(run) => costs.push(run),
            Err(error) if way.name.starts_with("pg_dump") => {
                println!("{:<28} not measured: {error}", way.name);
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        bytes = fs::metadata(file.path())?.len();
    }
    ensure!(bytes > 0, "`{}` wrote nothing", way.name);
    Ok(Some(Cost { bytes, run: Run::median(&costs) }))
}

/// CPU of stripes against zstd alone, on the rows of every table.
fn stripes(source: &str) -> Result<()> {
    println!("\nstripes against zstd level 1 on the same rows as COPY text");
    let words = ["bench", "-q", "-p", "pgx-core", "--bench", "stripe"];
    process::succeed(process::cargo().args(words).env("PGX_STRIPE_SOURCE", source))
}

fn database_name(uri: &str) -> &str {
    let end = uri.find('?').unwrap_or(uri.len());
    uri[..end].rsplit('/').next().unwrap_or(uri)
}
