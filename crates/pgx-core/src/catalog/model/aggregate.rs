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
    /// What stands between the first parentheses of CREATE AGGREGATE.
    pub arguments: String,
    /// The clauses between the second; empty for a member of an extension.
    pub clauses: Vec<String>,
    /// SUPPORT: the planner's helper (19 and newer), quoted and with its schema.
    pub support: Option<String>,
    /// Its state is of the type `internal`.
    pub superusers: bool,
}
