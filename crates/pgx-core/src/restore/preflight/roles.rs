//! The roles that entries name: owners, grantees, grantors.

use std::collections::BTreeSet;

use super::{Check, Finding, NAMES_MAX, listed};
use crate::connect::quote::ident;
use crate::error::Code;
use crate::toc::Kind;

impl Check<'_> {
    pub(super) fn roles(&self) -> Option<Finding> {
        let missing: Vec<&str> = self
            .owners()
            .into_iter()
            .chain(self.grant_roles())
            .chain(self.named_roles())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|role| !self.target.roles.contains_key(*role))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let names = listed(missing.iter().map(|role| ident(role)));
        let word = if missing.len() == 1 { "role" } else { "roles" };
        let mut finding = Finding::new(
            Code::RoleMissing,
            format!("the target lacks the {word} {names}"),
            "create what is missing, or use --no-owner and --no-privileges",
        );
        let create =
            missing.iter().take(NAMES_MAX).map(|role| format!("CREATE ROLE {};", ident(role)));
        finding.notes.extend(create);
        Some(finding)
    }

    pub(super) fn memberships(&self) -> Option<Finding> {
        if self.target.superuser {
            return None;
        }
        let closed: Vec<String> = self
            .owners()
            .into_iter()
            .filter(|role| self.target.roles.get(*role) == Some(&false))
            .map(ident)
            .collect();
        (!closed.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!(
                    "role {} cannot give objects to {}",
                    ident(&self.target.user),
                    listed(closed)
                ),
                "restore as a member of these roles, or use --no-owner or --map-owner",
            )
        })
    }

    /// A grant that another role than the owner made can only be made again by that role; from 19 on also
    /// by its members.
    pub(super) fn grantors(&self) -> Option<Finding> {
        let logged_in = self.target.superuser && !self.target.login_is_ordinary;
        if logged_in || self.request.omitted.privileges {
            return None;
        }
        let grantors: BTreeSet<String> = self
            .entries()
            .filter(|entry| entry.kind != Kind::DefaultAcl)
            .flat_map(|entry| &entry.acl)
            .filter_map(|change| change.grantor.as_deref())
            .filter(|role| self.target.major() < 19 || self.target.roles.get(*role) == Some(&false))
            .map(ident)
            .collect();
        (!grantors.is_empty()).then(|| {
            Finding::new(
                Code::Denied,
                format!("only a superuser can repeat the grants made by {}", listed(grantors)),
                "restore as a superuser, or use --no-privileges",
            )
        })
    }

    /// Their entries name the role they belong to as the one that grants.
    pub(super) fn default_privileges(&self) -> Option<Finding> {
        if self.target.superuser || self.request.omitted.privileges {
            return None;
        }
        let closed: BTreeSet<&str> = self
            .entries()
            .filter(|entry| entry.kind == Kind::DefaultAcl)
            .flat_map(|entry| &entry.acl)
            .filter_map(|change| change.grantor.as_deref())
            .filter(|role| !self.may_act_for(role))
            .collect();
        (!closed.is_empty()).then(|| {
            let user = ident(&self.target.user);
            let roles = listed(closed.into_iter().map(ident));
            Finding::new(
                Code::Denied,
                format!("role {user} cannot set the default privileges of {roles}"),
                "restore as a superuser or a member of these roles, or use --no-privileges",
            )
        })
    }

    /// Default privileges are set by whoever has the rights of their role; up to 15 a member will do.
    fn may_act_for(&self, role: &str) -> bool {
        match (&self.target.standing, self.target.roles.get(role)) {
            (_, None) => true,
            (Some(standing), _) if self.target.major() >= 16 => standing.has_rights_of(role),
            (_, Some(assumable)) => *assumable,
        }
    }

    /// The roles that statements name.
    fn named_roles(&self) -> impl Iterator<Item = &str> {
        let slots = self.plan.made().flat_map(|entry| &entry.role_slots);
        slots.map(|slot| slot.role.as_str()).filter(|role| *role != "public")
    }

    pub(super) fn owners(&self) -> BTreeSet<&str> {
        if self.request.omitted.owners {
            return BTreeSet::new();
        }
        self.plan.made().filter_map(|entry| entry.owner.as_deref()).collect()
    }

    fn grant_roles(&self) -> BTreeSet<&str> {
        if self.request.omitted.privileges {
            return BTreeSet::new();
        }
        self.entries()
            .flat_map(|entry| &entry.acl)
            .flat_map(|change| [change.grantee.as_deref(), change.grantor.as_deref()])
            .flatten()
            .collect()
    }
}
