//! The end of a restore: every database gets its name, or none does.

use std::thread;

use super::existing::Existing;
use super::{Build, RestoreReport};
use crate::connect::quote::ident;
use crate::connect::{Config, Session};
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::Within;
use crate::restore::publish::{self, IN_USE};
use crate::restore::session::{roll_back, uninterrupted};
use crate::restore::staging::{ATTEMPTS, PAUSE, Staged};
use crate::restore::work::Work;
use crate::toc::DatabaseSpec;

type Built = (Staged, RestoreReport);

/// A database that is there, and what it is to be like.
struct Properties {
    name: String,
    database: DatabaseSpec,
}

/// Loads what goes into databases that are there, gives the others their names, and commits.
///
/// # Errors
/// See [`super::cluster`].
pub(super) fn publish(
    build: &mut Build<'_>,
    staged: &[Built],
    existing: &[Existing],
) -> Result<()> {
    let labels: Vec<String> = existing.iter().map(|one| format!("database {}", one.name)).collect();
    let observers: Vec<Within<'_>> =
        labels.iter().map(|label| Within::new(label, build.observer)).collect();
    let mut works: Vec<Work<'_>> = existing
        .iter()
        .zip(&observers)
        .map(|(one, observer)| Work::new(&one.request, observer))
        .collect();
    let mut loaded = Vec::new();
    let mut properties = Vec::new();
    for (one, work) in existing.iter().zip(&mut works) {
        let load = one.load(work).and_then(|done| Ok((done, one.database()?)));
        let (done, database) = load.map_err(|error| build.abandoned(error, staged))?;
        loaded.push(done);
        properties.push(Properties { name: one.name.clone(), database });
    }
    build.observer.stage("publishing");
    let warnings = give_names(build, staged, &properties)?;
    warnings.iter().for_each(|warning| build.observer.warning(warning.clone()));
    let mut failed = None;
    for ((done, work), one) in loaded.into_iter().zip(&mut works).zip(existing) {
        if let Err(error) = done.commit(work) {
            let error = error.object(format!("database {}", one.name));
            failed.get_or_insert(error);
        }
    }
    if let Some(error) = failed {
        return Err(partly(error, staged));
    }
    build.report.databases.extend(works.into_iter().map(Work::finish));
    build.report.databases.extend(staged.iter().map(|(_, report)| report.clone()));
    build.report.globals.warnings.extend(warnings);
    Ok(())
}

/// The databases have their names: what failed behind that does not undo it.
fn partly(error: Error, staged: &[Built]) -> Error {
    let made = staged.iter().map(|(staged, _)| ident(&staged.names.name)).collect::<Vec<_>>();
    error
        .with_code(Code::TargetPartial)
        .note(format!("these databases are made and complete: {}", made.join(", ")))
        .with_hint("restore the database that failed by itself, with --database")
}

/// Gives every database its name and its properties, in one transaction. Returns warnings.
fn give_names(
    build: &Build<'_>,
    staged: &[Built],
    properties: &[Properties],
) -> Result<Vec<String>> {
    let config = match staged.first() {
        Some((first, _)) => &first.config,
        None => &build.request.each.config,
    };
    let outcome = open(config, staged).and_then(|mut session| {
        let outcome = in_one_transaction(&mut session, staged, properties);
        roll_back(&mut session);
        outcome
    });
    outcome.or_else(|error| keep(build, config, error, staged))
}

fn open(config: &Config, staged: &[Built]) -> Result<Session> {
    match staged.is_empty() {
        true => crate::connect::open_maintenance(config),
        false => Session::open(config),
    }
}

fn in_one_transaction(
    session: &mut Session,
    staged: &[Built],
    properties: &[Properties],
) -> Result<Vec<String>> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        staged.iter().try_for_each(|(one, _)| publish::close(session, &one.names))?;
        publish::begin(session)?;
        match all(session, staged, properties) {
            Err(error) if error.sqlstate() == Some(IN_USE) && attempt < ATTEMPTS => {
                session.execute("ROLLBACK")?;
                thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn all(session: &mut Session, staged: &[Built], properties: &[Properties]) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (one, _) in staged {
        let Staged { names, database, .. } = one;
        let given = publish::open_as(session, names, database, &names.name);
        warnings.extend(given.object(|| names.database())?);
    }
    for one in properties {
        let given = publish::adapt(session, &ident(&one.name), &one.database);
        warnings.extend(given.object(|| format!("database {}", ident(&one.name)))?);
    }
    session.execute("COMMIT")?;
    Ok(warnings)
}

/// The databases are complete, and their names could not be given: they stay, unless the work was
/// interrupted.
fn keep(build: &Build<'_>, config: &Config, error: Error, staged: &[Built]) -> Result<Vec<String>> {
    if matches!(error.code(), Code::Interrupted | Code::Terminated) || staged.is_empty() {
        return Err(build.abandoned(error, staged));
    }
    let mut session = Session::open(&uninterrupted(config)).map_err(|_| left(&error, staged))?;
    let mut lacking = Vec::new();
    for (one, _) in staged {
        let names = &one.names;
        if publish::is_there(&mut session, &names.staging)? {
            let kept = publish::keep(&mut session, names, &one.database);
            let refused = |error| vec![format!("{} is left as it is: {error}", names.database())];
            lacking.extend(kept.unwrap_or_else(refused));
        } else if publish::is_there(&mut session, &names.name)? {
            // The answer to COMMIT was lost, and the commit was not: all names were given.
            return Ok(Vec::new());
        } else {
            return Err(build.abandoned(publish::gone(names), staged));
        }
    }
    Err(lacking.into_iter().fold(left(&error, staged), Error::note))
}

/// What is left to do by hand.
fn left(error: &Error, staged: &[Built]) -> Error {
    let mut kept = Error::new(
        Code::NotPublished,
        format!("{} restored databases are complete but have their staging names", staged.len()),
    )
    .note(error.to_string())
    .hint("when the cause is gone, run these statements");
    if let Some(server) = error.server_error() {
        kept = kept.server(server.clone());
    }
    staged.iter().fold(kept, |kept, (one, _)| {
        let (staging, name) = (ident(&one.names.staging), ident(&one.names.name));
        kept.note(format!("ALTER DATABASE {staging} RENAME TO {name};"))
    })
}
