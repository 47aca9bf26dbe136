//! Carrying out what was planned.

use super::item::{Item, Step};
use super::{FORGIVEN, refusal};
use crate::connect::Session;
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::restore::{commit, session as transaction};

/// SQLSTATEs of warnings that a GRANT or REVOKE did less than it says.
const NOT_GRANTED: &[&str] = &["01007", "01006"];

/// All of it, or (with an error) nothing: each step in a savepoint, since some need not succeed.
pub(super) fn in_one_transaction(
    session: &mut Session,
    items: &mut [Item],
    observer: &dyn Observer,
) -> Result<()> {
    if items.iter().all(|item| item.steps.is_empty()) {
        return Ok(());
    }
    transaction::begin(session)?;
    let done = each(session, items, observer, |session, sql| {
        session.execute(&format!("SAVEPOINT pgx_try; {sql}; RELEASE pgx_try")).map_err(|error| {
            match session.execute("ROLLBACK TO pgx_try; RELEASE pgx_try") {
                Ok(()) => error,
                Err(second) => second,
            }
        })
    });
    let done = done.and_then(|()| commit::commit(session));
    done.map(drop).inspect_err(|_| transaction::roll_back(session))
}

/// One after the other, each in a transaction of its own.
pub(super) fn one_by_one(
    session: &mut Session,
    items: &mut [Item],
    observer: &dyn Observer,
) -> Result<()> {
    each(session, items, observer, |session, sql| session.execute(sql))
}

fn each(
    session: &mut Session,
    items: &mut [Item],
    observer: &dyn Observer,
    execute: impl Fn(&mut Session, &str) -> Result<()>,
) -> Result<()> {
    for item in items {
        for step in std::mem::take(&mut item.steps) {
            observer.detail(item.label.clone());
            let outcome = execute(session, &step.sql);
            if !settle(session, item, &step, outcome)? {
                break;
            }
        }
    }
    Ok(())
}

/// Notes what became of a step; false when nothing else about the item can be done.
fn settle(
    session: &mut Session,
    item: &mut Item,
    step: &Step,
    outcome: Result<()>,
) -> Result<bool> {
    let warnings = session.take_notices();
    let Err(error) = outcome else {
        let less = warnings.into_iter().find(|one| NOT_GRANTED.contains(&one.sqlstate.as_str()));
        match less {
            Some(warning) => item.left_out.push(warning.to_string()),
            None => item.done += usize::from(!step.prepares),
        }
        return Ok(true);
    };
    let error = error.object(item.label.clone());
    let Some(reason) = forgiven(session, step, &error) else { return Err(error) };
    item.left_out.push(match step.part {
        Some(part) => format!("{part}: {reason}"),
        None => reason,
    });
    Ok(step.part.is_some())
}

fn forgiven(session: &Session, step: &Step, error: &Error) -> Option<String> {
    let sqlstate = error.sqlstate()?;
    let may = step.optional || FORGIVEN.contains(&sqlstate);
    if may { refusal(session, error) } else { None }
}
