//! Role names.
//!
//! Owners and privileges do not go through this: within one query the server prints both from the same
//! (newest) state, and so they always agree.

use std::collections::HashMap;

use crate::connect::Session;
use crate::error::Result;

/// Role names by OID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(HashMap<u32, String>);

impl Roles {
    /// The name; for a role that is gone its number, as the server itself prints it.
    pub fn name(&self, oid: u32) -> String {
        self.0.get(&oid).cloned().unwrap_or_else(|| oid.to_string())
    }
}

/// Reads all roles of the cluster.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Roles> {
    let rows = session.query("SELECT oid, rolname FROM pg_catalog.pg_roles")?;
    rows.iter()
        .map(|row| Ok((row.oid("oid")?, row.text("rolname")?)))
        .collect::<Result<_>>()
        .map(Roles)
}
