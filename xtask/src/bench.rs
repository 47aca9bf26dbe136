//! `cargo xtask bench`: pgx beside pg_dump, pg_restore and pgcopydb.

mod archive;
mod compare;
mod figures;
mod growth;
mod measure;
mod page;
mod peers;
mod place;
mod report;
mod samples;
mod server;
mod stages;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::demo;
use crate::servers::{self, Fleet};
use compare::{Bench, Cell, Source};
use figures::FIGURES;
use peers::Peers;
use place::{Fresh, Place};

/// `cargo xtask bench`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    subject: Subject,
    /// Databases of that server, which are only read [default: generated ones]
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "NAME", requires = "server")]
    databases: Vec<String>,
    /// The size of generated databases: at 1 about 1 GB each, or 10,000 tables
    #[arg(long, default_value_t = 0.1, conflicts_with = "databases")]
    scale: f64,
    /// Only figures whose name holds this; can be repeated
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Every figure is the median of so many runs of each side
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// A program that needs longer is stopped, and not run again
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    patience: u64,
    /// See that everything works: small generated databases, one run
    #[arg(long, conflicts_with_all = ["databases", "scale", "runs"])]
    quick: bool,
    #[command(flatten)]
    peers: peers::Whereabouts,
}

#[derive(clap::Subcommand)]
enum What {
    /// Bytes of archives and CPU of the client, against pg_dump, and what stripes cost
    Archive(archive::Arguments),
    /// How cost grows with rows, with tables and with sessions
    Growth(growth::Arguments),
    /// What the server alone needs for the same work: what no client can be faster than
    Server(server::Arguments),
    /// The micro-benchmarks of single stages
    Stages(stages::Arguments),
}

/// Targets are about data of this size or larger.
const FULL: f64 = 1.0;
const QUICK: f64 = 0.005;

/// What is measured, and where.
#[derive(clap::Args)]
struct Subject {
    /// The server to use, where databases of our own are made and dropped [default: one for the
    /// occasion]
    #[arg(long, value_name = "URI")]
    server: Option<String>,
    /// The pgx to measure, instead of one built for the occasion
    #[arg(long, value_name = "FILE")]
    pgx: Option<PathBuf>,
    /// Write the result into docs/performance.md
    #[arg(long)]
    write: bool,
}

/// A program, and a server for as long as it is needed.
struct Ground {
    pgx: PathBuf,
    place: Place,
    _fleet: Option<Fleet>,
}

impl Subject {
    fn ground(&self, peers_server: Option<&str>) -> Result<Ground> {
        let pgx = match &self.pgx {
            Some(file) => file.clone(),
            None => demo::build()?,
        };
        if let Some(server) = &self.server {
            return Ok(Ground { pgx, place: Place::at(server, peers_server)?, _fleet: None });
        }
        let fleet = Fleet::start(&[servers::one()?])?;
        let place = Place::at(&fleet.server().uri("postgres"), peers_server)?;
        Ok(Ground { pgx, place, _fleet: Some(fleet) })
    }

    /// Prints a text, and puts it into the page if that is wanted.
    fn tell(&self, name: &str, text: &str) -> Result<()> {
        println!("\n{text}");
        if self.write { page::write(name, text) } else { Ok(()) }
    }
}

impl Arguments {
    /// The command that measures the same again, wherever the server is.
    fn shown(&self) -> String {
        let mut words = vec!["cargo xtask bench".to_owned()];
        words.extend(self.subject.server.as_ref().map(|_| "--server URI".to_owned()));
        match (self.quick, &self.databases[..]) {
            (true, _) => words.push("--quick".to_owned()),
            (_, []) => words.push(format!("--scale {}", self.scale)),
            (_, databases) => words.push(format!("--databases {}", databases.join(","))),
        }
        words.extend(self.only.iter().map(|text| format!("--only {}", text.replace(' ', "\\ "))));
        words.extend((!self.quick).then(|| format!("--runs {}", self.runs)));
        words.join(" ")
    }
}

/// Runs the subcommand, or compares pgx with its peers.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.what {
        Some(What::Archive(arguments)) => archive::run(arguments),
        Some(What::Growth(arguments)) => growth::run(arguments),
        Some(What::Server(arguments)) => server::run(arguments),
        Some(What::Stages(arguments)) => stages::run(arguments),
        None => compare(arguments),
    }
}

