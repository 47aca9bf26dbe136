//! Restoring a cluster archive: roles and tablespaces, then every database under a staging name, and
//! the names at the very end, all in one transaction.
//!
//! `postgres` and `template1` are there already and keep what they have: what the archive holds of
//! them is loaded last, in a transaction each that is committed behind the one that gives the names.
//! So a failure before that leaves roles and tablespaces, and nothing else.

mod choice;
mod existing;
mod names;

use std::fmt;

use super::report::RestoreReport;
use super::request::{CreateDatabase, RestoreRequest};
use super::source::Source;
use super::staging::{self, Staged};
use super::work::Work;
use super::{Plan, Preview};
use crate::archive::{Cluster, Input};
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Observer, Within};
use crate::select::Pattern;
use crate::toc::{Meta, Parts, Sections};
use choice::{Choice, Members, Next};
use existing::Existing;

/// Databases that every cluster has, and that are not made anew.
const EXISTING: [&str; 2] = ["template1", "postgres"];

/// A restore of a cluster archive, as asked for.
#[derive(Clone, Debug)]
pub struct ClusterRequest {
    /// What is asked of every database. Its `config` names the server; the database it names, if
    /// it was named, is where the first connection goes. `create` is not looked at.
    pub each: RestoreRequest,
    /// Databases that are not wanted.
    pub exclude: Vec<Pattern>,
    /// The only databases that are wanted, by name; empty means all.
    pub only: Vec<String>,
}

/// What a restore of a cluster archive did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterReport {
    /// What became of roles and tablespaces.
    pub globals: RestoreReport,
    /// Each database that was made or restored into, in the order of the archive.
    pub databases: Vec<RestoreReport>,
    /// Databases that were not wanted.
    pub left_out: Vec<String>,
}

/// What a restore of a cluster archive would do. It prints itself.
pub struct ClusterPlan(Vec<(String, Preview)>);

impl fmt::Display for ClusterPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, plan) in &self.0 {
            writeln!(f, "== {}", super::plan::one_line(label))?;
            plan.fmt(f)?;
        }
        let made = self.0.iter().filter(|(_, plan)| matches!(plan, Preview::Database(_))).count();
        writeln!(f, "== {made} databases get their names at the end, or none does")
    }
}

/// What a restore of `cluster` would do, without connecting to a server.
///
/// # Errors
/// Codes 2xx: the request does not fit the archive. Codes 7xx: not a complete cluster archive.
pub fn plan_cluster(request: &ClusterRequest, cluster: Cluster) -> Result<ClusterPlan> {
    let mut plans = Vec::new();
    let mut members = Members::new(cluster, Choice::new(request)?)?;
    while let Some(next) = members.next()? {
        let (request, input) = match next {
            Next::Globals(input) => (request.of_globals(), input),
            Next::Database(name, input) => (request.of_database(&name), input),
        };
        let plan = super::plan(&request, input)?;
        plans.push((plan_label(&plan), plan));
    }
    Ok(ClusterPlan(plans))
}

fn plan_label(plan: &Preview) -> String {
    match plan {
        Preview::Globals(_) => "globals".to_owned(),
        Preview::Database(plan) => format!("database {}", plan.database()),
    }
}

/// Restores a cluster archive.
///
/// # Errors
/// Codes 2xx, 7xx, 8xx, 11xx: no database was made or changed, and a note says what became of roles
/// and tablespaces; [`Code::NotPublished`]: the databases are built and have their staging names;
/// [`Code::TargetPartial`]: they are made, but not all is in `postgres` or `template1`.
pub fn cluster(
    request: &ClusterRequest,
    cluster: Cluster,
    observer: &dyn Observer,
) -> Result<ClusterReport> {
    let mut members = Members::new(cluster, Choice::new(request)?)?;
    let mut work = Build { request, observer, report: ClusterReport::default() };
    work.refuse_existing(members.databases())?;
    let mut staged = Vec::new();
    let mut existing = Vec::new();
    let built = work.build(&mut members, &mut staged, &mut existing);
    let built = built.and_then(|()| request.each.config.interrupt.check());
    let published = built.map_err(|error| work.abandoned(error, &staged));
    published.and_then(|()| names::publish(&mut work, &staged, &existing))?;
    work.report.left_out = members.left_out();
    Ok(work.report)
}

impl ClusterRequest {
    fn maintenance_database(&self) -> Option<String> {
        self.each.database_named.then(|| self.each.config.database.clone())
    }

    fn of_globals(&self) -> RestoreRequest {
        RestoreRequest {
            create: None,
            parts: Parts::ALL,
            sections: Sections::ALL,
            ..self.each.clone()
        }
    }

    /// Of a database that is made, or is there.
    fn of_database(&self, name: &str) -> RestoreRequest {
        let made = CreateDatabase {
            maintenance_database: self.maintenance_database(),
            ..CreateDatabase::default()
        };
        RestoreRequest {
            create: (!is_existing(name)).then_some(made),
            config: self.each.config.with_database(name),
            database_named: true,
            // What is there already is changed in one transaction, behind all others.
            jobs: if is_existing(name) { 1 } else { self.each.jobs },
            ..self.each.clone()
        }
    }
}

