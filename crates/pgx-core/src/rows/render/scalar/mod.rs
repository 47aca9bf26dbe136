//! Values that are one thing: numbers, text, times, addresses.

use super::{Malformed, Origin};
use crate::toc::Leaf;

/// Appends the text of a value of `leaf`.
pub(super) fn write(
    leaf: Leaf,
    bytes: &[u8],
    _origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match leaf {
        Leaf::Text | Leaf::Varchar | Leaf::Bpchar | Leaf::Name | Leaf::Enum | Leaf::Citext => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        _ => Err(Malformed("value")),
    }
}
