//! A plan for a target of another version than the source: entries as that version makes them.

use super::plan::Plan;
use super::report::Skipped;
use super::target::Target;
use crate::toc::{Entry, Kind, Variant};

/// The version that has the privilege MAINTAIN.
const MAINTAIN: u32 = 17;

/// What the target is given instead of the entry's statements. The planner's helper of an aggregate is a
/// superuser's to name, so that others are given the aggregate as a server without helpers is.
pub(super) fn variant<'e>(entry: &'e Entry, target: &Target) -> Option<&'e Variant> {
    let major = match entry.kind {
        Kind::Aggregate if !target.superuser => target.major().min(18),
        _ => target.major(),
    };
    entry.variant(major)
}

impl Plan {
    /// Puts entries into the form that the target takes; returns what they lose. What the target cannot
    /// have at all stays, for the preflight to refuse.
    pub(super) fn fit_version(&mut self, target: &Target) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut left_out = Vec::new();
        let steps = std::mem::take(&mut self.steps);
        for step in steps {
            let entry = &mut self.entries[step.entry];
            let Some(Variant { create: Some(create), lost, .. }) =
                variant(entry, target).filter(|_| step.action.makes()).cloned()
            else {
                self.steps.push(step);
                continue;
            };
            if create.is_empty() {
                let reason = lost.join(", ");
                left_out.push(step.entry);
                self.skipped.push(Skipped { label: entry.label(), reason });
                continue;
            }
            if !lost.is_empty() {
                let lost = lost.join(", ");
                warnings.push(format!("{} is made without {lost}", entry.label()));
            }
            entry.create = create;
            self.steps.push(step);
        }
        self.steps.retain(|step| !left_out.contains(&step.entry));
        warnings.extend(self.without_maintain(target));
        warnings.extend(self.without_compression(target));
        warnings
    }

    /// Before 14 every large value was compressed in the same way, and lz4 is a choice of who builds the
    /// server. No value is lost by it.
    fn without_compression(&mut self, target: &Target) -> Option<String> {
        let known = |method: &str| target.compressions.iter().any(|one| one == method);
        let stays = |sql: &String| match sql.rsplit(' ').next() {
            Some("DEFAULT") => !target.compressions.is_empty(),
            method => method.is_some_and(known),
        };
        let mut objects = 0;
        for entry in &mut self.entries {
            let before = entry.toast_compression.len();
            entry.toast_compression.retain(stays);
            objects += usize::from(entry.toast_compression.len() < before);
        }
        (objects > 0).then(|| {
            format!("a COMPRESSION that the target has not is left out of {objects} objects")
        })
    }

    /// Takes out a privilege that only newer servers have.
    fn without_maintain(&mut self, target: &Target) -> Option<String> {
        if target.major() >= MAINTAIN {
            return None;
        }
        let mut objects = 0;
        for entry in &mut self.entries {
            let before = entry.acl.len();
            let mut some = false;
            for change in &mut entry.acl {
                let words = change.privileges.len();
                change.privileges.retain(|word| word != "MAINTAIN");
                some |= change.privileges.len() < words;
            }
            entry.acl.retain(|change| !change.privileges.is_empty());
            objects += usize::from(some || entry.acl.len() < before);
        }
        (objects > 0).then(|| format!("the privilege MAINTAIN on {objects} objects is left out"))
    }
}
