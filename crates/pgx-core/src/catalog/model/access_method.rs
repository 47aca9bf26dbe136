//! Access methods.

use super::object::Object;

/// An access method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessMethod {
    /// Identity. Nobody owns an access method.
    pub object: Object,
    /// What follows the name in CREATE ACCESS METHOD.
    pub definition: String,
}
