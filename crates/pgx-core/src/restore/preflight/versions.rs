//! What a server of the target's version cannot have, although the source does.

use super::super::versions::variant;
use super::{Check, Finding, Scope, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind};

/// The newest version that is known.
const NEWEST: u32 = 19;

impl Check<'_> {
    /// Objects that would be something else on the target.
    pub(super) fn unknown_to_the_target(&self) -> Option<Finding> {
        let refused = |entry: &Entry| {
            let variant = variant(entry, self.target).filter(|one| one.create.is_none())?;
            Some((entry.kind, format!("{} ({})", entry.label(), variant.lost.join(", "))))
        };
        let (kinds, refused): (Vec<Kind>, Vec<String>) =
            self.plan.made().filter_map(refused).unzip();
        let hint = match kinds.first() {
            Some(Kind::Publication) => "restore into a newer server, or use --no-publications",
            Some(Kind::Subscription) => "restore into a newer server, or use --no-subscriptions",
            _ => "restore into a newer server, or leave them out with -t or -n",
        };
        (!refused.is_empty()).then(|| {
            let major = self.target.major();
            Finding::new(
                Code::TargetUnfit,
                format!("PostgreSQL {major} cannot make {}", listed(refused)),
                hint,
            )
        })
    }

    /// Version 19 refuses names of databases with line breaks, and has lost an encoding.
    pub(super) fn gone_in_19(&self, scope: Scope<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.target.major() < 19 {
            return findings;
        }
        let name = self.plan.database();
        if scope != Scope::Database && name.contains(['\n', '\r']) {
            findings.push(Finding::new(
                Code::TargetUnfit,
                format!("the name of database {} has a line break", ident(name)),
                "give another name with -d",
            ));
        }
        if self.meta.encoding == "MULE_INTERNAL" {
            findings.push(Finding::new(
                Code::TargetUnfit,
                "servers from 19 on do not know the archive's encoding MULE_INTERNAL",
                "restore into an older server and convert the text there",
            ));
        }
        findings
    }

    /// What is not as it was although nothing fails.
    pub(super) fn version_warnings(&self) -> Vec<String> {
        let (major, source) = (self.target.major(), self.meta.server_version / 10_000);
        let mut warnings = Vec::new();
        if major < source {
            warnings.push(format!(
                "the target is PostgreSQL {major}, older than the source ({source}): definitions may \
                 use what it does not know"
            ));
        }
        if major > NEWEST {
            warnings.push(format!("the target is PostgreSQL {major}, pgx knows 10 to {NEWEST}"));
        }
        let keeps = |entry: &&Entry| {
            let said = |sql: &String| sql.contains("retain_dead_tuples = true");
            entry.kind == Kind::Subscription && major >= 19 && entry.create.iter().any(said)
        };
        warnings.extend(self.plan.made().filter(keeps).map(|entry| {
            format!(
                "{} retains dead rows of the whole server, by the slot pg_conflict_detection, until \
                 it is enabled or set to retain_dead_tuples = false",
                entry.label()
            )
        }));
        warnings
    }
}
