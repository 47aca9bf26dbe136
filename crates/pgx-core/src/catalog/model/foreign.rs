//! Foreign-data wrappers, servers, user mappings, and what makes a table a foreign one.

use super::object::Object;
use crate::toc::CatalogId;

/// A foreign-data wrapper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignDataWrapper {
    /// Identity, owner, privileges.
    pub object: Object,
    /// The handler function, quoted and with its schema.
    pub handler: Option<String>,
    /// The validator function, likewise.
    pub validator: Option<String>,
    /// The function that gives subscriptions a connection string (19 and newer), likewise.
    pub connection: Option<String>,
    /// Each `name=value`.
    pub options: Vec<String>,
}

/// A foreign server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignServer {
    /// Identity, owner, privileges.
    pub object: Object,
    /// Name of the wrapper.
    pub wrapper: String,
    /// TYPE
    pub kind: Option<String>,
    /// VERSION
    pub version: Option<String>,
    /// Each `name=value`.
    pub options: Vec<String>,
}

/// A user mapping whose options the dumping role may see. They may hold passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserMapping {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Name of the server.
    pub server: String,
    /// Name of the role; none is PUBLIC.
    pub role: Option<String>,
    /// Each `name=value`.
    pub options: Vec<String>,
}

impl std::fmt::Debug for UserMapping {
    /// Without the options.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let UserMapping { id, server, role, .. } = self;
        write!(f, "UserMapping({id:?}, {role:?} on {server:?})")
    }
}

/// Where the rows of a foreign table are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignTable {
    /// Name of the server.
    pub server: String,
    /// Each `name=value`.
    pub options: Vec<String>,
}
