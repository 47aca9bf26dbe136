//! A restore by several sessions.
//!
//! One of them, the leader, makes what comes before the rows. Then workers load tables, the largest
//! first, each in one transaction, and make the indexes of a table as soon as its rows are committed
//! (`board`, `worker`). Rows come from a file, of which each worker reads its own (`file`), or from
//! a stream, whose chunks are handed to whoever has their table (`pipe`). The leader makes the rest: foreign
//! keys without a check, which workers make up for side by side (`parts`), and all that follows.
//!
//! Workers wait for no lock of one another: a table that one of them fills is nobody else's before it is
//! committed, and what cannot share a table has it alone.

mod board;
mod crew;
mod file;
mod parts;
mod pipe;
mod task;
mod worker;

use std::sync::Arc;

use super::journal;
use super::plan::{Action, Plan, Step};
use super::rows::{self, Table};
use super::session::{Commits, begin, commit_and_go_on, still_inside};
use super::source::{Reader, Source};
use super::statistics;
use super::target::Target;
use super::whole;
use super::work::Work;
use crate::connect::Session;
use crate::error::Result;
use crate::toc::Kind;
use board::Board;
use crew::Crew;
use parts::Parts;
use worker::Shared;

/// Restores with the sessions that the request asks for, the first of which has begun a transaction;
/// it ends in a transaction again. Returns the tables loaded.
///
/// # Errors
/// What the server refused, with its entry; a damaged archive.
pub(super) fn restore(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &mut Plan,
    target: &Target,
    source: Source,
) -> Result<Vec<Table>> {
    let rows = whole::before_rows(work, session, plan, source.meta())?;
    let mut tables: Vec<Table> = rows.tables.values().cloned().collect();
    tables.extend(plan.done.loaded().filter_map(|id| plan.entry(id)).map(rows::table));
    let mut parts = Parts::of(plan, session.major());
    let method = whole::usual_method(session, work.request)?;
    still_inside(session)?;
    session.execute("COMMIT")?;
    work.stage("loading rows and making indexes");
    let mut crew = Crew::gather(work, session.config(), &source.meta().encoding, plan.journaled)?;
    let indexes = std::mem::take(&mut parts.indexes);
    let board = Arc::new(Board::new(indexes, &rows.tables, parts.weights.clone()));
    let mut shared = Shared::new(plan, board.clone(), work, method);
    match source.reader {
        Reader::File(reader) => {
            file::post(plan, rows, &board, &reader, crew.size());
            shared.reader = Some(reader);
        }
        Reader::Pipe(reader) => {
            let interrupt = work.request.config.interrupt.clone();
            let posts = pipe::Posts { board, sessions: crew.size(), interrupt };
            pipe::start(*reader, rows, plan.loads_large_objects(), posts);
        }
    }
    let done = crew.run(session, &shared)?;
    work.report.add(done);
    begin(session)?;
    whole::behind_rows(work, session, plan, target)?;
    after_rows(work, session, plan, parts, &mut crew)?;
    match plan.journaled {
        true => last(work, session, plan)?,
        false => whole::last(work, session, plan)?,
    }
    Ok(tables)
}

/// What comes last into a database that is there. The journal goes in the last transaction, and before
/// event triggers come, which could refuse it.
fn last(work: &mut Work<'_>, session: &mut Session, plan: &mut Plan) -> Result<()> {
    let (triggers, others): (Vec<Step>, Vec<Step>) = plan
        .of(Action::DefineLast)
        .map(|(step, _)| step.clone())
        .partition(|step| plan.entries[step.entry].kind == Kind::EventTrigger);
    whole::define(work, session, plan, &[Action::Grant])?;
    whole::define_steps(work, session, plan, others.iter())?;
    statistics::restore(work, session, plan)?;
    commit_and_go_on(session)?;
    plan.journaled = false;
    session.execute(&journal::end_sql())?;
    whole::define_together(work, session, plan, triggers.iter(), Commits::AtEnd)
}

/// What the leader makes behind the indexes. Foreign keys are checked before policies could hide rows
/// from the check.
fn after_rows(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    parts: Parts,
    crew: &mut Crew,
) -> Result<()> {
    work.stage("definitions after the rows");
    whole::define_steps(work, session, plan, parts.before_checks.iter())?;
    if !parts.keys.is_empty() {
        commit_and_go_on(session)?;
        work.stage("checking foreign keys");
        let board = Arc::new(Board::of_checks(parts.keys, &parts.weights));
        let shared = Shared::new(plan, board, work, String::new());
        let done = crew.run(session, &shared)?;
        work.report.add(done);
        work.stage("definitions after foreign keys");
    }
    whole::define_steps(work, session, plan, parts.after_checks.iter())
}
