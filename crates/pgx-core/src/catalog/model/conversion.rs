//! Conversions between encodings.

use super::object::Object;

/// A conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Identity and owner.
    pub object: Object,
    /// The server takes it for its two encodings.
    pub default: bool,
    /// What follows the name in CREATE CONVERSION.
    pub definition: String,
}
