//! Security labels.

use std::collections::HashMap;

use crate::toc::CatalogId;

/// A label without what it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The module that gives it a meaning.
    pub provider: String,
    /// The text.
    pub text: String,
}

/// Labels by object and column number (0 is the object itself), each list by provider.
pub type Labels = HashMap<(CatalogId, i32), Vec<Label>>;
