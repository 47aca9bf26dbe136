//! What pgx knows of the binary form of a type: enough to print a value as the server would.

use std::fmt;
use std::str::FromStr;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

/// The binary form of a type, independent of names and OIDs of one database. Domains are their base
/// type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One value.
    Leaf(Leaf),
    /// An array, of any dimensions.
    Array(Box<Shape>),
    /// A range.
    Range(Box<Shape>),
    /// A multirange.
    Multirange(Box<Shape>),
}

macro_rules! leaves {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $oid:expr;)*) => {
        /// A type that is not made of others. The texts are the names of PostgreSQL's catalog.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Leaf { $($(#[$doc])* #[doc = $text] $name,)* }

        impl Leaf {
            /// Every leaf.
            pub const ALL: &[Leaf] = &[$(Leaf::$name,)*];

            /// The name, as in archives and listings.
            pub fn text(self) -> &'static str {
                match self { $(Leaf::$name => $text,)* }
            }

            /// The OID of the built-in type; none for enums and types of extensions.
            pub fn oid(self) -> Option<u32> {
                match self { $(Leaf::$name => $oid,)* }
            }
        }
    };
}

leaves! {
    Bool = "bool", Some(16);
    Bytea = "bytea", Some(17);
    /// `"char"`: one byte.
    Char = "char", Some(18);
    Name = "name", Some(19);
    Int8 = "int8", Some(20);
    Int2 = "int2", Some(21);
    Int2Vector = "int2vector", Some(22);
    Int4 = "int4", Some(23);
    Text = "text", Some(25);
    Oid = "oid", Some(26);
    Tid = "tid", Some(27);
    Xid = "xid", Some(28);
    Cid = "cid", Some(29);
    OidVector = "oidvector", Some(30);
    Json = "json", Some(114);
    Xml = "xml", Some(142);
    Point = "point", Some(600);
    Lseg = "lseg", Some(601);
    Path = "path", Some(602);
    Box = "box", Some(603);
    Polygon = "polygon", Some(604);
    Line = "line", Some(628);
    Float4 = "float4", Some(700);
    Float8 = "float8", Some(701);
    Circle = "circle", Some(718);
    Macaddr8 = "macaddr8", Some(774);
    Money = "money", Some(790);
    Macaddr = "macaddr", Some(829);
    Inet = "inet", Some(869);
    Cidr = "cidr", Some(650);
    Bpchar = "bpchar", Some(1042);
    Varchar = "varchar", Some(1043);
    Date = "date", Some(1082);
    Time = "time", Some(1083);
    Timestamp = "timestamp", Some(1114);
    Timestamptz = "timestamptz", Some(1184);
    Interval = "interval", Some(1186);
    Timetz = "timetz", Some(1266);
    Bit = "bit", Some(1560);
    Varbit = "varbit", Some(1562);
    Numeric = "numeric", Some(1700);
    Refcursor = "refcursor", Some(1790);
    Uuid = "uuid", Some(2950);
    TxidSnapshot = "txid_snapshot", Some(2970);
    PgLsn = "pg_lsn", Some(3220);
    Tsvector = "tsvector", Some(3614);
    Tsquery = "tsquery", Some(3615);
    Jsonb = "jsonb", Some(3802);
    Jsonpath = "jsonpath", Some(4072);
    PgSnapshot = "pg_snapshot", Some(5038);
    Xid8 = "xid8", Some(5069);
    Oid8 = "oid8", Some(6437);
    /// A label of an enum.
    Enum = "enum", None;
    Hstore = "hstore", None;
    Ltree = "ltree", None;
    Lquery = "lquery", None;
    Ltxtquery = "ltxtquery", None;
    Citext = "citext", None;
    Cube = "cube", None;
    /// PostGIS
    Geometry = "geometry", None;
    /// PostGIS
    Geography = "geography", None;
    /// pgvector
    Vector = "vector", None;
    /// pgvector
    Halfvec = "halfvec", None;
    /// pgvector
    Sparsevec = "sparsevec", None;
}

/// How deep shapes may be nested: an array of multiranges of a leaf, and one to spare.
const DEPTH_MAX: usize = 4;

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Leaf(leaf) => f.write_str(leaf.text()),
            Shape::Array(of) => write!(f, "array({of})"),
            Shape::Range(of) => write!(f, "range({of})"),
            Shape::Multirange(of) => write!(f, "multirange({of})"),
        }
    }
}

/// A shape this pgx does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownShape;

impl FromStr for Shape {
    type Err = UnknownShape;

    fn from_str(text: &str) -> Result<Shape, UnknownShape> {
        parse(text, DEPTH_MAX)
    }
}

fn parse(text: &str, depth: usize) -> Result<Shape, UnknownShape> {
    let Some(inner) = text.strip_suffix(')') else {
        let leaf = Leaf::ALL.iter().find(|leaf| leaf.text() == text);
        return leaf.map(|&leaf| Shape::Leaf(leaf)).ok_or(UnknownShape);
    };
    let (outer, inner) = inner.split_once('(').ok_or(UnknownShape)?;
    let of = Box::new(parse(inner, depth.checked_sub(1).ok_or(UnknownShape)?)?);
    match outer {
        "array" => Ok(Shape::Array(of)),
        "range" => Ok(Shape::Range(of)),
        "multirange" => Ok(Shape::Multirange(of)),
        _ => Err(UnknownShape),
    }
}

impl<C> Encode<C> for Shape {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        _context: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Shape {
    fn decode(decoder: &mut Decoder<'b>, _context: &mut C) -> Result<Shape, DecodeError> {
        let text = decoder.str()?;
        text.parse().map_err(|UnknownShape| {
            DecodeError::message(format!("the type {text:?} is not known to this pgx"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_as_it_is_written() {
        for &leaf in Leaf::ALL {
            let leaf = Shape::Leaf(leaf);
            let nested = Shape::Array(Box::new(Shape::Multirange(Box::new(leaf.clone()))));
            for shape in [leaf, nested] {
                assert_eq!(shape.to_string().parse(), Ok(shape));
            }
        }
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        let deep = "array(".repeat(100) + "int4" + &")".repeat(100);
        for text in ["", "int3", "array()", "list(int4)", "array(int4", "int4)", ")", deep.as_str()]
        {
            assert_eq!(text.parse::<Shape>(), Err(UnknownShape), "{text}");
        }
    }
}
