//! Transforms.

use super::object::Object;

/// A transform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transform {
    /// Identity; the name is `FOR s.t LANGUAGE "l"`. Nobody owns a transform.
    pub object: Object,
    /// What stands between the parentheses of CREATE TRANSFORM.
    pub clauses: Vec<String>,
}
