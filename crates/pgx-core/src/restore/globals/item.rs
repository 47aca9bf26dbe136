//! What is done for one entry.

use super::GlobalOutcome;
use crate::restore::report::Skipped;

/// One entry, compared with the target.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) label: String,
    /// It is on the target already.
    pub(super) exists: bool,
    pub(super) steps: Vec<Step>,
    /// Parts that cannot be had, or the whole when nothing is done.
    pub(super) left_out: Vec<String>,
    /// Parts that stay as they are on the target, so that nobody is locked out.
    pub(super) kept: Vec<String>,
    /// Outside of a transaction.
    pub(super) alone: bool,
    /// Steps that were carried out.
    pub(super) done: usize,
}

/// Statements that belong together.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) sql: String,
    /// What a refusal is about; none is the object itself, without which nothing else is tried.
    pub(super) part: Option<&'static str>,
    /// Whatever the server has against it, it is left out.
    pub(super) optional: bool,
    /// It changes the session alone.
    pub(super) prepares: bool,
}

impl Step {
    /// The object itself.
    pub(super) fn main(sql: String) -> Step {
        Step { sql, part: None, optional: false, prepares: false }
    }

    /// The object itself, which may be left out for any reason.
    pub(super) fn offer(sql: String) -> Step {
        Step { optional: true, ..Step::main(sql) }
    }

    /// What the object needs to be made.
    pub(super) fn prepare(sql: &str) -> Step {
        Step { prepares: true, ..Step::offer(sql.to_owned()) }
    }

    /// Something about it.
    pub(super) fn part(part: &'static str, sql: String) -> Step {
        Step { part: Some(part), ..Step::offer(sql) }
    }
}

impl Item {
    pub(super) fn new(label: String, exists: bool) -> Item {
        Item {
            label,
            exists,
            steps: Vec::new(),
            left_out: Vec::new(),
            kept: Vec::new(),
            alone: false,
            done: 0,
        }
    }

    /// An item that is nothing but a reason.
    pub(super) fn impossible(label: String, reason: impl Into<String>) -> Item {
        Item { left_out: vec![reason.into()], ..Item::new(label, false) }
    }

    /// What was done, when all is.
    pub(super) fn outcome(&self) -> GlobalOutcome {
        match (self.done, self.exists) {
            (0, _) if self.left_out.is_empty() => GlobalOutcome::Same,
            (0, _) => GlobalOutcome::LeftOut,
            (_, true) => GlobalOutcome::Altered,
            (_, false) => GlobalOutcome::Created,
        }
    }

    /// What is known before anything is done.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let kept = self.kept.iter().map(|what| format!("{}: {what}", self.label));
        let left = self.left_out.iter().map(|what| format!("left out: {}: {what}", self.label));
        kept.chain(left)
    }

    pub(super) fn into_skipped(self) -> impl Iterator<Item = Skipped> {
        let label = self.label;
        self.left_out.into_iter().map(move |reason| Skipped { label: label.clone(), reason })
    }
}
