//! What becomes of objects that are given to their owners.

use std::collections::{BTreeMap, BTreeSet};

use super::super::standing::Standing;
use super::{Check, Finding, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::{Entry, Kind, Ref};

impl Check<'_> {
    /// Whether the database can be made, and for its owner.
    pub(super) fn new_database(&self, owner: Option<&str>) -> Vec<Finding> {
        let user = ident(&self.target.user);
        let mut findings = Vec::new();
        if !self.target.create_database {
            findings.push(Finding::new(
                Code::Denied,
                format!("role {user} may not create databases"),
                "restore as a role with CREATEDB, or into an existing database",
            ));
        }
        let Some(owner) = owner else { return findings };
        match self.target.roles.get(owner) {
            Some(assumable) if *assumable || self.target.superuser => {}
            Some(_) => findings.push(Finding::new(
                Code::Denied,
                format!("role {user} cannot give a database to {}", ident(owner)),
                "name another owner with --owner, or use --no-owner",
            )),
            None => {
                let mut finding = Finding::new(
                    Code::RoleMissing,
                    format!("the target lacks the role {}", ident(owner)),
                    "create it, name another owner with --owner, or use --no-owner",
                );
                finding.notes.push(format!("CREATE ROLE {};", ident(owner)));
                findings.push(finding);
            }
        }
        findings
    }

    /// An owner must be able to make what he is given, and what he owns is out of the restoring role's
    /// hands unless it has his rights.
    pub(super) fn new_owners(&self) -> Vec<Finding> {
        let Some(standing) = &self.target.standing else { return Vec::new() };
        if self.request.omitted.owners {
            return Vec::new();
        }
        let homeless = self.homeless(standing);
        homeless.into_iter().chain(self.lost(standing)).collect()
    }

    /// Owners that may not create where their objects stand. The privileges of schemas that the
    /// restore makes come at its end.
    fn homeless(&self, standing: &Standing) -> Option<Finding> {
        let made: BTreeMap<&str, Option<&str>> = self
            .plan
            .made()
            .filter(|entry| entry.kind == Kind::Schema)
            .map(|entry| (entry.name.name.as_str(), entry.owner.as_deref()))
            .collect();
        let may = |owner: &str, entry: &Entry| match (&entry.name.schema, entry.kind) {
            (Some(schema), _) => match made.get(schema.as_str()) {
                Some(of_schema) => of_schema.is_none_or(|other| standing.inherits(owner, other)),
                None => standing.creates_in(owner, schema) != Some(false),
            },
            (None, Kind::Publication) => standing.creates_in_database(owner),
            _ => true,
        };
        let mut homeless = BTreeSet::new();
        for entry in self.plan.made() {
            let Some(owner) = self.new_owner(entry) else { continue };
            if !may(owner, entry) {
                let place = entry.name.schema.as_deref().map(ident);
                let place =
                    place.map_or("the database".to_owned(), |name| format!("schema {name}"));
                homeless.insert(format!("{} in {place}", ident(owner)));
            }
        }
        (!homeless.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!("owners may not create where they own objects: {}", listed(homeless)),
                "grant them CREATE there, or use --no-owner or --map-owner",
            )
        })
    }

    /// Owners that the role can give objects to, whose rights it has not, and whose objects it has to
    /// go on with.
    fn lost(&self, standing: &Standing) -> Option<Finding> {
        let touched: BTreeSet<&Ref> = self.entries().filter_map(touches).collect();
        let schemas: BTreeSet<&str> =
            self.plan.made().filter_map(|entry| entry.name.schema.as_deref()).collect();
        let goes_on = |entry: &Entry| match entry.kind {
            Kind::LargeObjectMetadata => false,
            Kind::Schema if schemas.contains(entry.name.name.as_str()) => true,
            _ => {
                let with_itself = [entry.comments.len(), entry.labels.len(), entry.acl.len()];
                with_itself != [0, 0, 0] || touched.contains(&entry.name)
            }
        };
        let mut lost = BTreeSet::new();
        for entry in self.plan.made().filter(|entry| goes_on(entry)) {
            let owner = self.new_owner(entry);
            let given = owner.filter(|owner| self.target.roles.get(*owner) == Some(&true));
            lost.extend(given.filter(|owner| !standing.has_rights_of(owner)).map(ident));
        }
        (!lost.is_empty()).then(|| {
            let user = ident(&self.target.user);
            Finding::new(
                Code::Denied,
                format!("role {user} does not inherit the rights of {}", listed(lost)),
                "let it inherit them, restore as a superuser, or use --no-owner or --map-owner",
            )
        })
    }

    /// Who gets an object that the restoring role makes.
    fn new_owner<'e>(&self, entry: &'e Entry) -> Option<&'e str> {
        let owner = entry.owner.as_deref().filter(|_| !entry.address.is_empty());
        owner.filter(|owner| *owner != self.target.user)
    }
}

/// The relation that an entry changes or fills, after it was given to its owner.
fn touches(entry: &Entry) -> Option<&Ref> {
    match entry.kind {
        Kind::TableData
        | Kind::SequenceSet
        | Kind::SequenceOwnedBy
        | Kind::TableAttach
        | Kind::RowSecurity
        | Kind::MaterializedViewData => Some(&entry.name),
        _ => entry.on.as_ref(),
    }
}
