//! Archive → database: all of it or nothing.
//!
//! A [`Plan`] puts the archive's entries in steps (`plan`, `pick`); it is fitted to what the target
//! has (`target`, `fit`), and what can be known to fail is said before anything is changed
//! (`preflight`). Then everything happens in one transaction: definitions and rows (`whole`), or
//! rows alone into tables that exist (`data_only`). With a database to make, that transaction runs
//! in a staging database that gets its name at the very end (`staging`). ANALYZE follows the
//! commit.

mod analyze;
mod batch;
mod cluster;
mod commit;
mod data_only;
mod definitions;
mod feed;
mod fit;
mod format;
mod globals;
mod journal;
mod keys;
mod kinds;
mod large_objects;
mod literals;
mod locale;
mod locks;
mod maps;
mod memory;
mod parallel;
mod pick;
mod plan;
mod preflight;
mod protect;
mod public;
mod publish;
mod refusal;
mod renaming;
mod report;
mod request;
mod resumable;
mod rows;
mod schemas;
mod sequences;
mod session;
mod source;
mod staging;
mod standing;
mod statements;
mod statistics;
mod tables;
mod target;
mod texts;
mod versions;
mod whole;
mod work;

#[cfg(test)]
mod tests;

pub use cluster::{ClusterReport, ClusterRequest, cluster, plan_cluster};
pub use globals::{GlobalItem, GlobalOutcome, GlobalsPlan};
pub use plan::Plan;
pub use report::{RestoreReport, Skipped};
pub use request::{CreateDatabase, RestoreRequest};
pub use statements::of_entry as statements;

use std::fmt;

use renaming::Renaming;
use rows::Table;
use source::Source;
use target::Target;
use work::Work;

use crate::archive::{FileReader, Input, PipeReader};
use crate::connect::{Config, Session};
use crate::error::{Code, Error, Result};
use crate::event::Observer;
use crate::toc::{Content, Entry, Meta};

/// What a restore would do. It prints itself.
#[derive(Clone, Debug)]
pub enum Preview {
    /// Of a database.
    Database(Plan),
    /// Of roles and tablespaces.
    Globals(GlobalsPlan),
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Preview::Database(plan) => plan.fmt(f),
            Preview::Globals(plan) => plan.fmt(f),
        }
    }
}

impl Preview {
    /// What is left out, and why; of roles and tablespaces only the target can tell.
    pub fn skipped(&self) -> &[Skipped] {
        match self {
            Preview::Database(plan) => plan.skipped(),
            Preview::Globals(_) => &[],
        }
    }

    fn new(meta: &Meta, entries: Vec<Entry>, request: &RestoreRequest) -> Result<Preview> {
        Ok(match meta.content {
            Content::Globals => Preview::Globals(GlobalsPlan::new(meta, &entries, request)?),
            Content::Database => Preview::Database(Plan::new(meta, entries, request)?),
        })
    }
}

/// What a restore of `input` would do, without connecting to a server.
///
/// # Errors
/// Codes 2xx: the request does not fit the archive. Codes 7xx: not an archive.
pub fn plan(request: &RestoreRequest, input: Input) -> Result<Preview> {
    let (meta, entries) = contents(input)?;
    Preview::new(&meta, entries, request)
}

fn contents(input: Input) -> Result<(Meta, Vec<Entry>)> {
    Ok(match input {
        Input::File(path) => {
            let reader = FileReader::open(&path)?;
            (reader.meta().clone(), reader.toc().to_vec())
        }
        Input::Part(part) => {
            let reader = part.open()?;
            (reader.meta().clone(), reader.toc().to_vec())
        }
        Input::Pipe(pipe) => {
            let reader = PipeReader::new(pipe)?;
            (reader.meta().clone(), reader.toc().to_vec())
        }
    })
}

/// The same, fitted to the existing database of the request, with warnings and with the error that the
/// restore would begin and end with. Reads the target's catalogs, and changes nothing.
///
/// # Errors
/// As [`plan()`]; the target cannot be reached.
pub fn rehearse(request: &RestoreRequest, input: Input) -> Result<(Preview, Result<Vec<String>>)> {
    let (meta, entries) = contents(input)?;
    if meta.content == Content::Globals {
        return Ok((Preview::new(&meta, entries, request)?, Ok(Vec::new())));
    }
    let mut plan = Plan::new(&meta, entries, request)?;
    let mut session = session::open(&request.config, &meta.encoding)?;
    let mut target = Target::read(&mut session, &plan)?;
    Renaming::new(&mut session, &plan, &target, request)?.seen(&mut target);
    let checked = preflight::fit_and_check(&mut plan, &meta, request, &target);
    Ok((Preview::Database(plan), checked))
}

