//! What a restore did.

use std::fmt;
use std::time::Instant;

use super::globals::GlobalItem;

/// What a restore did, for people and programs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestoreReport {
    /// The database that was restored into or made.
    pub database: String,
    /// Entries restored: definitions, rows, sequence values.
    pub entries: u64,
    /// Tables whose rows were loaded.
    pub tables: u64,
    /// Large objects made.
    pub large_objects: u64,
    /// Rows loaded, as the server counted them.
    pub rows: u64,
    /// Raw bytes of rows sent.
    pub bytes: u64,
    /// Of an archive of globals: what became of each.
    pub globals: Option<Vec<GlobalItem>>,
    /// Entries, or parts of them, that were left out, and why.
    pub skipped: Vec<Skipped>,
    /// What the user should know although the restore succeeded.
    pub warnings: Vec<String>,
    /// Seconds each phase took, in order.
    pub phases: Vec<(&'static str, f64)>,
}

impl RestoreReport {
    /// Adds what another session of the same restore has done.
    pub(super) fn add(&mut self, done: RestoreReport) {
        self.entries += done.entries;
        self.tables += done.tables;
        self.rows += done.rows;
        self.bytes += done.bytes;
        self.skipped.extend(done.skipped);
        self.warnings.extend(done.warnings);
    }
}

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The entry, as its label says: `FK CONSTRAINT k on s.t`.
    pub label: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.reason)
    }
}

/// Measures phases one after the other.
pub(super) struct Clock {
    phase: &'static str,
    since: Instant,
}

impl Clock {
    pub(super) fn start(phase: &'static str) -> Clock {
        Clock { phase, since: Instant::now() }
    }

    /// Ends the current phase and begins the next.
    pub(super) fn next(&mut self, phase: &'static str, report: &mut RestoreReport) {
        report.phases.push((self.phase, self.since.elapsed().as_secs_f64()));
        *self = Clock::start(phase);
    }

    /// Ends the last phase.
    pub(super) fn end(self, report: &mut RestoreReport) {
        report.phases.push((self.phase, self.since.elapsed().as_secs_f64()));
    }
}
