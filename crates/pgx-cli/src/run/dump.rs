//! `pgx dump`.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

use pgx_core::archive::OutputFile;
use pgx_core::connect::{Config, Side};
use pgx_core::dump::{self, DumpReport, DumpRequest};
use pgx_core::select::{self, TablesFormat as CoreFormat};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::dump::{CopyFormat, DumpArgs, SelectionArgs, TablesFormat};
use crate::console::{and_large_objects, counted, size};
use crate::output::Stdout;

pub(super) fn run(args: &DumpArgs, run: &Run) -> Result<Outcome> {
    let started = Instant::now();
    let request = resolve(args, run)?;
    let report = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        Some(file) => to_file(file, args.force, &request, run)?,
        None => to_stdout(&request, run)?,
    };
    for skipped in &report.skipped {
        run.console.warning(&format!("left out: {skipped}"));
    }
    run.console.summary(&format!(
        "dumped {}, {}{}, {} ({} stored) in {:.1} s",
        counted(report.tables as u64, "table"),
        counted(report.rows, "row"),
        and_large_objects(report.large_objects),
        size(report.raw_bytes),
        size(report.stored_bytes),
        started.elapsed().as_secs_f64()
    ));
    Ok(if report.skipped.is_empty() { Outcome::Complete } else { Outcome::Skipped })
}

fn resolve(args: &DumpArgs, run: &Run) -> Result<DumpRequest> {
    let selection = &args.selection;
    check_format(selection)?;
    if selection.schema_only && !selection.include_foreign_data.is_empty() {
        return Err(Error::new(
            Code::Usage,
            "--include-foreign-data asks for rows, --schema-only for none",
        )
        .hint("leave one of them out"));
    }
    Ok(DumpRequest {
        parts: super::parts(selection.schema_only, selection.data_only)?,
        selection: choose(selection)?,
        config: Config {
            role: args.role.role.clone(),
            ..run.config(&args.connection, args.database.as_deref(), Side::Source)?
        },
        skip_unsupported: args.skip_unsupported,
        omitted: selection.omitted.omitted(),
        codec: args.compress,
        copy_format: match args.copy_format {
            CopyFormat::Auto => dump::CopyFormat::Auto,
            CopyFormat::Binary => dump::CopyFormat::Binary,
            CopyFormat::Text => dump::CopyFormat::Text,
        },
        jobs: usize::from(args.jobs),
        lock_wait: args.lock_wait_timeout,
        request_text: request_text(selection),
    })
}

/// A filter file adds to the switches; a manifest or a list stands alone.
fn check_alone(selection: &SelectionArgs) -> Result<()> {
    let named = [
        ("-t", &selection.tables),
        ("-T", &selection.exclude_tables),
        ("-n", &selection.schemas),
        ("-N", &selection.exclude_schemas),
        ("--include-foreign-data", &selection.include_foreign_data),
    ];
    let Some((option, _)) = named.iter().find(|(_, patterns)| !patterns.is_empty()) else {
        return Ok(());
    };
    Err(Error::new(
        Code::Usage,
        format!("{option} and --tables-from both say which tables to dump"),
    )
    .hint("write all of it into the file, or leave the file out"))
}

fn check_format(selection: &SelectionArgs) -> Result<()> {
    if selection.tables_format.is_some() && selection.tables_from.is_empty() {
        return Err(Error::new(Code::Usage, "--tables-format describes a file that is not given")
            .hint("add --tables-from FILE"));
    }
    Ok(())
}

fn choose(args: &SelectionArgs) -> Result<select::Request> {
    let mut request = select::Request {
        include_tables: super::table_patterns(&args.tables)?,
        exclude_tables: super::table_patterns(&args.exclude_tables)?,
        include_schemas: super::schema_patterns(&args.schemas)?,
        exclude_schemas: super::schema_patterns(&args.exclude_schemas)?,
        include_foreign_data: super::server_patterns(&args.include_foreign_data)?,
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

/// The selection in the user's words, kept in the archive. Holds nothing of the connection.
fn request_text(args: &SelectionArgs) -> String {
    let mut words = Vec::new();
    let lists = [
        ("-t", &args.tables),
        ("-T", &args.exclude_tables),
        ("-n", &args.schemas),
        ("-N", &args.exclude_schemas),
        ("--include-foreign-data", &args.include_foreign_data),
    ];
    for (option, values) in lists {
        words.extend(values.iter().map(|value| format!("{option} {value}")));
    }
    words.extend(args.tables_from.iter().map(|file| format!("--tables-from {}", file.display())));
    words.extend(args.schema_only.then(|| "--schema-only".to_owned()));
    words.extend(args.data_only.then(|| "--data-only".to_owned()));
    words.extend(args.large_objects.then(|| "--large-objects".to_owned()));
    words.extend(args.no_large_objects.then(|| "--no-large-objects".to_owned()));
    words.extend(args.omitted.words());
    words.join(" ")
}

/// The file appears under its name when the dump is complete, or not at all.
fn to_file(file: &Path, force: bool, request: &DumpRequest, run: &Run) -> Result<DumpReport> {
    let output = OutputFile::create(file, force)?;
    if let Some(temporary) = output.temporary() {
        run.leftovers.add(temporary.to_owned());
    }
    let (output, report) = dump::dump(request, output, &run.console)
        .map_err(|error| super::of_output(error, &format!("file {}", file.display())))?;
    run.interrupt.check()?;
    output.commit()?;
    Ok(report)
}

fn to_stdout(request: &DumpRequest, run: &Run) -> Result<DumpReport> {
    if io::stdout().is_terminal() {
        return Err(Error::new(Code::Usage, "an archive is not written to a terminal")
            .hint("name a file with -f, or pipe the archive somewhere"));
    }
    let stdout = Stdout::open(&run.interrupt)
        .map_err(|error| Error::new(Code::OutputFailed, "cannot write to stdout").source(error))?;
    dump::dump(request, stdout, &run.console)
        .map(|(_, report)| report)
        .map_err(|error| super::of_output(error, "standard output"))
}
