//! Proof: an archive against itself, and a database against an archive.

mod archive;
mod contents;
mod database;
pub mod fingerprint;
mod large_objects;
mod texts;

pub use archive::{Depth, VerifyReport};
pub use contents::{Contents, Stream};
pub(crate) use database::has_doubtful_forms;
pub use database::{Comparison, TableComparison, Verdict};
pub(crate) use texts::Texts;

use crate::archive::{FileReader, Input};
use crate::connect::{Config, Interrupt};
use crate::error::Result;
use crate::event::Observer;
use crate::toc::NameMap;

/// Checks an archive against itself.
///
/// # Errors
/// Codes 7xx: what is wrong with the archive.
pub fn archive(
    input: Input,
    depth: Depth,
    interrupt: &Interrupt,
    observer: &dyn Observer,
) -> Result<VerifyReport> {
    observer.stage("checking the archive");
    archive::check(input, depth, interrupt).map(|(_, report)| report)
}

/// Checks an archive against itself, then compares the rows of a database with it, in which schemas
/// may have other names.
///
/// # Errors
/// As [`archive`()]; codes 4xx and 5xx of the database. Differences are no error here: see
/// [`Comparison::result`].
pub fn against(
    input: Input,
    depth: Depth,
    config: &Config,
    schemas: &NameMap,
    observer: &dyn Observer,
) -> Result<Comparison> {
    observer.stage("checking the archive");
    let again = input.open_at_random()?;
    let (contents, _) = archive::check(input, depth, &config.interrupt)?;
    rows(&contents, again, config, schemas, observer)
}

/// Compares the rows of a database with an archive that was read, and can be read `again`.
///
/// # Errors
/// As [`against`], the archive's own checks aside.
pub fn rows(
    contents: &Contents,
    again: Option<FileReader>,
    config: &Config,
    schemas: &NameMap,
    observer: &dyn Observer,
) -> Result<Comparison> {
    observer.stage("reading the database");
    let texts = again.map(Texts::new);
    database::compare(contents, texts.transpose()?, config, schemas, observer)
}
