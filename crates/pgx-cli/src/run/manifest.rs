//! `pgx manifest`.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use pgx_core::catalog::Listing;
use pgx_core::connect::{Session, Side};
use pgx_core::select::{self, Choice, written};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::manifest::{ManifestArgs, ManifestCommand, ManifestInitArgs};
use crate::console::{counted, size};

pub(super) fn run(args: &ManifestArgs, run: &Run) -> Result<Outcome> {
    let ManifestCommand::Init(args) = &args.command;
    let request = select::Request {
        include_tables: super::table_patterns(&args.tables)?,
        ..select::Request::default()
    };
    let config = run.config(&args.connection, args.database.as_deref(), Side::Source)?;
    let database = config.database.clone();
    let mut session = Session::open(&config)?;
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let listing = Listing::read(&mut session)?;
    let choice = request.choose(&listing, &mut session)?;
    session.execute("COMMIT")?;
    let (text, n_tables) = manifest(&database, &listing, &choice);
    write(args, &text)?;
    run.console.summary(&format!("wrote {}", counted(n_tables, "table")));
    Ok(Outcome::Complete)
}

/// A manifest of every chosen table, by name. A partition comes with its partitioned table.
fn manifest(database: &str, listing: &Listing, choice: &Choice) -> (String, u64) {
    let mut tables: Vec<_> = listing
        .relations
        .values()
        .filter(|relation| choice.has_schema(relation.oid) && matches!(relation.kind, 'r' | 'p'))
        .filter(|relation| !relation.is_partition && relation.extension.is_none())
        .collect();
    tables.sort_by_key(|relation| (relation.schema.clone(), relation.name.clone()));
    let mut text = String::new();
    let _ = writeln!(text, "# Tables of a dump: pgx dump --tables-from THIS_FILE");
    let _ = writeln!(text, "version = 1");
    let _ = writeln!(text, "description = {}", toml(&format!("tables of {database}")));
    let _ = writeln!(text, "foreign_keys = \"check\" # check, follow or ignore");
    for relation in &tables {
        let name = format!("{}.{}", written(&relation.schema), written(&relation.name));
        let _ = writeln!(text, "\n[[table]]");
        let _ = match relation.kind {
            'p' => writeln!(text, "name = {} # with its partitions", toml(&name)),
            _ => {
                writeln!(text, "name = {} # about {}", toml(&name), size(relation.bytes_estimate))
            }
        };
    }
    (text, tables.len() as u64)
}

/// A TOML basic string.
fn toml(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn write(args: &ManifestInitArgs, text: &str) -> Result<()> {
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        return super::print(text);
    };
    let mut options = OpenOptions::new();
    options.write(true);
    let options = match args.force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let error = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::new(Code::OutputExists, "the file exists already")
                    .hint("choose another name, or replace it with --force")
            }
            io::ErrorKind::StorageFull => {
                Error::new(Code::OutputFull, "the manifest cannot be written").source(error)
            }
            _ => Error::new(Code::OutputFailed, "the manifest cannot be written").source(error),
        };
        error.object(format!("file {}", path.display()))
    })
}
