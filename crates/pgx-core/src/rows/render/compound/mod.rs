//! Values that hold other values: arrays, ranges, geometric figures, search documents, and the
//! types of extensions.

use super::{Malformed, Origin};
use crate::toc::{Leaf, Shape};

/// Appends the text of a value of `leaf`.
pub(super) fn write(
    _leaf: Leaf,
    _bytes: &[u8],
    _origin: Origin,
    _out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    Err(Malformed("value"))
}

/// Appends the text of an array of `of`.
pub(super) fn array(
    _of: &Shape,
    _bytes: &[u8],
    _origin: Origin,
    _out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    Err(Malformed("array"))
}

/// Appends the text of a range of `of`.
pub(super) fn range(
    _of: &Shape,
    _bytes: &[u8],
    _origin: Origin,
    _out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    Err(Malformed("range"))
}

/// Appends the text of a multirange of `of`.
pub(super) fn multirange(
    _of: &Shape,
    _bytes: &[u8],
    _origin: Origin,
    _out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    Err(Malformed("multirange"))
}
