//! Fitting a plan to its target: what is there already is not made again, what cannot be done
//! without harm to the rest is left out and reported.

use std::collections::BTreeSet;

use super::plan::{Action, Plan, Step};
use super::refusal;
use super::report::Skipped;
use super::standing::Standing;
use super::target::Target;
use crate::toc::{AclChange, Entry, Kind};

/// What becomes of a step.
enum Fate {
    Stays,
    Becomes(Action),
    LeftOut(Option<String>),
}

impl Plan {
    /// Adapts the steps to `target`; returns warnings.
    pub(super) fn fit(&mut self, target: &Target) -> Vec<String> {
        let mut warnings = self.fit_version(target);
        let steps = std::mem::take(&mut self.steps);
        for mut step in steps {
            let entry = &self.entries[step.entry];
            match self.fate(&step, entry, target) {
                Fate::Stays => {}
                Fate::Becomes(action) => {
                    step.action = action;
                    warnings.extend(other_version(entry, target));
                    if let Action::Complete { comments: false } = action {
                        warnings.push(format!(
                            "COMMENT on {} is left out: the restoring role does not own it",
                            entry.label()
                        ));
                    }
                }
                Fate::LeftOut(reason) => {
                    if let Some(reason) = reason {
                        self.skipped.push(Skipped { label: entry.label(), reason });
                    }
                    continue;
                }
            }
            self.steps.push(step);
        }
        warnings
    }

    fn fate(&self, step: &Step, entry: &Entry, target: &Target) -> Fate {
        if let Some(table) = &step.needs {
            let there = target.relations.contains_key(table)
                || self.made().any(|made| made.kind == Kind::Table && made.name == *table);
            if !there {
                return Fate::LeftOut(Some(format!("the target has no table {table}")));
            }
        }
        if is_initdbs(entry) && !target.superuser {
            let told = step.action == Action::Grant;
            return Fate::LeftOut(told.then(|| refusal::SYSTEM_IS_SUPERUSERS.to_owned()));
        }
        if let Some(reason) = self.not_to_grant(step, entry, target) {
            return Fate::LeftOut(Some(reason));
        }
        match (entry.kind, step.action) {
            (Kind::Schema, _) => self.fate_of_schema(step, entry, target),
            (Kind::Extension, Action::Define) => match target.extensions.get(&entry.name.name) {
                Some(installed) => {
                    let may = target.superuser || installed.owned || entry.comments.is_empty();
                    Fate::Becomes(Action::Complete { comments: may })
                }
                None => Fate::Stays,
            },
            (Kind::ProceduralLanguage, Action::Define) if entry.name.name == "plpgsql" => {
                Fate::Becomes(Action::Complete { comments: target.superuser })
            }
            _ => Fate::Stays,
        }
    }

    /// Why the role cannot change these privileges: an extension's members may belong to others. The
    /// server would warn and do nothing, where it does not refuse.
    fn not_to_grant(&self, step: &Step, entry: &Entry, target: &Target) -> Option<String> {
        if step.action != Action::Grant || !entry.create.is_empty() {
            return None;
        }
        let needed = entry.deps.iter().filter_map(|id| self.entry(*id));
        let mut extensions = needed.filter(|entry| entry.kind == Kind::Extension);
        let lent = extensions.find(|extension| target.lends(&extension.name.name))?;
        Some(format!("it belongs to the owner of {}, not to the restoring role", lent.label()))
    }

    /// Every database is born with the schema `public`. Another schema that is there already is in
    /// the way of a whole restore, and welcome to a choice of entries, which leaves it as it is.
    fn fate_of_schema(&self, step: &Step, entry: &Entry, target: &Target) -> Fate {
        if !target.schemas.contains_key(&entry.name.name) {
            return Fate::Stays;
        }
        let standing = target.standing.as_ref();
        let others = standing.filter(|s| s.owns_schema(&entry.name.name) == Some(false));
        match step.action {
            _ if entry.name.name == "public" && others.is_some() => {
                let same = others.is_some_and(|standing| is_same(step.action, entry, standing));
                let reason = "it belongs to another role than the restoring one";
                Fate::LeftOut((!same).then(|| reason.to_owned()))
            }
            Action::Define if entry.name.name == "public" => {
                Fate::Becomes(Action::Complete { comments: true })
            }
            _ if entry.create.is_empty() || !self.chosen_by_name => Fate::Stays,
            Action::Define => Fate::LeftOut(Some("the target has it already".to_owned())),
            _ => Fate::LeftOut(None),
        }
    }
}

/// Whether a schema `public` is, without the step, what the step would make of it.
fn is_same(action: Action, entry: &Entry, standing: &Standing) -> bool {
    if action != Action::Grant {
        return entry.owner.is_none() && entry.comments.is_empty() && entry.labels.is_empty();
    }
    // Every server gives the right to use it.
    let mut public = BTreeSet::from(["USAGE"]);
    for change in &entry.acl {
        let all = change.privileges.iter().any(|word| word == "ALL");
        let words = if all { vec!["USAGE", "CREATE"] } else { words(change) };
        match (&change.grantee, change.revoke) {
            (Some(_), _) => return false,
            (None, true) => public.retain(|word| !words.contains(word)),
            (None, false) => public.extend(words),
        }
    }
    ["USAGE", "CREATE"].iter().all(|word| public.contains(word) == standing.is_public(word))
}

fn words(change: &AclChange) -> Vec<&str> {
    change.privileges.iter().map(String::as_str).collect()
}

/// Privileges on an object of the system: a restore makes it not, and nothing it makes brings it.
pub(super) fn is_initdbs(entry: &Entry) -> bool {
    let system = |schema: &str| matches!(schema, "pg_catalog" | "information_schema");
    let inside = entry.name.schema.as_deref().is_some_and(system);
    let itself = match entry.kind {
        Kind::Schema => system(&entry.name.name),
        Kind::ProceduralLanguage => entry.deps.is_empty(),
        _ => false,
    };
    entry.create.is_empty() && !entry.acl.is_empty() && (inside || itself)
}

fn other_version(entry: &Entry, target: &Target) -> Option<String> {
    let installed = target.extensions.get(&entry.name.name)?;
    let version = entry.version.as_ref().filter(|version| **version != installed.version)?;
    Some(format!(
        "{} is version {} in the target and {version} in the archive",
        entry.label(),
        installed.version
    ))
}
