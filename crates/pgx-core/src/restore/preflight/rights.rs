//! What the restoring role may make, and where.

use std::collections::BTreeSet;

use super::super::kinds::is_superusers;
use super::{Check, Finding, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind, Ref};

impl Check<'_> {
    pub(super) fn superuser_only(&self) -> Option<Finding> {
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

    /// Schemas that entries stand in, that are not made and not there.
    pub(super) fn schemas(&self) -> Option<Finding> {
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

    pub(super) fn rights(&self) -> Option<Finding> {
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

    fn used_schemas(&self) -> impl Iterator<Item = &str> {
        let named = |name: &'_ Ref| name.schema.is_some();
        self.plan
            .made()
            .filter(move |entry| entry.kind != Kind::Schema && named(&entry.name))
            .filter_map(|entry| entry.name.schema.as_deref())
    }
}
