//! Values that hold other values: arrays, ranges, geometric figures, search documents, and the
//! types of extensions.

mod array;
mod cube;
mod geometric;
mod hstore;
mod input;
mod ltree;
mod pgvector;
mod postgis;
mod quote;
mod range;
mod tsquery;
mod tsvector;

#[cfg(test)]
mod tests;

pub(super) use array::array;
pub(super) use range::{multirange, range};

pub(in crate::rows) use postgis::geometry;

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
        Leaf::Int2Vector => array::int2vector(bytes, out),
        Leaf::OidVector => array::oidvector(bytes, out),
        Leaf::Point => geometric::point(bytes, out),
        Leaf::Lseg => geometric::lseg(bytes, out),
        Leaf::Path => geometric::path(bytes, out),
        Leaf::Box => geometric::rectangle(bytes, out),
        Leaf::Polygon => geometric::polygon(bytes, out),
        Leaf::Line => geometric::line(bytes, out),
        Leaf::Circle => geometric::circle(bytes, out),
        Leaf::Tsvector => tsvector::tsvector(bytes, out),
        Leaf::Tsquery => tsquery::tsquery(bytes, out),
        Leaf::Hstore => hstore::hstore(bytes, out),
        Leaf::Ltree | Leaf::Lquery | Leaf::Ltxtquery => ltree::versioned(bytes, out),
        Leaf::Cube => cube::cube(bytes, out),
        Leaf::Geometry | Leaf::Geography => postgis::geometry(bytes, out),
        Leaf::Vector => pgvector::vector(bytes, out),
        Leaf::Halfvec => pgvector::halfvec(bytes, out),
        Leaf::Sparsevec => pgvector::sparsevec(bytes, out),
        _ => Err(Malformed("value")),
    }
}
