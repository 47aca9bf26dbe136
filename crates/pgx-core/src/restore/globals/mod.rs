//! Restoring roles and tablespaces into a cluster that has some of them already.
//!
//! What is there is read by the same code that a dump reads with ([`Target`]), and compared entry by
//! entry, so that only what differs is done and a second restore does nothing (`item`). Roles and
//! all about them happen in one transaction, tablespaces one by one behind it, because CREATE
//! TABLESPACE cannot be undone. What the restoring role may not do is left out, item by item, and
//! reported.

mod item;
mod membership;
mod names;
mod parameter;
mod plan;
mod privileges;
mod remarks;
mod role;
mod run;
mod setting;
mod tablespace;
mod target;

use std::fmt;

pub use plan::GlobalsPlan;

use super::report::RestoreReport;
use super::session;
use super::work::Work;
use super::{source::Source, unchanged};
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, Kind};
use target::Target;

/// What became of an object of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GlobalOutcome {
    /// It was not there, and is now.
    Created,
    /// It was there, and became what the archive says.
    Altered,
    /// It was there, and was that already.
    Same,
    /// It was left out, or failed: see [`RestoreReport::skipped`].
    LeftOut,
}

impl fmt::Display for GlobalOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GlobalOutcome::Created => "created",
            GlobalOutcome::Altered => "altered",
            GlobalOutcome::Same => "same",
            GlobalOutcome::LeftOut => "left out",
        })
    }
}

/// An object of the cluster, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalItem {
    /// The entry, as its label says: `ROLE ann`.
    pub label: String,
    /// What became of it.
    pub outcome: GlobalOutcome,
}

impl GlobalItem {
    /// Whether the target was changed.
    pub fn is_change(&self) -> bool {
        matches!(self.outcome, GlobalOutcome::Created | GlobalOutcome::Altered)
    }
}

/// Restores the globals of `source`.
///
/// # Errors
/// Codes 2xx, 8xx, 11xx: nothing was changed; [`Code::TargetPartial`]: roles are restored and
/// committed, but not all tablespaces.
pub(super) fn restore(mut work: Work<'_>, mut source: Source) -> Result<RestoreReport> {
    plan::check_request(work.request)?;
    source.verify_end(&work.request.config.interrupt)?;
    let (entries, warnings) = plan::wanted(source.meta(), source.toc(), work.request)?;
    work.warn(warnings);
    work.stage("connecting");
    let mut session = session::open_any(work.request, &source.meta().encoding)?;
    session.config().database.clone_into(&mut work.report.database);
    work.stage("checking the target");
    let target = Target::read(&mut session, &entries, source.meta().server_version)?;
    check(&target, &entries)?;
    let (mut now, mut after): (Vec<_>, Vec<_>) =
        plan::items(&entries, &target).into_iter().partition(|item| !item.alone);
    work.warn(now.iter().chain(&after).flat_map(item::Item::warnings).collect());
    work.stage("roles");
    run::in_one_transaction(&mut session, &mut now, work.observer)
        .map_err(|error| unchanged(meanwhile(error), "the target was not changed"))?;
    work.stage("tablespaces");
    let done = run::one_by_one(&mut session, &mut after, work.observer);
    now.append(&mut after);
    done.map_err(|error| committed(error, &now))?;
    report(&mut work.report, now);
    Ok(work.finish())
}

/// What is known to fail, all of it at once.
fn check(target: &Target, entries: &[Entry]) -> Result<()> {
    let about_roles = entries.iter().any(|entry| entry.kind != Kind::Tablespace);
    if target.in_recovery {
        return Err(Error::new(
            Code::TargetUnfit,
            "the target server is a standby and takes no changes",
        )
        .hint("connect to its primary"));
    }
    let me = &target.me;
    if me.superuser || about_roles && me.create_role {
        return Ok(());
    }
    let (what, right) = match about_roles {
        true => ("roles", "CREATEROLE"),
        false => ("tablespaces", "SUPERUSER"),
    };
    Err(Error::new(Code::Denied, format!("role {:?} may not create {what}", target.user))
        .hint(format!("restore as a superuser, or as a role with {right}")))
}

/// What was not there when the target was read, and is now, somebody else has made.
fn meanwhile(error: Error) -> Error {
    match error.code() {
        Code::ObjectExists | Code::RowRejected => error
            .with_code(Code::ObjectExists)
            .with_hint("somebody else made it meanwhile: run the command again"),
        _ => error,
    }
}

/// The transaction of the roles is committed: what failed afterwards does not undo it.
fn committed(error: Error, items: &[item::Item]) -> Error {
    let done = items.iter().filter(|item| item.outcome() != GlobalOutcome::LeftOut).count();
    error
        .with_code(Code::TargetPartial)
        .note(format!("{done} of {} objects are restored, all roles among them", items.len()))
        .with_hint("run the command again: it goes on with what is missing")
}

fn report(report: &mut RestoreReport, items: Vec<item::Item>) {
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        let outcome = item.outcome();
        let changed = matches!(outcome, GlobalOutcome::Created | GlobalOutcome::Altered);
        report.entries += u64::from(changed);
        outcomes.push(GlobalItem { label: item.label.clone(), outcome });
        report.skipped.extend(item.into_skipped());
    }
    report.globals = Some(outcomes);
}

/// SQLSTATEs of what is left out and not a reason to stop: insufficient_privilege, and
/// undefined_object, which is a role that was left out.
const FORGIVEN: &[&str] = &["42501", "42704"];

/// The server's refusal, in its own words, of what an item need not have.
fn refusal(session: &Session, error: &Error) -> Option<String> {
    let server = error.server_error()?;
    session.is_usable().then(|| server.to_string())
}
