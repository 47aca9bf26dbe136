//! Event triggers.

use super::object::Object;

/// An event trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTrigger {
    /// Identity and owner.
    pub object: Object,
    /// `ddl_command_end`, `sql_drop`, …
    pub event: String,
    /// The command tags it is limited to; empty for all.
    pub tags: Vec<String>,
    /// The function, quoted and with its schema.
    pub function: String,
    /// `evtenabled`: `O`, `D`, `R`, `A`.
    pub enabled: char,
}
