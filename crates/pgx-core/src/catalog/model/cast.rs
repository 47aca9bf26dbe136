//! Casts.

use super::object::Object;

/// A cast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cast {
    /// Identity; the name is that in parentheses: `(integer AS s.t)`. Nobody owns a cast.
    pub object: Object,
    /// What follows the name in CREATE CAST.
    pub definition: String,
    /// It takes the bytes of one type for those of the other.
    pub binary: bool,
}
