//! `pgx manifest`.

use std::path::Path;

use pgx_core::Result;
use pgx_core::catalog::Listing;
use pgx_core::connect::{Session, Side};
use pgx_core::select::{self, ForeignKeys, InitOptions};

use super::{Outcome, Run};
use crate::args::manifest::{ForeignKeyPolicy, ManifestArgs, ManifestCommand};

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
    let text = select::init(&listing, &options);
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => super::write_file(path, args.force, &text, "manifest")?,
        None => super::print(&text)?,
    }
    Ok(Outcome::Complete)
}
