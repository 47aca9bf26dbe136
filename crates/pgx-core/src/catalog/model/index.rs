//! Indexes.

use super::object::Object;

/// An index on a table or materialized view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Identity: schema and name of the index.
    pub object: Object,
    /// OID of the table.
    pub relation: u32,
    /// `pg_get_indexdef`.
    pub definition: String,
    /// OID of the constraint it belongs to.
    pub constraint: Option<u32>,
    /// OID of the index of the partitioned parent it is attached to.
    pub parent: Option<u32>,
    /// On a partitioned table.
    pub partitioned: bool,
    /// CLUSTER ON
    pub clustered: bool,
    /// REPLICA IDENTITY USING INDEX
    pub replica_identity: bool,
    /// Tablespace, when not the database's default.
    pub tablespace: Option<String>,
    /// Statistics targets by column number of the index.
    pub statistics: Vec<(i32, i32)>,
}
