//! One session at work.

use std::sync::Arc;

use super::board::{Board, Taken};
use super::task::{From, Run, Statement, What};
use crate::archive::FileReader;
use crate::connect::{Interrupt, Session};
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::restore::batch::Batch;
use crate::restore::definitions::Definitions;
use crate::restore::feed::Feed;
use crate::restore::journal::{Part, done_sql, part_sql};
use crate::restore::plan::{Action, Plan, Step};
use crate::restore::refusal;
use crate::restore::report::RestoreReport;
use crate::restore::rows::Loader;
use crate::restore::session::{self, Commits};
use crate::restore::source::Reader;
use crate::restore::work::Work;
use crate::toc::{EntryId, Kind};

/// What all sessions share.
pub(super) struct Shared<'s> {
    pub(super) plan: &'s Plan,
    pub(super) board: Arc<Board>,
    /// Where each reads its rows, if they are in a file.
    pub(super) reader: Option<Arc<FileReader>>,
    observer: &'s dyn Observer,
    interrupt: Interrupt,
    /// The access method of a relation whose entry names none.
    usual_method: String,
}

impl<'s> Shared<'s> {
    pub(super) fn new(
        plan: &'s Plan,
        board: Arc<Board>,
        work: &Work<'s>,
        usual_method: String,
    ) -> Shared<'s> {
        let (observer, interrupt) = (work.observer, work.request.config.interrupt.clone());
        Shared { plan, board, reader: None, observer, interrupt, usual_method }
    }
}

/// A session and what it has done.
pub(super) struct Worker<'w> {
    session: &'w mut Session,
    shared: &'w Shared<'w>,
    leads: bool,
    report: RestoreReport,
}

impl<'w> Worker<'w> {
    pub(super) fn new(session: &'w mut Session, shared: &'w Shared<'w>, leads: bool) -> Worker<'w> {
        Worker { session, shared, leads, report: RestoreReport::default() }
    }

    /// Does what hangs on the board until nothing is left, or somebody fails.
    pub(super) fn run(mut self) -> RestoreReport {
        let shared = self.shared;
        loop {
            let outcome = match shared.board.next(self.leads, &shared.interrupt) {
                Ok(Some(taken)) => self.carry_out(taken),
                Ok(None) => return self.report,
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                shared.board.fail(error);
                session::roll_back(self.session);
                return self.report;
            }
        }
    }

    fn carry_out(&mut self, mut taken: Taken<'_>) -> Result<()> {
        session::begin(self.session)?;
        let landed = match taken.task.take() {
            Some(What::Rows(run)) => self.load(*run)?,
            Some(What::Define(steps)) => self.define(&steps).map(|()| Vec::new())?,
            Some(What::Run(statements)) => self.execute(&statements).map(|()| Vec::new())?,
            None => return Err(Error::internal("a task was done before")),
        };
        session::still_inside(self.session)?;
        self.session.execute("COMMIT").map_err(refusal::of_commit)?;
        self.shared.board.land(landed.iter());
        Ok(())
    }

    /// Loads tables; returns their streams.
    fn load(&mut self, run: Run) -> Result<Vec<EntryId>> {
        let shared = self.shared;
        let interrupt = &shared.interrupt;
        let mut part = None;
        let feed = match (run.rows, shared.reader.clone()) {
            (From::Pipe(feed), _) => feed,
            (From::File(streams, printers), Some(reader)) => {
                Feed::start(Reader::File(reader), streams, printers, interrupt)
            }
            (From::Ranges(stream, ranges, of), Some(reader)) => {
                part = Some(Part::Ranges(ranges.clone(), of));
                Feed::of_ranges(reader, stream, ranges, interrupt)
            }
            (_, None) => return Err(Error::internal("no file to read rows from")),
        };
        let feed = feed.stopped_by(shared.board.stopped.clone());
        let (observer, report) = (shared.observer, &mut self.report);
        let loader = Loader::new(self.session, feed, run.tables, observer, report);
        let loaded = loader.filling(run.pages).committing(Commits::Around).run()?;
        self.write_down(&loaded, part)?;
        Ok(loaded)
    }

    /// The journal says what was loaded; statistics are loaded anew by every attempt.
    fn write_down(&mut self, landed: &[EntryId], part: Option<Part>) -> Result<()> {
        let plan = self.shared.plan;
        let written = landed.iter().filter_map(|&id| plan.entry(id)).filter_map(|entry| {
            let action = match entry.kind {
                Kind::TableData => Action::Load,
                Kind::LargeObjects => Action::LoadLargeObjects,
                _ => return None,
            };
            Some(match &part {
                Some(part) => part_sql(entry, part),
                None => done_sql(entry, action),
            })
        });
        match plan.journaled {
            true => self.session.execute(&written.collect::<Vec<_>>().join("; ")),
            false => Ok(()),
        }
    }

    fn define(&mut self, steps: &[Step]) -> Result<()> {
        let shared = self.shared;
        let mut warnings = Vec::new();
        let batch = Batch::new(self.session, shared.plan, &mut warnings);
        let method = shared.usual_method.clone();
        let made = Definitions::new(batch, method, shared.observer).run(steps.iter());
        self.warn(warnings);
        let (made, skipped) = made?;
        self.report.entries += made;
        self.report.skipped.extend(skipped);
        Ok(())
    }

    fn execute(&mut self, statements: &[Statement]) -> Result<()> {
        let shared = self.shared;
        let mut warnings = Vec::new();
        let mut batch = Batch::new(self.session, shared.plan, &mut warnings);
        for Statement { entry: at, sql, part, .. } in statements {
            let entry = &shared.plan.entries[*at];
            let doing = match part {
                Part::Check => "checking",
                _ => "making the index of",
            };
            shared.observer.detail(format!("{doing} {}", entry.label()));
            for statement in sql {
                batch.push(*at, statement.clone())?;
            }
            if shared.plan.journaled {
                batch.push(*at, part_sql(entry, part))?;
            }
        }
        batch.flush()?;
        self.warn(warnings);
        Ok(())
    }

    /// Tells warnings, each once.
    fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.report.warnings.contains(&warning) {
                self.shared.observer.warning(warning.clone());
                self.report.warnings.push(warning);
            }
        }
    }
}
