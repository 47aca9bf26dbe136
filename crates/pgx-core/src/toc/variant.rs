//! What servers of some versions are given instead of an entry's own statements.

use minicbor::{Decode, Encode};

/// How an object is made on servers that do not take `create` as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Variant {
    /// The first major version it is for.
    #[n(0)]
    pub from: u32,
    /// The last one; none for all that follow.
    #[n(1)]
    pub to: Option<u32>,
    /// Instead of the entry's statements; none where the object cannot be made, empty where it is left
    /// out.
    #[n(2)]
    pub create: Option<Vec<String>>,
    /// What is not as it was, each in SQL's words: `ALL SEQUENCES`.
    #[n(3)]
    pub lost: Vec<String>,
}

impl Variant {
    /// Whether it is for servers of this major version.
    pub fn is_for(&self, major: u32) -> bool {
        self.from <= major && self.to.is_none_or(|to| major <= to)
    }
}
