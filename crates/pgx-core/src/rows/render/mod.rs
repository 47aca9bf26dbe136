//! Binary values as the text that the server would print for them.
//!
//! One function per type, all of the same form: the value's bytes as `typsend` made them, and the text
//! of `typoutput` under the settings a dump pins (`connect/pins.rs`), appended to a buffer. Text is
//! that of servers of version 12 and newer. Every length and count in a value is foreign: nothing
//! panics, and what contradicts itself is [`Malformed`].

mod compound;
mod receive;
mod scalar;

pub(super) use compound::geometry;
pub(super) use scalar::digits;

use crate::toc::{Leaf, Meta, Shape};

/// Where values come from, as far as it decides their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `server_version_num` of the server that sent them.
    pub server_version: u32,
    /// Whether binary `xml` begins with the name of its encoding, which its text never does.
    xml_names_encoding: bool,
}

impl Origin {
    /// Where the rows of an archive come from.
    pub fn of(meta: &Meta) -> Origin {
        Origin::new(meta.server_version, &meta.encoding)
    }

    /// A server of a version (its `server_version_num`), and the encoding in which it sent text
    /// (`UTF8`, `LATIN1`).
    pub fn new(server_version: u32, encoding: &str) -> Origin {
        let xml_names_encoding = !matches!(encoding, "UTF8" | "SQL_ASCII");
        Origin { server_version, xml_names_encoding }
    }
}

/// A value that is not what its type sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);

/// Appends the text of a value of `shape` to `out`.
///
/// # Errors
/// [`Malformed`]; `out` then ends in a part of the value.
pub fn value(
    shape: &Shape,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match shape {
        Shape::Leaf(leaf) => write_leaf(*leaf, bytes, origin, out),
        Shape::Array(of) => compound::array(of, bytes, origin, out),
        Shape::Range(of) => compound::range(of, bytes, origin, out),
        Shape::Multirange(of) => compound::multirange(of, bytes, origin, out),
    }
}

fn write_leaf(
    leaf: Leaf,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match leaf {
        Leaf::Int2Vector
        | Leaf::OidVector
        | Leaf::Point
        | Leaf::Lseg
        | Leaf::Path
        | Leaf::Box
        | Leaf::Polygon
        | Leaf::Line
        | Leaf::Circle
        | Leaf::Tsvector
        | Leaf::Tsquery
        | Leaf::Hstore
        | Leaf::Ltree
        | Leaf::Lquery
        | Leaf::Ltxtquery
        | Leaf::Cube
        | Leaf::Geometry
        | Leaf::Geography
        | Leaf::Vector
        | Leaf::Halfvec
        | Leaf::Sparsevec => compound::write(leaf, bytes, origin, out),
        _ => scalar::write(leaf, bytes, origin, out),
    }
}
