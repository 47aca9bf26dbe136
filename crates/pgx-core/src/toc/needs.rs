//! What it takes to make an object, where its kind does not say.

use minicbor::{Decode, Encode};

/// What making an object takes of the role that makes it and of the server, beyond what its kind says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Needs {
    /// Only a superuser can make it, although its kind is everybody's.
    #[n(0)]
    #[cbor(default, skip_if = "super::is_false")]
    pub superuser: bool,
    /// The language a function or procedure is written in.
    #[n(1)]
    pub language: Option<String>,
    /// The settings that a function changes while it runs.
    #[n(2)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// The foreign-data wrapper of a server, the server of a foreign table or user mapping.
    #[n(3)]
    pub foreign: Option<String>,
    /// The schema of an extension.
    #[n(4)]
    pub schema: Option<String>,
}

impl Needs {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Needs::default()
    }
}
