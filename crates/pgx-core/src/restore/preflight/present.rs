//! What the database has already, and must not have.

use super::super::kinds::takes_relation_name;
use super::{Check, Finding, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind, Oids};

impl Check<'_> {
    pub(super) fn existing(&self) -> Option<Finding> {
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

    pub(super) fn large_objects(&self) -> Vec<Finding> {
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
}
