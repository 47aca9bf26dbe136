//! Schemas.

use super::object::Object;

/// A schema of a user, or `public`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Identity, owner, privileges.
    pub object: Object,
    /// `public` belongs to the role that initdb gives it to; false for every other schema.
    pub default_owner: bool,
}
