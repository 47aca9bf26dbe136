//! What the restoring role may make, and where.

use std::collections::BTreeSet;

use super::{Check, Finding, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind, Ref};

impl Check<'_> {
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

    pub(super) fn rights(&self) -> Vec<Finding> {
        match self.target.superuser {
            true => Vec::new(),
            false => self.of_database().into_iter().chain(self.of_schemas()).collect(),
        }
    }

    fn of_database(&self) -> Option<Finding> {
        let needs = |entry: &Entry| match entry.kind {
            Kind::Schema | Kind::Publication | Kind::Subscription => true,
            Kind::Extension => self.target.lends(&entry.name.name),
            _ => false,
        };
        let kinds: BTreeSet<String> = self
            .plan
            .made()
            .filter(|entry| needs(entry))
            .map(|entry| format!("{}S", entry.kind).to_lowercase())
            .collect();
        (!kinds.is_empty() && !self.target.can_create).then(|| {
            let user = ident(&self.target.user);
            Finding::new(
                Code::Denied,
                format!("role {user} may not create {} in the database", listed(kinds)),
                format!("grant CREATE on the database to {user}"),
            )
        })
    }

    fn of_schemas(&self) -> Option<Finding> {
        let user = ident(&self.target.user);
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
