//! What the server must provide: extensions, tablespaces, label providers.

use std::collections::BTreeSet;

use super::{Check, Finding, Scope, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, EntryId, Kind};

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

    pub(super) fn extensions(&self, scope: Scope<'_>) -> Option<Finding> {
        let installed =
            |name: &str| scope == Scope::Database && self.target.extensions.contains_key(name);
        let wanted: Vec<&str> = self
            .plan
            .made()
            .filter(|entry| entry.kind == Kind::Extension && !installed(&entry.name.name))
            .map(|entry| entry.name.name.as_str())
            .collect();
        let Some(available) = &self.target.available else { return None };
        let missing: Vec<String> = wanted
            .iter()
            .filter(|name| !available.contains_key(**name))
            .map(|n| ident(n))
            .collect();
        (!missing.is_empty()).then(|| {
            Finding::new(
                Code::ExtensionMissing,
                format!("the target server does not have the extension {}", listed(missing)),
                "install its package on the target server",
            )
        })
    }

    /// An extension that is there, elsewhere, and whose objects the archive names with their schema.
    pub(super) fn elsewhere(&self) -> Option<Finding> {
        let mut moved = Vec::new();
        for entry in self.entries().filter(|entry| entry.kind == Kind::Extension) {
            let here = self.target.extensions.get(&entry.name.name);
            let (Some(here), Some(schema)) = (here, &entry.needs.schema) else { continue };
            let named = || self.plan.made().any(|made| names_members(made, entry.id));
            if here.schema != *schema && named() {
                let (name, here) = (ident(&entry.name.name), ident(&here.schema));
                moved.push(format!(
                    "ALTER EXTENSION {name} SET SCHEMA {}; (now in {here})",
                    ident(schema)
                ));
            }
        }
        (!moved.is_empty()).then(|| {
            let extensions = if moved.len() == 1 { "an extension" } else { "extensions" };
            let mut finding = Finding::new(
                Code::TargetUnfit,
                format!("the target has {extensions} in another schema than the archive"),
                "move or drop it there, or restore into a database without it",
            );
            finding.notes = moved;
            finding
        })
    }

    /// What a table is stored by is made by the archive, or is there.
    pub(super) fn access_methods(&self, scope: Scope<'_>) -> Option<Finding> {
        if scope != Scope::Database || self.target.access_methods.is_empty() {
            return None;
        }
        let makes = |entry: &Entry| matches!(entry.kind, Kind::AccessMethod | Kind::Extension);
        let brought =
            |entry: &Entry| entry.deps.iter().filter_map(|id| self.plan.entry(*id)).any(makes);
        let missing: BTreeSet<String> = self
            .plan
            .made()
            .filter(|entry| !brought(entry))
            .filter_map(|entry| entry.access_method.as_ref())
            .filter(|name| !self.target.access_methods.contains(*name))
            .map(|name| ident(name))
            .collect();
        (!missing.is_empty()).then(|| {
            Finding::new(
                Code::TargetUnfit,
                format!("the target lacks the access method {}", listed(missing)),
                "install the extension that brings it",
            )
        })
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
        if missing.is_empty() {
            return self.closed_tablespaces();
        }
        Some(Finding::new(
            Code::TargetUnfit,
            format!("the target lacks the tablespace {}", listed(missing)),
            "create it, or use --no-tablespaces",
        ))
    }

    fn closed_tablespaces(&self) -> Option<Finding> {
        let standing = self.target.standing.as_ref()?;
        let closed: BTreeSet<String> = self
            .plan
            .made()
            .filter_map(|entry| entry.tablespace.as_ref())
            .filter(|name| standing.is_closed_tablespace(name))
            .map(|name| ident(name))
            .collect();
        (!closed.is_empty()).then(|| {
            let user = ident(&self.target.user);
            Finding::new(
                Code::Denied,
                format!("role {user} may not store in the tablespace {}", listed(closed)),
                format!("grant CREATE on the tablespace to {user}, or use --no-tablespaces"),
            )
        })
    }
}

/// Whether the statements of an entry must name members of an extension with their schema. Indexes
/// leave the usual operator class out, and access methods and foreign-data wrappers stand in no schema.
fn names_members(entry: &Entry, extension: EntryId) -> bool {
    let by_name = match entry.kind {
        Kind::Table | Kind::MaterializedView => entry.access_method.is_none(),
        Kind::View | Kind::Type | Kind::Domain | Kind::Function | Kind::Procedure => true,
        Kind::Aggregate | Kind::Operator | Kind::Cast => true,
        _ => false,
    };
    by_name && entry.deps.contains(&extension)
}
