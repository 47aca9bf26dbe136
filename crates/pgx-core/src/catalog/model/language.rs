//! Procedural languages.

use super::object::Object;

/// A language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Language {
    /// Identity, owner and privileges.
    pub object: Object,
    /// Whoever may use it can do no harm with it; only such a language has privileges.
    pub trusted: bool,
    /// What follows the name in CREATE LANGUAGE: its functions. Empty where those are the server's own
    /// business.
    pub functions: Vec<String>,
}
