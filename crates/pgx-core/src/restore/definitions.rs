//! Definitions: what makes objects, gives them to their owners, comments them, grants on them.

use super::batch::Batch;
use super::fit::is_initdbs;
use super::plan::{Action, Step};
use super::refusal;
use super::report::Skipped;
use super::statements;
use crate::connect::quote::literal;
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::toc::{Entry, Kind};

/// SQLSTATE object_not_in_prerequisite_state: among others, reading a materialized view not filled yet.
const NOT_FILLED: &str = "55000";

/// Sends the definitions of a restore.
pub(super) struct Definitions<'d> {
    batch: Batch<'d>,
    observer: &'d dyn Observer,
    /// The access method of a relation whose entry names none.
    usual_method: String,
    tablespace: String,
    access_method: String,
    skipped: Vec<Skipped>,
}

impl<'d> Definitions<'d> {
    pub(super) fn new(
        batch: Batch<'d>,
        usual_method: String,
        observer: &'d dyn Observer,
    ) -> Definitions<'d> {
        let access_method = "heap".to_owned();
        Definitions {
            batch,
            observer,
            usual_method,
            tablespace: String::new(),
            access_method,
            skipped: Vec::new(),
        }
    }

    /// Carries out steps; returns how many entries were made, and what the target did not allow and may
    /// lack.
    ///
    /// # Errors
    /// What the server refused, with the entry.
    pub(super) fn run<'s>(
        mut self,
        steps: impl Iterator<Item = &'s Step>,
    ) -> Result<(u64, Vec<Skipped>)> {
        let plan = self.batch.plan;
        let (mut made, mut unfilled) = (0, Vec::new());
        for step in steps {
            let entry = &plan.entries[step.entry];
            if entry.kind == Kind::EventTrigger {
                // It would fire on what fills those.
                made += self.fill_later(std::mem::take(&mut unfilled))?;
            }
            let waiting = unfilled.len();
            let done = match &step.needs {
                Some(table) => self.offer(step, |error| refusal::of_key(error, table))?,
                None if is_initdbs(entry) => self.offer(step, refusal::of_system_privileges)?,
                None if is_trigger_state(entry) => self.offer(step, refusal::of_trigger_state)?,
                None if fills_others(entry) => self.offer(step, refusal::of_emptied)?,
                None if entry.kind == Kind::MaterializedViewData => {
                    let filled = self.fill(step)?.is_none();
                    unfilled.extend((!filled).then_some(step));
                    filled
                }
                None => self.step(step, entry).map(|()| true)?,
            };
            made += u64::from(done && step.action.makes());
            if unfilled.len() == waiting {
                self.batch.done(step)?;
            }
            self.between_entries()?;
        }
        made += self.fill_later(unfilled)?;
        self.switch_storage(0, "", "heap")?;
        self.batch.flush()?;
        Ok((made, self.skipped))
    }

    /// Fills a materialized view. What it reads inside a function is known to the server only when
    /// it runs: the error that another one has to be filled first is returned as a value.
    fn fill(&mut self, step: &Step) -> Result<Option<Error>> {
        self.attempt(step, |error| match error.sqlstate() {
            Some(NOT_FILLED) => Ok(error),
            _ => Err(error),
        })
    }

    /// Fills those that had to wait for others, for as long as every round fills one of them.
    fn fill_later(&mut self, mut steps: Vec<&Step>) -> Result<u64> {
        let mut made = 0;
        while !steps.is_empty() {
            let mut refused = Vec::new();
            for &step in &steps {
                match self.fill(step)? {
                    Some(error) => refused.push((step, error)),
                    None => self.batch.done(step)?,
                }
                self.between_entries()?;
            }
            if refused.len() == steps.len() {
                return Err(refused.swap_remove(0).1);
            }
            made += (steps.len() - refused.len()) as u64;
            steps = refused.into_iter().map(|(step, _)| step).collect();
        }
        Ok(made)
    }

    /// What the target need not allow: a key into a table whose rows are not in the archive, privileges
    /// on what the target's initdb made. It is left out for the reason that `reason` finds.
    fn offer(&mut self, step: &Step, reason: impl Fn(&Error) -> Option<String>) -> Result<bool> {
        let refused = self.attempt(step, |error| reason(&error).ok_or(error))?;
        let Some(reason) = refused else { return Ok(true) };
        let label = self.batch.plan.entries[step.entry].label();
        self.skipped.push(Skipped { label, reason });
        Ok(false)
    }

    /// Carries out a step that may fail without harm: none when it is done, and what `forgive` makes of
    /// the error when it is undone.
    ///
    /// # Errors
    /// What `forgive` does not forgive.
    fn attempt<T>(
        &mut self,
        step: &Step,
        forgive: impl FnOnce(Error) -> Result<T>,
    ) -> Result<Option<T>> {
        self.batch.flush()?;
        self.batch.session.execute("SAVEPOINT pgx_try")?;
        let entry = &self.batch.plan.entries[step.entry];
        let Err(error) = self.step(step, entry).and_then(|()| self.batch.flush()) else {
            return self.batch.session.execute("RELEASE pgx_try").map(|()| None);
        };
        let forgiven = forgive(error)?;
        self.batch.session.execute("ROLLBACK TO pgx_try; RELEASE pgx_try")?;
        Ok(Some(forgiven))
    }

    fn step(&mut self, step: &Step, entry: &Entry) -> Result<()> {
        self.observer.detail(format!("{} {}", verb(step.action), entry.label()));
        if has_storage(entry.kind) && step.action.makes() {
            let tablespace = entry.tablespace.as_deref().unwrap_or_default();
            let method = entry.access_method.clone().filter(|_| !entry.partitioned);
            let method = method.unwrap_or_else(|| self.usual_method.clone());
            self.switch_storage(step.entry, tablespace, &method)?;
        }
        let major = self.batch.session.major();
        for statement in statements::of_step(entry, step.action, major) {
            self.batch.push(step.entry, statement)?;
        }
        Ok(())
    }

    /// The place for a commit, which forgets where relations are stored.
    fn between_entries(&mut self) -> Result<()> {
        if self.batch.between_entries()? {
            self.tablespace.clear();
            "heap".clone_into(&mut self.access_method);
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

fn verb(action: Action) -> &'static str {
    match action {
        Action::Grant => "granting on",
        Action::Complete { .. } => "there already:",
        _ => "making",
    }
}

/// Whether an entry only sets the state of a trigger that comes with something else.
fn is_trigger_state(entry: &Entry) -> bool {
    entry.kind == Kind::Trigger && entry.drop.is_none()
}

/// Whether a materialized view can only be filled while others are, which were empty on the source.
fn fills_others(entry: &Entry) -> bool {
    let fills = entry.kind == Kind::MaterializedViewData;
    fills && entry.create.iter().any(|statement| statement.starts_with("DO "))
}

/// Kinds whose storage the session's defaults decide.
fn has_storage(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::MaterializedView | Kind::Index | Kind::Constraint)
}
