//! What the server must provide: extensions, tablespaces, label providers.

use std::collections::BTreeSet;

use super::{Check, Finding, Scope, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::Kind;

impl Check<'_> {
    pub(super) fn label_providers(&self) -> Option<Finding> {
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

    pub(super) fn extensions(&self, scope: Scope) -> Vec<Finding> {
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

    pub(super) fn tablespaces(&self) -> Option<Finding> {
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
}
