//! Several sessions into a database that is there: no transaction holds it all, so a journal says what
//! was committed, and a restore that stopped is continued.

use super::journal::{self, Identity};
use super::plan::Plan;
use super::session::{self, commit_and_go_on};
use super::source::Source;
use super::work::Work;
use super::{Loaded, fitted, maps, memory, parallel, public, unchanged};
use crate::error::{Code, Error, Result};

/// Restores, or continues to.
///
/// # Errors
/// As [`super::restore`]; [`Code::TargetPartial`]: some of it was committed, and can be continued.
pub(super) fn restore(work: &mut Work<'_>, mut plan: Plan, source: Source) -> Result<()> {
    let request = work.request;
    refuse(&plan)?;
    let identity = Identity::new(&source, request)?;
    work.stage("connecting");
    let mut meta = source.meta().clone();
    maps::apply_to_database(&request.maps, &mut meta.database);
    let mut session = session::open(&request.config, &meta.encoding)?;
    let before = |error| unchanged(error, "the target was not changed");
    match request.resume {
        true => plan.done = identity.resume(&mut session, work)?,
        false => {
            Identity::refuse_begun(&mut session)?;
            journal::share(&mut session)?;
        }
    }
    let whole = plan.clone();
    plan.leave_out_done();
    work.stage("checking the target");
    memory::give(&mut session, request).map_err(before)?;
    work.warn(public::drop_as_source(&mut session, &meta, request));
    let (target, _) = fitted(work, &mut session, &mut plan, &meta).map_err(before)?;
    session::begin(&mut session)?;
    if !request.resume {
        let begun = identity.begin(&mut session).and_then(|()| commit_and_go_on(&mut session));
        begun.map_err(before)?;
    }
    plan.journaled = true;
    let done = parallel::restore(work, &mut session, &mut plan, &target, source);
    let done = done.and_then(|tables| {
        session::still_inside(&session)?;
        Loaded { session, plan, tables }.commit(work)
    });
    done.map_err(|error| journal::explain(error, &request.config, &whole))
}

/// What only one transaction does.
fn refuse(plan: &Plan) -> Result<()> {
    let refused = |what, hint| Err(Error::new(Code::Usage, what).hint(hint));
    if plan.fills_existing() {
        return refused(
            "rows alone are loaded in the order of foreign keys, by one session",
            "leave out --jobs",
        );
    }
    if !plan.renames.is_empty() {
        return refused(
            "schemas of an existing database get other names in one transaction only",
            "leave out --jobs, or use --create",
        );
    }
    Ok(())
}
