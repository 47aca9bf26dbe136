//! Types whose values hold other values, and types of extensions.

use super::case::Case;

/// Every compound type.
pub(super) const CASES: &[Case] = &[];