/// Fails when pgx needs more memory than it may, after all is said.
fn compare(arguments: &Arguments) -> Result<()> {
    let Ground { pgx, place, _fleet } =
        &arguments.subject.ground(arguments.peers.peers_server.as_deref())?;
    let peers = &Peers::found(&arguments.peers, place)?;
    let runs = if arguments.quick { 1 } else { arguments.runs };
    let patience = Duration::from_secs(arguments.patience);
    let bench = Bench { place, peers, pgx: pgx.clone(), runs, patience };
    let (cells, databases) = cells(&bench, arguments)?;
    let text = told(&bench, arguments, &cells, &databases)?;
    arguments.subject.tell("comparison", &text)?;
    report::check_memory(&cells)
}

/// Name and bytes of each database.
type Databases = Vec<(String, u64)>;

/// Measures the chosen figures of every database.
fn cells(bench: &Bench<'_>, arguments: &Arguments) -> Result<(Vec<Cell>, Databases)> {
    let (mut cells, mut databases) = (Vec::new(), Vec::new());
    if arguments.databases.is_empty() {
        let scale = if arguments.quick { QUICK } else { arguments.scale };
        for sample in samples::ALL {
            let made: Fresh<'_> = sample.make(bench.place, scale)?;
            let source = Source { database: made.name.clone(), shown: sample.name.to_owned() };
            cells.extend(of(bench, arguments, &source)?);
            databases.push((source.shown, bench.place.bytes(&source.database)?));
        }
    }
    for name in &arguments.databases {
        let source = Source { database: name.clone(), shown: name.clone() };
        cells.extend(of(bench, arguments, &source)?);
        databases.push((source.shown, bench.place.bytes(name)?));
    }
    Ok((cells, databases))
}

fn of(bench: &Bench<'_>, arguments: &Arguments, source: &Source) -> Result<Vec<Cell>> {
    let only = &arguments.only;
    let chosen = |name: &str| only.is_empty() || only.iter().any(|text| name.contains(text));
    let figures = FIGURES.iter().filter(|figure| chosen(&figure.name()));
    figures.map(|figure| bench.cell(figure, source)).collect()
}

/// Everything that is known, in Markdown.
fn told(
    bench: &Bench<'_>,
    arguments: &Arguments,
    cells: &[Cell],
    databases: &[(String, u64)],
) -> Result<String> {
    let best = bench.peers.best;
    let full = !arguments.databases.is_empty() || (!arguments.quick && arguments.scale >= FULL);
    let names: Vec<String> = databases.iter().map(|(name, _)| name.clone()).collect();
    let texts = [
        format!("By `{}`. {}", arguments.shown(), report::sizes(databases)),
        report::surroundings(bench)?,
        report::ratios(cells, &names, best, full).to_string(),
        report::details(cells, best).to_string(),
        report::remarks(cells),
    ];
    let texts = texts.iter().map(|text| text.trim_end()).filter(|text| !text.is_empty());
    Ok(texts.collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parsed(words: &str) -> Result<Arguments, clap::Error> {
        let words = std::iter::once("bench").chain(words.split_whitespace());
        Line::try_parse_from(words).map(|line| line.arguments)
    }

    #[test]
    fn databases_are_those_of_a_server() {
        let arguments = parsed("--server postgresql:/// --databases a,b --only clone").unwrap();
        assert_eq!(arguments.databases, ["a", "b"]);
        assert_eq!((arguments.runs, arguments.what.is_none()), (5, true));
        let shown = "cargo xtask bench --server URI --databases a,b --only clone --runs 5";
        assert_eq!(arguments.shown(), shown);
        assert_eq!(parsed("--quick").unwrap().shown(), "cargo xtask bench --quick");
        assert!(parsed("--databases a").is_err());
        assert!(parsed("--server postgresql:/// --databases a --quick").is_err());
        assert!(parsed("--quick --runs 3").is_err());
    }

    #[test]
    fn growth_has_sizes_of_its_own() {
        let arguments = parsed("growth --tables 10,20 --rows 1,2.5").unwrap();
        let Some(What::Growth(growth)) = arguments.what else { panic!("another command") };
        assert_eq!((growth.tables, growth.rows), (vec![10, 20], vec![1.0, 2.5]));
    }
}
