//! `pgx dump`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use pgx_core::archive::OutputFile;
use pgx_core::connect::{Config, Side};
use pgx_core::dump::{
    self, ClusterReport, ClusterRequest, DumpReport, DumpRequest, GlobalsRequest,
};
use pgx_core::select::{self, Pattern, TablesFormat as CoreFormat};
use pgx_core::toc::{Parts, Sections};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::dump::{CopyFormat, DumpArgs, SelectionArgs, TablesFormat};
use crate::args::parts::PartsArgs;
use crate::console::{and_large_objects, counted, size};
use crate::output::Stdout;

/// What is dumped.
enum What {
    Database(Box<DumpRequest>),
    Globals(Box<GlobalsRequest>),
    Cluster(Box<ClusterRequest>),
}

/// What was dumped.
enum Dumped {
    Database(DumpReport),
    Globals(DumpReport),
    Cluster(ClusterReport),
}

impl What {
    fn dump<W: Write + Send>(&self, output: W, run: &Run) -> Result<(W, Dumped)> {
        match self {
            What::Database(request) => dump::dump(request, output, &run.console)
                .map(|(output, report)| (output, Dumped::Database(report))),
            What::Globals(request) => dump::globals(request, output, &run.console)
                .map(|(output, report)| (output, Dumped::Globals(report))),
            What::Cluster(request) => dump::cluster(request, output, &run.console)
                .map(|(output, report)| (output, Dumped::Cluster(report))),
        }
    }
}

pub(super) fn run(args: &DumpArgs, run: &Run) -> Result<Outcome> {
    let started = Instant::now();
    let what = what(args, run)?;
    let dumped = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        Some(file) => to_file(file, args.force, &what, run)?,
        None => to_stdout(&what, run)?,
    };
    match dumped {
        Dumped::Database(report) => Ok(tell(&report, started, run)),
        Dumped::Globals(report) => {
            super::globals::tell_dump(&report, started, run);
            Ok(Outcome::Complete)
        }
        Dumped::Cluster(report) => Ok(super::cluster::tell_dump(&report, started, run)),
    }
}

fn what(args: &DumpArgs, run: &Run) -> Result<What> {
    if args.cluster.all_databases {
        return super::cluster::dump_request(args, run)
            .map(|request| What::Cluster(Box::new(request)));
    }
    match args.globals.parts()? {
        Some(parts) => super::globals::request(args, parts, run)
            .map(|request| What::Globals(Box::new(request))),
        None => {
            let config = run.config(&args.connection, args.database.as_deref(), Side::Source)?;
            let config = Config { role: args.role.role.clone(), ..config };
            resolve(args, config).map(|request| What::Database(Box::new(request)))
        }
    }
}

fn tell(report: &DumpReport, started: Instant, run: &Run) -> Outcome {
    for skipped in &report.skipped {
        run.console.warning(&format!("left out: {skipped}"));
    }
    run.console.summary(&format!(
        "dumped {} in {:.1} s",
        amounts(report),
        started.elapsed().as_secs_f64()
    ));
    if report.skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped }
}

/// How much was dumped, in words.
pub(super) fn amounts(report: &DumpReport) -> String {
    format!(
        "{}, {}{}, {} ({} stored)",
        counted(report.tables as u64, "table"),
        counted(report.rows, "row"),
        and_large_objects(report.large_objects),
        size(report.raw_bytes),
        size(report.stored_bytes)
    )
}

/// The request for the database that `config` names.
pub(super) fn resolve(args: &DumpArgs, config: Config) -> Result<DumpRequest> {
    let (parts, sections) = parts(&args.parts, &args.selection)?;
    Ok(DumpRequest {
        parts,
        sections,
        selection: choose(&args.selection)?,
        config,
        skip_unsupported: args.skip_unsupported,
        omitted: args.omitted.omitted(),
        codec: args.compress,
        copy_format: copy_format(args.copy_format),
        jobs: args.jobs.map(usize::from),
        lock_wait: args.lock_wait_timeout,
        request_text: request_text(args),
    })
}

/// What of the objects and rows that `selection` chooses is read.
pub(super) fn parts(args: &PartsArgs, selection: &SelectionArgs) -> Result<(Parts, Sections)> {
    // Statistics come only when asked for, as with pg_dump.
    let (parts, sections) = (args.parts(false)?, args.sections());
    if !sections.of(parts).data && !selection.include_foreign_data.is_empty() {
        let words: Vec<String> = args.words().collect();
        let what = format!("--include-foreign-data asks for rows, {} for none", words.join(" "));
        return Err(Error::new(Code::Usage, what).hint("leave one of them out"));
    }
    Ok((parts, sections))
}

pub(super) fn copy_format(asked: CopyFormat) -> dump::CopyFormat {
    match asked {
        CopyFormat::Auto => dump::CopyFormat::Auto,
        CopyFormat::Binary => dump::CopyFormat::Binary,
        CopyFormat::Text => dump::CopyFormat::Text,
    }
}

