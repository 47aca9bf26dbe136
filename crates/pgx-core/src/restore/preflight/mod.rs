//! Everything that can be known to fail before anything is changed, said all at once.

mod denied;
mod owners;
mod present;
mod provided;
mod rights;
mod roles;
mod versions;

pub(super) use denied::Denied;

use super::locks;
use super::plan::Plan;
use super::request::RestoreRequest;
use super::session::Commits;
use super::target::Target;
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, Meta};

/// Names listed of many.
const NAMES_MAX: usize = 50;

/// How much of the target is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope<'s> {
    /// The database itself.
    Database,
    /// The server only: the database is made later, for this owner.
    Server(Option<&'s str>),
}

/// Something that would fail.
#[derive(Debug)]
struct Finding {
    code: Code,
    what: String,
    hint: String,
    notes: Vec<String>,
}

impl Finding {
    fn new(code: Code, what: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { code, what: what.into(), hint: hint.into(), notes: Vec::new() }
    }
}

/// What goes into the checks.
struct Check<'c> {
    plan: &'c Plan,
    meta: &'c Meta,
    request: &'c RestoreRequest,
    target: &'c Target,
}

/// Fits `plan` to the target, without what the role cannot make if that was asked for, and checks the
/// rest. Returns warnings.
///
/// # Errors
/// As [`check`].
pub(super) fn fit_and_check(
    plan: &mut Plan,
    meta: &Meta,
    request: &RestoreRequest,
    target: &Target,
) -> Result<Vec<String>> {
    let of_fit = plan.fit(target);
    if request.skip_denied {
        plan.leave_out(denied::find(plan, target, Scope::Database));
    }
    let mut warnings = check(plan, meta, request, target, Scope::Database)?;
    warnings.extend(of_fit);
    Ok(warnings)
}

/// Checks, and returns warnings.
///
/// # Errors
/// All findings in one error, under the code of the first.
pub(super) fn check(
    plan: &Plan,
    meta: &Meta,
    request: &RestoreRequest,
    target: &Target,
    scope: Scope<'_>,
) -> Result<Vec<String>> {
    let check = Check { plan, meta, request, target };
    let mut findings = Vec::new();
    findings.extend(check.recovery());
    match scope {
        Scope::Database => findings.extend(check.encoding()),
        Scope::Server(owner) => findings.extend(check.new_database(owner)),
    }
    // A restore of rows alone makes large objects, with their owners and privileges.
    findings.extend(check.roles());
    findings.extend(check.memberships());
    findings.extend(check.grantors());
    findings.extend(check.label_providers());
    if scope == Scope::Database {
        findings.extend(check.large_objects());
    }
    findings.extend(check.gone_in_19(scope));
    if !plan.is_data_only() {
        findings.extend(check.unknown_to_the_target());
        findings.extend(check.extensions(scope));
        findings.extend(check.tablespaces());
        if !request.skip_denied {
            findings.extend(denied::finding(&denied::find(plan, target, scope), plan, target));
        }
        findings.extend(check.access_methods(scope));
        findings.extend(check.default_privileges());
        if scope == Scope::Database {
            findings.extend(check.existing());
            findings.extend(check.schemas());
            findings.extend(check.rights());
            findings.extend(check.new_owners());
            findings.extend(check.elsewhere());
        }
    }
    match one_error(findings) {
        Some(error) => Err(error),
        None => Ok(check.warnings(scope)),
    }
}

/// The findings as one error: a single one speaks for itself.
fn one_error(mut findings: Vec<Finding>) -> Option<Error> {
    if findings.len() > 1 {
        let first = findings.first()?;
        let what = format!("the target is not ready for the archive: {} reasons", findings.len());
        let mut error = Error::new(first.code, what);
        for finding in findings {
            error = error.note(format!("{} ({})", finding.what, finding.hint));
            error = finding.notes.into_iter().fold(error, Error::note);
        }
        return Some(error.hint("mend these and run the command again; nothing was changed"));
    }
    let finding = findings.pop()?;
    let error = Error::new(finding.code, finding.what).hint(finding.hint);
    Some(finding.notes.into_iter().fold(error, Error::note))
}

/// `a, b, c and 12 more`.
pub(super) fn listed(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let shown = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl Check<'_> {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.plan.steps.iter().map(|step| &self.plan.entries[step.entry])
    }

    fn recovery(&self) -> Option<Finding> {
        self.target.in_recovery.then(|| {
            Finding::new(
                Code::TargetUnfit,
                "the target server is a standby and takes no changes",
                "connect to its primary",
            )
        })
    }

    /// Between two encodings only UTF8 and SQL_ASCII are sure to hold what comes.
    fn encoding(&self) -> Option<Finding> {
        let (source, target) = (self.meta.encoding.as_str(), self.target.encoding.as_str());
        if source == target || matches!(target, "UTF8" | "SQL_ASCII") {
            return None;
        }
        Some(Finding::new(
            Code::TargetUnfit,
            format!(
                "the database is in {target} and cannot hold all text of an archive in {source}"
            ),
            format!("restore into a database in {source}, or use --create"),
        ))
    }

    fn warnings(&self, scope: Scope<'_>) -> Vec<String> {
        let mut warnings = self.version_warnings();
        if scope == Scope::Database && self.target.encoding != self.meta.encoding {
            let ascii = |name: &str| name == "SQL_ASCII";
            if ascii(&self.target.encoding) || ascii(&self.meta.encoding) {
                warnings.push(format!(
                    "text goes from {} to {} without conversion",
                    self.meta.encoding, self.target.encoding
                ));
            }
        }
        let locks = locks::estimate(self.plan, self.target);
        // A staging database is built in many transactions.
        if locks > self.target.locks && Commits::of(self.request) == Commits::AtEnd {
            warnings.push(format!(
                "one transaction needs about {locks} locks and the server has room for about {}: \
                 should it fail with SQLSTATE 53200, raise max_locks_per_transaction",
                self.target.locks
            ));
        }
        warnings
    }
}
