//! Entries that an ordinary role cannot make on this target, each with the reason.

use super::super::kinds::{is_superusers, takes_relation_name};
use super::super::plan::Plan;
use super::super::standing::Standing;
use super::super::target::Target;
use super::{Finding, NAMES_MAX, Scope};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind};

const SUPERUSERS: &str = "only a superuser can make it";

/// An entry that cannot be made.
pub(in crate::restore) struct Denied {
    /// Position in the table of contents.
    pub(in crate::restore) entry: usize,
    pub(in crate::restore) reason: String,
}

/// Finds them; none for a superuser, and none on servers whose owner gives roles more than PostgreSQL
/// does.
pub(in crate::restore) fn find(plan: &Plan, target: &Target, scope: Scope<'_>) -> Vec<Denied> {
    let Some(standing) = target.standing.as_ref().filter(|_| !target.is_managed()) else {
        return Vec::new();
    };
    let rules = Rules { plan, target, standing, scope };
    let steps = plan.steps.iter().filter(|step| step.action.makes());
    let denied = steps.filter_map(|step| {
        let entry = plan.entries.get(step.entry).filter(|entry| !entry.create.is_empty())?;
        Some(Denied { entry: step.entry, reason: rules.reason(entry)? })
    });
    denied.collect()
}

/// They as one finding, one line each.
pub(super) fn finding(denied: &[Denied], plan: &Plan, target: &Target) -> Option<Finding> {
    let label = |denied: &Denied| plan.entries[denied.entry].label();
    let objects = match denied {
        [] => return None,
        [one] => label(one),
        many => format!("{} objects of the archive", many.len()),
    };
    let mut finding = Finding::new(
        Code::Denied,
        format!("role {} cannot make {objects}", ident(&target.user)),
        "restore as a superuser, or leave them and what needs them out with --skip-denied",
    );
    let line = |denied: &Denied| format!("{}: {}", label(denied), denied.reason);
    finding.notes.extend(denied.iter().take(NAMES_MAX).map(line));
    if let Some(more) = denied.len().checked_sub(NAMES_MAX).filter(|more| *more > 0) {
        finding.notes.push(format!("and {more} more"));
    }
    Some(finding)
}

struct Rules<'r> {
    plan: &'r Plan,
    target: &'r Target,
    standing: &'r Standing,
    scope: Scope<'r>,
}

impl Rules<'_> {
    fn reason(&self, entry: &Entry) -> Option<String> {
        if entry.needs.superuser || is_superusers(entry, self.target.major()) {
            return Some(SUPERUSERS.to_owned());
        }
        let closed = |name: &&String| self.standing.is_closed_setting(name);
        if let Some(setting) = entry.needs.settings.iter().find(closed) {
            return Some(format!("only a superuser can set {setting}"));
        }
        match entry.kind {
            Kind::Extension => self.extension(entry),
            Kind::Subscription if !self.standing.subscribes() => {
                Some("it takes membership in pg_create_subscription".to_owned())
            }
            // The new database has not the extensions and servers of the one that is connected.
            _ if self.scope != Scope::Database => None,
            Kind::Cast => self.cast(entry),
            Kind::Function | Kind::Procedure | Kind::Transform => self.language(entry),
            Kind::ForeignServer => {
                let wrapper = entry.needs.foreign.as_deref()?;
                let closed = self.standing.uses_wrapper(wrapper) == Some(false);
                let reason = || format!("no USAGE on the foreign-data wrapper {}", ident(wrapper));
                closed.then(reason)
            }
            Kind::ForeignTable => {
                let server = entry.needs.foreign.as_deref()?;
                let closed = self.standing.uses_server(server) == Some(false);
                closed.then(|| format!("no USAGE on the server {}", ident(server)))
            }
            Kind::UserMapping => self.mapping(entry),
            _ => None,
        }
    }

    fn extension(&self, entry: &Entry) -> Option<String> {
        let name = &entry.name.name;
        let available = self.target.available.as_ref()?.get(name)?;
        let reason = "only a superuser can create it, and the target has it not";
        available.superuser_only.then(|| reason.to_owned())
    }

    /// The server's own types are no ordinary role's, and neither are those of most extensions.
    fn cast(&self, entry: &Entry) -> Option<String> {
        let is_type = |entry: &Entry| match entry.kind {
            Kind::Extension => !self.target.lends(&entry.name.name),
            Kind::Type | Kind::Domain | Kind::ShellType => true,
            kind => takes_relation_name(kind),
        };
        let mut needed = entry.deps.iter().filter_map(|id| self.plan.entry(*id));
        (!needed.any(is_type)).then(|| "it takes the ownership of one of its types".to_owned())
    }

    fn language(&self, entry: &Entry) -> Option<String> {
        let language = entry.needs.language.as_deref()?;
        let closed = self.standing.writes(language) == Some(false);
        closed.then(|| format!("no right to the language {}", ident(language)))
    }

    /// Who may use a server makes his own mapping, its owner makes all.
    fn mapping(&self, entry: &Entry) -> Option<String> {
        let server = entry.needs.foreign.as_deref()?;
        let usable = self.standing.uses_server(server)?;
        let mut roles = entry.role_slots.iter();
        let own = roles.any(|slot| slot.role == self.target.user);
        let may = self.standing.owns_server(server) || own && usable;
        (!may).then(|| format!("it takes the ownership of the server {}", ident(server)))
    }
}
