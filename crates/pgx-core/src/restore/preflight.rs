//! Everything that can be known to fail before anything is changed, said all at once.

use std::collections::BTreeSet;

use super::kinds::{is_superusers, takes_relation_name};
use super::locks;
use super::plan::Plan;
use super::request::RestoreRequest;
use super::session::Commits;
use super::target::Target;
use crate::connect::quote::ident;
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, Kind, Meta, Oids, Ref};

/// Names listed of many.
const NAMES_MAX: usize = 10;

/// How much of the target is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The database itself.
    Database,
    /// The server only: the database is made later.
    Server,
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

/// Checks, and returns warnings.
///
/// # Errors
/// All findings in one error, under the code of the first.
pub(super) fn check(
    plan: &Plan,
    meta: &Meta,
    request: &RestoreRequest,
    target: &Target,
    scope: Scope,
) -> Result<Vec<String>> {
    let check = Check { plan, meta, request, target };
    let mut findings = Vec::new();
    findings.extend(check.recovery());
    if scope == Scope::Database {
        findings.extend(check.encoding());
    }
    // A restore of rows alone makes large objects, with their owners and privileges.
    findings.extend(check.roles());
    findings.extend(check.memberships());
    findings.extend(check.grantors());
    findings.extend(check.label_providers());
    if scope == Scope::Database {
        findings.extend(check.large_objects());
    }
    if !plan.is_data_only() {
        findings.extend(check.extensions(scope));
        findings.extend(check.tablespaces());
        findings.extend(check.superuser_only());
        findings.extend(check.default_privileges());
        if scope == Scope::Database {
            findings.extend(check.existing());
            findings.extend(check.schemas());
            findings.extend(check.rights());
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

    fn owners(&self) -> BTreeSet<&str> {
        if self.request.omitted.owners {
            return BTreeSet::new();
        }
        self.plan.made().filter_map(|entry| entry.owner.as_deref()).collect()
    }

    fn grant_roles(&self) -> BTreeSet<&str> {
        if self.request.omitted.privileges {
            return BTreeSet::new();
        }
        self.entries()
            .flat_map(|entry| &entry.acl)
            .flat_map(|change| [change.grantee.as_deref(), change.grantor.as_deref()])
            .flatten()
            .collect()
    }

    fn roles(&self) -> Option<Finding> {
        let missing: Vec<&str> = self
            .owners()
            .union(&self.grant_roles())
            .copied()
            .filter(|role| !self.target.roles.contains_key(*role))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let names = listed(missing.iter().map(|role| ident(role)));
        let word = if missing.len() == 1 { "role" } else { "roles" };
        let mut finding = Finding::new(
            Code::RoleMissing,
            format!("the target lacks the {word} {names}"),
            "create what is missing, or use --no-owner and --no-privileges",
        );
        let create =
            missing.iter().take(NAMES_MAX).map(|role| format!("CREATE ROLE {};", ident(role)));
        finding.notes.extend(create);
        Some(finding)
    }

    fn memberships(&self) -> Option<Finding> {
        if self.target.superuser {
            return None;
        }
        let closed: Vec<String> = self
            .owners()
            .into_iter()
            .filter(|role| self.target.roles.get(*role) == Some(&false))
            .map(ident)
            .collect();
        (!closed.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!(
                    "role {} cannot give objects to {}",
                    ident(&self.target.user),
                    listed(closed)
                ),
                "restore as a superuser or a member of these roles, or use --no-owner",
            )
        })
    }

    /// A grant that another role than the owner made can only be made again by that role.
    fn grantors(&self) -> Option<Finding> {
        if self.target.superuser || self.request.omitted.privileges {
            return None;
        }
        let grantors: BTreeSet<String> = self
            .entries()
            .filter(|entry| entry.kind != Kind::DefaultAcl)
            .flat_map(|entry| &entry.acl)
            .filter_map(|change| change.grantor.as_deref())
            .map(ident)
            .collect();
        (!grantors.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!("only a superuser can repeat the grants made by {}", listed(grantors)),
                "restore as a superuser, or use --no-privileges",
            )
        })
    }

    fn superuser_only(&self) -> Option<Finding> {
        if self.target.superuser || self.target.is_managed() {
            return None;
        }
        let closed: Vec<String> = self
            .plan
            .made()
            .filter(|entry| is_superusers(entry, self.target.major()))
            .map(Entry::label)
            .collect();
        (!closed.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!("only a superuser can create {}", listed(closed)),
                "restore as a superuser, or leave them out with -t or -n",
            )
        })
    }

    /// Their entries name the role they belong to as the one that grants.
    fn default_privileges(&self) -> Option<Finding> {
        if self.target.superuser || self.request.omitted.privileges {
            return None;
        }
        let closed: BTreeSet<&str> = self
            .entries()
            .filter(|entry| entry.kind == Kind::DefaultAcl)
            .flat_map(|entry| &entry.acl)
            .filter_map(|change| change.grantor.as_deref())
            .filter(|role| self.target.roles.get(*role) == Some(&false))
            .collect();
        (!closed.is_empty()).then(|| {
            let user = ident(&self.target.user);
            let roles = listed(closed.into_iter().map(ident));
            Finding::new(
                Code::Denied,
                format!("role {user} cannot set the default privileges of {roles}"),
                "restore as a superuser or a member of these roles, or use --no-privileges",
            )
        })
    }

    fn label_providers(&self) -> Option<Finding> {
        let missing = &self.target.missing_providers;
        (!missing.is_empty()).then(|| {
            let names = listed(missing.iter().map(|provider| ident(provider)));
            Finding::new(
                Code::TargetUnfit,
                format!("the target server has not loaded the security label provider {names}"),
                "name its library in shared_preload_libraries, or use --no-security-labels",
            )
        })
    }

    fn extensions(&self, scope: Scope) -> Vec<Finding> {
        let installed =
            |name: &str| scope == Scope::Database && self.target.extensions.contains_key(name);
        let wanted: Vec<&str> = self
            .plan
            .made()
            .filter(|entry| entry.kind == Kind::Extension && !installed(&entry.name.name))
            .map(|entry| entry.name.name.as_str())
            .collect();
        let Some(available) = &self.target.available else { return Vec::new() };
        let missing: Vec<String> = wanted
            .iter()
            .filter(|name| !available.contains_key(**name))
            .map(|n| ident(n))
            .collect();
        let mut findings = Vec::new();
        if !missing.is_empty() {
            findings.push(Finding::new(
                Code::ExtensionMissing,
                format!("the target server does not have the extension {}", listed(missing)),
                "install its package on the target server",
            ));
        }
        let closed = |name: &str| available.get(name).is_some_and(|e| e.superuser_only);
        let closed: Vec<String> =
            wanted.iter().filter(|name| closed(name)).map(|name| ident(name)).collect();
        if !closed.is_empty() && !self.target.superuser && !self.target.is_managed() {
            findings.push(Finding::new(
                Code::Denied,
                format!("only a superuser can create the extension {}", listed(closed)),
                "create it first as a superuser, or restore as one",
            ));
        }
        findings
    }

    fn tablespaces(&self) -> Option<Finding> {
        if self.request.omitted.tablespaces {
            return None;
        }
        let of_database = self.meta.database.tablespace.as_ref();
        let missing: BTreeSet<String> = self
            .plan
            .made()
            .filter_map(|entry| entry.tablespace.as_ref())
            .chain(of_database.filter(|_| self.request.create.is_some()))
            .filter(|name| !self.target.tablespaces.contains(*name))
            .map(|name| ident(name))
            .collect();
        (!missing.is_empty()).then(|| {
            Finding::new(
                Code::TargetUnfit,
                format!("the target lacks the tablespace {}", listed(missing)),
                "create it, or use --no-tablespaces",
            )
        })
    }

    fn existing(&self) -> Option<Finding> {
        let there = |entry: &&Entry| match entry.kind {
            Kind::Schema => self.target.schemas.contains_key(&entry.name.name),
            Kind::Type | Kind::Domain => self.target.types.contains(&entry.name),
            kind if takes_relation_name(kind) => self.target.relations.contains_key(&entry.name),
            _ => false,
        };
        let there: Vec<String> = self.plan.made().filter(there).map(Entry::label).collect();
        let count = there.len();
        (count > 0).then(|| {
            let word = if count == 1 { "object" } else { "objects" };
            Finding::new(
                Code::ObjectExists,
                format!(
                    "{count} {word} of the archive exist in the target already: {}",
                    listed(there)
                ),
                "restore into an empty database, or use --create",
            )
        })
    }

    fn large_objects(&self) -> Vec<Finding> {
        let made = self.plan.made().filter_map(|entry| entry.large_objects.as_ref());
        let made = Oids::union(made.map(|objects| &objects.oids));
        let mut findings = Vec::new();
        let there: Vec<u32> =
            self.target.large_objects.iter().filter(|oid| made.contains(*oid)).collect();
        if !there.is_empty() {
            let count = there.len();
            let word = if count == 1 { "object" } else { "objects" };
            let names = listed(there.iter().map(u32::to_string));
            findings.push(Finding::new(
                Code::ObjectExists,
                format!("{count} large {word} of the archive exist in the target already: {names}"),
                "unlink them, or leave large objects out with --no-large-objects",
            ));
        }
        if !made.is_empty() && !self.target.superuser && !self.target.can_stage {
            let user = ident(&self.target.user);
            findings.push(Finding::new(
                Code::Denied,
                format!("role {user} may not make temporary tables, which fill large objects"),
                format!("grant TEMPORARY on the database to {user}, or use --no-large-objects"),
            ));
        }
        findings
    }

    /// Schemas that entries stand in, that are not made and not there.
    fn schemas(&self) -> Option<Finding> {
        // An extension makes schemas too, which are listed for their privileges; `public` is made
        // by no restore.
        let made: BTreeSet<&str> = self
            .entries()
            .filter(|entry| entry.kind == Kind::Schema && entry.name.name != "public")
            .map(|entry| entry.name.name.as_str())
            .collect();
        let missing: BTreeSet<String> = self
            .used_schemas()
            .filter(|name| !made.contains(name) && !self.target.schemas.contains_key(*name))
            .map(ident)
            .collect();
        (!missing.is_empty()).then(|| {
            Finding::new(
                Code::TargetUnfit,
                format!("the target lacks the schema {}", listed(missing)),
                "create it, or restore it with -n",
            )
        })
    }

    fn used_schemas(&self) -> impl Iterator<Item = &str> {
        let named = |name: &'_ Ref| name.schema.is_some();
        self.plan
            .made()
            .filter(move |entry| entry.kind != Kind::Schema && named(&entry.name))
            .filter_map(|entry| entry.name.schema.as_deref())
    }

    fn rights(&self) -> Option<Finding> {
        if self.target.superuser {
            return None;
        }
        let user = ident(&self.target.user);
        let needs_database =
            self.plan.made().any(|entry| matches!(entry.kind, Kind::Schema | Kind::Publication));
        if needs_database && !self.target.can_create {
            return Some(Finding::new(
                Code::Denied,
                format!("role {user} may not create schemas in the database"),
                format!("grant CREATE on the database to {user}"),
            ));
        }
        let closed: BTreeSet<String> = self
            .used_schemas()
            .filter(|name| self.target.schemas.get(*name) == Some(&false))
            .map(ident)
            .collect();
        (!closed.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!("role {user} may not create objects in the schema {}", listed(closed)),
                format!("grant CREATE on the schema to {user}"),
            )
        })
    }

    fn warnings(&self, scope: Scope) -> Vec<String> {
        let mut warnings = Vec::new();
        let source = self.meta.server_version / 10_000;
        if self.target.major() < source {
            warnings.push(format!(
                "the target is PostgreSQL {}, older than the source ({source}): definitions may use \
                 what it does not know",
                self.target.major()
            ));
        }
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
