//! Fitting a plan to its target: what is there already is not made again, what cannot be done
//! without harm to the rest is left out and reported.

use super::plan::{Action, Plan, Step};
use super::refusal;
use super::report::Skipped;
use super::target::Target;
use crate::toc::{Entry, Kind};

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

    /// Every database is born with the schema `public`. Another schema that is there already is in
    /// the way of a whole restore, and welcome to a choice of entries, which leaves it as it is.
    fn fate_of_schema(&self, step: &Step, entry: &Entry, target: &Target) -> Fate {
        if !target.schemas.contains_key(&entry.name.name) {
            return Fate::Stays;
        }
        match step.action {
            Action::Define if entry.name.name == "public" => {
                Fate::Becomes(Action::Complete { comments: true })
            }
            _ if entry.create.is_empty() || !self.chosen_by_name => Fate::Stays,
            Action::Define => Fate::LeftOut(Some("the target has it already".to_owned())),
            _ => Fate::LeftOut(None),
        }
    }
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