/// Restores an archive: all of it, or (with an error) nothing.
///
/// # Errors
/// Codes 2xx, 7xx, 8xx, 11xx: nothing was changed; [`Code::NotPublished`]: the database was built
/// under another name; [`Code::TargetPartial`]: roles are restored, but not all tablespaces;
/// [`Code::InDoubt`]: the connection broke during COMMIT.
pub fn restore(
    request: &RestoreRequest,
    input: Input,
    observer: &dyn Observer,
) -> Result<RestoreReport> {
    let mut work = Work::new(request, observer);
    let source = Source::open(input, request, observer)?;
    if source.meta().content == Content::Globals {
        return globals::restore(work, source);
    }
    if request.create.is_none() && !request.database_named {
        return Err(Error::new(Code::Usage, "no database to restore into")
            .hint("name one with -d, or make one with --create"));
    }
    let plan = Plan::new(source.meta(), source.toc().to_vec(), request)?;
    work.warn(plan.warnings.clone());
    plan.database().clone_into(&mut work.report.database);
    match &request.create {
        Some(create) => staging::restore(work, create, plan, source),
        None if request.jobs > 1 => {
            resumable::restore(&mut work, plan, source)?;
            Ok(work.finish())
        }
        None => {
            fill(&mut work, &request.config, plan, source)
                .map_err(|error| unchanged(error, "the target was not changed"))?;
            Ok(work.finish())
        }
    }
}

/// Restores into the existing database of `config`, in one transaction, and analyzes it.
fn fill(work: &mut Work<'_>, config: &Config, plan: Plan, source: Source) -> Result<()> {
    load(work, config, plan, source)?.commit(work)
}

/// A database that is filled by a transaction which is still open: dropped, it rolls back.
struct Loaded {
    session: Session,
    plan: Plan,
    tables: Vec<Table>,
}

/// Does everything of a restore into the existing database of `config` but COMMIT.
fn load(work: &mut Work<'_>, config: &Config, mut plan: Plan, source: Source) -> Result<Loaded> {
    work.stage("connecting");
    let mut meta = source.meta().clone();
    maps::apply_to_database(&work.request.maps, &mut meta.database);
    let mut session = session::open(config, &meta.encoding)?;
    work.stage("checking the target");
    memory::give(&mut session, work.request)?;
    work.warn(public::drop_as_source(&mut session, &meta, work.request));
    let (target, renaming) = fitted(work, &mut session, &mut plan, &meta)?;
    session::begin(&mut session)?;
    let done = renaming.before(&mut session, &target, work.request).and_then(|()| {
        let tables = match plan.fills_existing() {
            true => {
                let tables = data_only::load(work, &mut session, &plan, source)?;
                whole::after_rows(work, &mut session, &plan)?;
                tables
            }
            false if work.request.jobs > 1 => {
                parallel::restore(work, &mut session, &mut plan, &target, source)?
            }
            false => whole::restore(work, &mut session, &plan, &target, source)?,
        };
        renaming.after(&mut session, &plan, work.request)?;
        session::still_inside(&session).map(|()| tables)
    });
    match done {
        Ok(tables) => Ok(Loaded { session, plan, tables }),
        Err(error) => {
            session::roll_back(&mut session);
            Err(error)
        }
    }
}

/// Fits the plan to the database of `session`, and does the preflight.
fn fitted(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &mut Plan,
    meta: &Meta,
) -> Result<(Target, Renaming)> {
    let mut target = Target::read(session, plan)?;
    let renaming = Renaming::new(session, plan, &target, work.request)?;
    renaming.seen(&mut target);
    work.warn(preflight::fit_and_check(plan, meta, work.request, &target)?);
    Ok((target, renaming))
}

impl Loaded {
    /// Commits, and analyzes.
    fn commit(mut self, work: &mut Work<'_>) -> Result<()> {
        work.stage("committing");
        let committed =
            session::still_inside(&self.session).and_then(|()| commit::commit(&mut self.session));
        match committed {
            Ok(usable) => {
                let Loaded { session, plan, tables } = self;
                let config = session.config().clone();
                work.report.skipped.splice(0..0, plan.skipped.iter().cloned());
                after(work, &config, usable.then_some(session), &plan, &tables)
            }
            Err(error) => {
                session::roll_back(&mut self.session);
                Err(error)
            }
        }
    }
}

/// What follows the commit can fail without harm: it becomes a warning.
fn after(
    work: &mut Work<'_>,
    config: &Config,
    session: Option<Session>,
    plan: &Plan,
    tables: &[Table],
) -> Result<()> {
    if !work.request.analyze {
        return Ok(());
    }
    work.stage("analyzing");
    let outcome = match session {
        Some(session) => Ok(session),
        None => Session::open(config),
    };
    let warnings = outcome.and_then(|mut session| {
        analyze::analyze(&mut session, plan, tables.iter(), &work.statistics.came)
    });
    work.warn(warnings.unwrap_or_else(|error| {
        vec![format!("the restore is committed, but ANALYZE did not finish: {error}")]
    }));
    Ok(())
}

/// Adds what became of the target, where the code does not say it is otherwise.
fn unchanged(error: Error, what: &str) -> Error {
    match error.code().exit_code() {
        7 | 8 | 11 | 130 | 143 => error.note(what),
        _ => error,
    }
}
