//! What a restore carries along: its request, its observer, its report.

use super::report::{Clock, RestoreReport};
use super::request::RestoreRequest;
use super::statistics::Statistics;
use crate::event::Observer;

/// A restore under way.
pub(super) struct Work<'w> {
    pub(super) request: &'w RestoreRequest,
    pub(super) observer: &'w dyn Observer,
    pub(super) report: RestoreReport,
    pub(super) statistics: Statistics,
    clock: Clock,
}

impl<'w> Work<'w> {
    pub(super) fn new(request: &'w RestoreRequest, observer: &'w dyn Observer) -> Work<'w> {
        observer.stage("reading the archive");
        let clock = Clock::start("reading the archive");
        let (report, statistics) = (RestoreReport::default(), Statistics::default());
        Work { request, observer, report, statistics, clock }
    }

    /// The next phase begins.
    pub(super) fn stage(&mut self, phase: &'static str) {
        self.observer.stage(phase);
        self.clock.next(phase, &mut self.report);
    }

    /// Tells warnings and keeps them for the report; each once.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.report.warnings.contains(&warning) {
                self.observer.warning(warning.clone());
                self.report.warnings.push(warning);
            }
        }
    }

    /// The work is done.
    pub(super) fn finish(mut self) -> RestoreReport {
        self.clock.end(&mut self.report);
        self.report
    }
}