fn is_existing(name: &str) -> bool {
    EXISTING.contains(&name)
}

/// A restore under way.
struct Build<'b> {
    request: &'b ClusterRequest,
    observer: &'b dyn Observer,
    report: ClusterReport,
}

impl Build<'_> {
    /// Builds every member, and leaves it to be published.
    fn build(
        &mut self,
        members: &mut Members,
        staged: &mut Vec<(Staged, RestoreReport)>,
        existing: &mut Vec<Existing>,
    ) -> Result<()> {
        while let Some(next) = members.next()? {
            match next {
                Next::Globals(input) => {
                    let request = self.request.of_globals();
                    let observer = Within::new("globals", self.observer);
                    self.report.globals = super::restore(&request, input, &observer)?;
                    self.check_all(members)?;
                }
                Next::Database(name, input) if is_existing(&name) => {
                    existing.push(Existing::keep(self.request, name, input, self.observer)?);
                }
                Next::Database(name, input) => {
                    let one = self.stage(&name, input);
                    staged.push(one.note(|| format!("while database {name} was restored"))?);
                }
            }
        }
        Ok(())
    }

    /// Makes and fills a staging database.
    fn stage(&self, name: &str, input: Input) -> Result<(Staged, RestoreReport)> {
        let request = self.request.of_database(name);
        let observer = Within::new(&format!("database {name}"), self.observer);
        // From a pipe, the databases to come are not known before: each is looked at as it comes.
        self.refuse_existing(vec![name.to_owned()])?;
        let mut work = Work::new(&request, &observer);
        let source = Source::open(input, &request, &observer)?;
        let plan = Plan::new(source.meta(), source.toc().to_vec(), &request)?;
        plan.database().clone_into(&mut work.report.database);
        let create = request.create.clone().unwrap_or_default();
        let staged = staging::stage(&mut work, &create, plan, source)?;
        Ok((staged, work.finish()))
    }

    /// What can be known to fail of every database, before the first is made. Roles and tablespaces are
    /// there by now; of a pipe nothing can be known before it comes.
    fn check_all(&self, members: &Members) -> Result<()> {
        for part in members.parts() {
            let reader = part.open()?;
            let (meta, name) = (reader.meta(), reader.meta().database_name());
            let request = self.request.of_database(&name);
            let plan = Plan::new(meta, reader.toc().to_vec(), &request)?;
            let observer = Within::new(&format!("database {name}"), self.observer);
            self.check(&request, plan, meta, &observer)
                .note(|| format!("before database {name} was restored"))?;
        }
        Ok(())
    }

    fn check(
        &self,
        request: &RestoreRequest,
        mut plan: Plan,
        meta: &Meta,
        observer: &dyn Observer,
    ) -> Result<()> {
        let mut work = Work::new(request, &crate::event::Silent);
        observer.stage("checking the target");
        match &request.create {
            Some(create) => staging::checked(&mut work, create, &plan, meta).map(drop),
            None => {
                let mut session = super::session::open(&request.config, &meta.encoding)?;
                super::fitted(&mut work, &mut session, &mut plan, meta).map(drop)
            }
        }
    }

    /// Refuses databases that are there already, all of them at once.
    fn refuse_existing(&self, names: Vec<String>) -> Result<()> {
        let names: Vec<String> = names.into_iter().filter(|name| !is_existing(name)).collect();
        let create = CreateDatabase {
            maintenance_database: self.request.maintenance_database(),
            ..CreateDatabase::default()
        };
        let mut session = staging::maintenance(&self.request.each.config, &create)?;
        let mut found = Vec::new();
        for name in names {
            if super::publish::is_there(&mut session, &name)? {
                found.push(name);
            }
        }
        let what = match found.len() {
            0 => return Ok(()),
            1 => "a database of the archive exists already".to_owned(),
            n => format!("{n} databases of the archive exist already"),
        };
        let error = Error::new(Code::ObjectExists, what).hint(
            "drop them first, leave them out with --exclude-database, or restore one by itself \
             under another name: --database NAME --create -d OTHER",
        );
        Err(found.into_iter().fold(error, |error, name| error.note(format!("database {name}"))))
    }

    /// Drops what was built, and says what stays.
    fn abandoned(&self, error: Error, staged: &[(Staged, RestoreReport)]) -> Error {
        let error = staged.iter().fold(error, |error, (staged, _)| staged.discard(error));
        let Some(items) = &self.report.globals.globals else { return error };
        let made = items.iter().filter(|item| item.is_change()).count();
        let said = "no database was made";
        let error = match error.notes().iter().any(|note| note == said) {
            true => error,
            false => error.note(said),
        };
        error.note(match made {
            0 => "no role or tablespace was changed".to_owned(),
            n => format!("roles and tablespaces are restored: {n} were made or changed"),
        })
    }
}
