//! What initdb made and somebody changed the privileges of.

use super::acl::{Acl, AclTarget};
use super::object::Object;
use crate::toc::Kind;

/// An object of the system whose privileges are not those initdb gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemObject {
    /// Identity, owner, privileges.
    pub object: Object,
    /// What it is.
    pub kind: Kind,
    /// The privileges that are possible on it.
    pub target: AclTarget,
    /// What GRANT calls it, keyword included and quoted.
    pub on: String,
    /// Columns whose own privileges were changed.
    pub columns: Vec<(String, Acl)>,
}
