//! Definitions: what makes objects, gives them to their owners, comments them, grants on them.

use super::batch::Batch;
use super::plan::{Action, Step};
use super::report::Skipped;
use super::request::RestoreRequest;
use super::statements;
use crate::connect::quote::literal;
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::toc::{Entry, Kind};

/// Sends the definitions of a restore.
pub(super) struct Definitions<'d> {
    batch: Batch<'d>,
    request: &'d RestoreRequest,
    observer: &'d dyn Observer,
    tablespace: String,
    access_method: String,
}

impl<'d> Definitions<'d> {
    pub(super) fn new(
        batch: Batch<'d>,
        request: &'d RestoreRequest,
        observer: &'d dyn Observer,
    ) -> Definitions<'d> {
        let access_method = "heap".to_owned();
        Definitions { batch, request, observer, tablespace: String::new(), access_method }
    }

    /// Carries out the steps of these actions; returns how many entries were made, and the keys to
    /// tables of the target that could not be.
    ///
    /// # Errors
    /// What the server refused, with the entry.
    pub(super) fn run(mut self, actions: &[Action]) -> Result<(u64, Vec<Skipped>)> {
        let plan = self.batch.plan;
        let mut made = 0;
        let mut skipped = Vec::new();
        for step in plan.steps.iter().filter(|step| actions.contains(&step.action.pass())) {
            let entry = &plan.entries[step.entry];
            if step.needs.is_some() && step.action.makes() {
                let refused = self.attempt(step, entry)?;
                made += u64::from(refused.is_none());
                skipped.extend(refused);
                continue;
            }
            self.step(step, entry)?;
            made += u64::from(step.action.makes());
        }
        self.switch_storage(0, "", "heap")?;
        self.batch.flush()?;
        Ok((made, skipped))
    }

    /// Makes a key to a table that was in the target before: what is wrong between the two is
    /// reported, and never ends the restore.
    fn attempt(&mut self, step: &Step, entry: &Entry) -> Result<Option<Skipped>> {
        self.batch.flush()?;
        self.batch.session.execute("SAVEPOINT key")?;
        let outcome = self.step(step, entry).and_then(|()| self.batch.flush());
        let undo = match outcome {
            Err(error) if speaks_of_the_tables(&error) => Some(error),
            outcome => {
                outcome?;
                None
            }
        };
        let Some(error) = undo else {
            self.batch.session.execute("RELEASE SAVEPOINT key")?;
            return Ok(None);
        };
        self.batch.session.execute("ROLLBACK TO SAVEPOINT key; RELEASE SAVEPOINT key")?;
        let server = error.server_error().map(ToString::to_string);
        let reason = server.unwrap_or_else(|| error.to_string());
        Ok(Some(Skipped { label: entry.label(), reason }))
    }

    fn step(&mut self, step: &Step, entry: &Entry) -> Result<()> {
        self.observer.detail(format!("{} {}", verb(step.action), entry.label()));
        if has_storage(entry.kind) && step.action.makes() {
            let tablespace = match self.request.no_tablespaces {
                true => "",
                false => entry.tablespace.as_deref().unwrap_or_default(),
            };
            let method = entry.access_method.as_deref().unwrap_or("heap");
            self.switch_storage(step.entry, tablespace, method)?;
        }
        for statement in statements::of_step(entry, step.action, self.request) {
            self.batch.push(step.entry, statement)?;
        }
        Ok(())
    }

    /// Says where the next relation is stored, when that changes.
    fn switch_storage(&mut self, entry: usize, tablespace: &str, method: &str) -> Result<()> {
        if self.tablespace != tablespace {
            tablespace.clone_into(&mut self.tablespace);
            let sql = format!("SET LOCAL default_tablespace = {}", literal(tablespace));
            self.batch.push(entry, sql)?;
        }
        if self.access_method != method && self.batch.session.major() >= 12 {
            method.clone_into(&mut self.access_method);
            let sql = format!("SET LOCAL default_table_access_method = {}", literal(method));
            self.batch.push(entry, sql)?;
        }
        Ok(())
    }
}

/// Rows without a parent, columns that do not fit, a right that is missing: not the server's state.
fn speaks_of_the_tables(error: &Error) -> bool {
    error
        .sqlstate()
        .is_some_and(|code| ["0A", "22", "23", "42"].iter().any(|c| code.starts_with(c)))
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Grant => "granting on",
        Action::Complete { .. } => "there already:",
        _ => "making",
    }
}

/// Kinds whose storage the session's defaults decide.
fn has_storage(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::MaterializedView | Kind::Index | Kind::Constraint)
}
