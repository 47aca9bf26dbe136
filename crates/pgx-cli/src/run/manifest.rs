//! `pgx manifest`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use pgx_core::catalog::Listing;
use pgx_core::connect::{Session, Side};
use pgx_core::select::{self, ForeignKeys, InitOptions};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::manifest::{ForeignKeyPolicy, ManifestArgs, ManifestCommand, ManifestInitArgs};

pub(super) fn run(args: &ManifestArgs, run: &Run) -> Result<Outcome> {
    let ManifestCommand::Init(args) = &args.command;
    let patterns = super::table_patterns(&args.tables)?;
    let config = run.config(&args.connection, args.database.as_deref(), Side::Source)?;
    let database = config.database.clone();
    let mut session = Session::open(&config)?;
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let listing = Listing::read(&mut session)?;
    let only = select::matching_relations(&patterns, &listing, &mut session)?;
    session.execute("COMMIT")?;
    let foreign_keys = match args.foreign_keys {
        ForeignKeyPolicy::Check => ForeignKeys::Check,
        ForeignKeyPolicy::Follow => ForeignKeys::Follow,
        ForeignKeyPolicy::Ignore => ForeignKeys::Ignore,
    };
    let options = InitOptions { database, only, foreign_keys };
    write(args, &select::init(&listing, &options))?;
    Ok(Outcome::Complete)
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
