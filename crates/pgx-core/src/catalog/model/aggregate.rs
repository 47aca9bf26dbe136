//! Aggregates.

use super::object::Object;

/// An aggregate function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aggregate {
    /// Identity, owner, privileges.
    pub object: Object,
    /// What stands between the parentheses in COMMENT, ALTER and DROP: `*`, `integer`,
    /// `numeric ORDER BY text`.
    pub signature: String,
    /// The types of its arguments alone, as GRANT wants them.
    pub input_types: String,
    /// Types of the arguments, `schema.type` each: the tie-breaker in the order of a dump.
    pub argument_types: Vec<String>,
    /// What follows the name in CREATE AGGREGATE; empty for a member of an extension.
    pub definition: String,
    /// Its state is of the type `internal`.
    pub superusers: bool,
}
