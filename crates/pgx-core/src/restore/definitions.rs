//! Definitions: what makes objects, gives them to their owners, comments them, grants on them.

use super::batch::Batch;
use super::plan::{Action, Step};
use super::request::RestoreRequest;
use super::statements;
use crate::connect::quote::literal;
use crate::error::Result;
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

    /// Carries out the steps of these actions; returns how many entries were made.
    ///
    /// # Errors
    /// What the server refused, with the entry.
    pub(super) fn run(mut self, actions: &[Action]) -> Result<u64> {
        let plan = self.batch.plan;
        let mut made = 0;
        for step in plan.steps.iter().filter(|step| actions.contains(&step.action.pass())) {
            self.step(step, &plan.entries[step.entry])?;
            made += u64::from(step.action.makes());
        }
        self.switch_storage(0, "", "heap")?;
        self.batch.flush()?;
        Ok(made)
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
