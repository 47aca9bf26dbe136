//! Collations.

use super::object::Object;

/// A collation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collation {
    /// Identity and owner.
    pub object: Object,
    /// What stands between the parentheses of CREATE COLLATION.
    pub clauses: Vec<String>,
}
