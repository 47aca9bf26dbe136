//! Extended statistics.

use super::object::Object;

/// Statistics across the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Identity and owner.
    pub object: Object,
    /// OID of the table.
    pub relation: u32,
    /// `pg_get_statisticsobjdef`.
    pub definition: String,
    /// On a virtual generated column (19 and newer).
    pub of_virtual: bool,
    /// Statistics target when set.
    pub target: Option<i32>,
}