/// A filter file adds to the switches; a manifest or a list stands alone.
fn check_alone(selection: &SelectionArgs) -> Result<()> {
    let lists = patterns(selection);
    let Some((option, _)) = lists.iter().find(|(_, patterns)| !patterns.is_empty()) else {
        return Ok(());
    };
    Err(Error::new(
        Code::Usage,
        format!("{option} and --tables-from both say which tables to dump"),
    )
    .hint("write all of it into the file, or leave the file out"))
}

/// The options that choose by patterns, and what they were given.
pub(super) fn patterns(args: &SelectionArgs) -> [(&'static str, &Vec<String>); 11] {
    [
        ("-t", &args.tables),
        ("--table-and-children", &args.table_and_children),
        ("-T", &args.exclude_tables),
        ("--exclude-table-and-children", &args.exclude_table_and_children),
        ("--exclude-table-data", &args.exclude_table_data),
        ("--exclude-table-data-and-children", &args.exclude_table_data_and_children),
        ("-n", &args.schemas),
        ("-N", &args.exclude_schemas),
        ("-e", &args.extensions),
        ("--exclude-extension", &args.exclude_extensions),
        ("--include-foreign-data", &args.include_foreign_data),
    ]
}

fn check_format(selection: &SelectionArgs) -> Result<()> {
    if selection.tables_format.is_some() && selection.tables_from.is_empty() {
        return Err(Error::new(Code::Usage, "--tables-format describes a file that is not given")
            .hint("add --tables-from FILE"));
    }
    Ok(())
}

pub(super) fn choose(args: &SelectionArgs) -> Result<select::Request> {
    check_format(args)?;
    let mut request = select::Request {
        include_tables: tables(&args.tables, &args.table_and_children)?,
        exclude_tables: tables(&args.exclude_tables, &args.exclude_table_and_children)?,
        exclude_table_data: tables(
            &args.exclude_table_data,
            &args.exclude_table_data_and_children,
        )?,
        without_unlogged_rows: args.no_unlogged_table_data,
        include_schemas: super::schema_patterns(&args.schemas)?,
        exclude_schemas: super::schema_patterns(&args.exclude_schemas)?,
        include_extensions: super::unqualified_patterns(&args.extensions)?,
        exclude_extensions: super::unqualified_patterns(&args.exclude_extensions)?,
        include_foreign_data: super::unqualified_patterns(&args.include_foreign_data)?,
        large_objects: match (args.large_objects, args.no_large_objects) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        ..select::Request::default()
    };
    let format = args.tables_format.map(|format| match format {
        TablesFormat::Toml => CoreFormat::Toml,
        TablesFormat::Filter => CoreFormat::Filter,
        TablesFormat::List => CoreFormat::List,
    });
    for file in &args.tables_from {
        // Refused before it is read where its name tells enough.
        let form = format.unwrap_or_else(|| CoreFormat::of(file, ""));
        if form == CoreFormat::Toml {
            check_alone(args)?;
        }
        request.add_tables_from(file, format)?;
    }
    if request.manifest.is_some() {
        check_alone(args)?;
    }
    Ok(request)
}

/// Patterns for tables alone, and for tables with all that is below them.
fn tables(alone: &[String], with_children: &[String]) -> Result<Vec<Pattern>> {
    let mut patterns = super::table_patterns(alone)?;
    for mut pattern in super::table_patterns(with_children)? {
        pattern.and_children = true;
        patterns.push(pattern);
    }
    Ok(patterns)
}

/// The selection in the user's words, kept in the archive. Holds nothing of the connection.
fn request_text(args: &DumpArgs) -> String {
    let selection = &args.selection;
    let mut words = Vec::new();
    for (option, values) in patterns(selection) {
        words.extend(values.iter().map(|value| format!("{option} {value}")));
    }
    let files = selection.tables_from.iter();
    words.extend(files.map(|file| format!("--tables-from {}", file.display())));
    let switches = [
        (selection.no_unlogged_table_data, "--no-unlogged-table-data"),
        (selection.large_objects, "--large-objects"),
        (selection.no_large_objects, "--no-large-objects"),
    ];
    let switches = switches.into_iter().filter(|(set, _)| *set);
    words.extend(switches.map(|(_, word)| word.to_owned()));
    words.extend(args.parts.words());
    words.extend(args.omitted.words());
    words.join(" ")
}

/// The file appears under its name when the dump is complete, or not at all.
fn to_file(file: &Path, force: bool, what: &What, run: &Run) -> Result<Dumped> {
    let output = OutputFile::create(file, force)?;
    if let Some(temporary) = output.temporary() {
        run.leftovers.add(temporary.to_owned());
    }
    let (output, dumped) = what
        .dump(output, run)
        .map_err(|error| super::of_output(error, &format!("file {}", file.display())))?;
    run.interrupt.check()?;
    output.commit()?;
    Ok(dumped)
}

fn to_stdout(what: &What, run: &Run) -> Result<Dumped> {
    if io::stdout().is_terminal() {
        return Err(Error::new(Code::Usage, "an archive is not written to a terminal")
            .hint("name a file with -f, or pipe the archive somewhere"));
    }
    let stdout = Stdout::open(&run.interrupt)
        .map_err(|error| Error::new(Code::OutputFailed, "cannot write to stdout").source(error))?;
    what.dump(stdout, run)
        .map(|(_, dumped)| dumped)
        .map_err(|error| super::of_output(error, "standard output"))
}
