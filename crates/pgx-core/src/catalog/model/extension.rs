//! Extensions.

use super::object::Object;

/// An extension that a user created (built-in ones have OIDs below 16384 and are not dumped).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// Identity; `schema` is the one it is installed in.
    pub object: Object,
    /// Installed version.
    pub version: String,
    /// Made by initdb (plpgsql): never created by a restore.
    pub built_in: bool,
}
