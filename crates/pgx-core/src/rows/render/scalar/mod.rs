//! Values that are one thing: numbers, text, times, addresses.

mod bits;
mod decimal;
mod identifier;
mod interval;
mod moment;
mod money;
mod network;
mod number;
mod numeric;
#[cfg(test)]
mod tests;
mod text;

pub(in crate::rows) use bits::digits;

use super::{Malformed, Origin};
use crate::toc::Leaf;

/// Appends the text of a value of `leaf`.
pub(super) fn write(
    leaf: Leaf,
    bytes: &[u8],
    origin: Origin,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match leaf {
        Leaf::Bool => number::boolean(bytes, out),
        Leaf::Int2 => number::int2(bytes, out),
        Leaf::Int4 => number::int4(bytes, out),
        Leaf::Int8 => number::int8(bytes, out),
        Leaf::Oid | Leaf::Xid | Leaf::Cid => number::unsigned4(bytes, out),
        Leaf::Xid8 | Leaf::Oid8 => number::unsigned8(bytes, out),
        Leaf::Float4 => number::float4(bytes, out),
        Leaf::Float8 => number::float8(bytes, out),
        Leaf::Numeric => numeric::numeric(bytes, out),
        Leaf::Money => money::money(bytes, out),
        Leaf::Date => moment::date(bytes, out),
        Leaf::Time => moment::time(bytes, out),
        Leaf::Timetz => moment::timetz(bytes, out),
        Leaf::Timestamp => moment::timestamp(bytes, b"", out),
        Leaf::Timestamptz => moment::timestamp(bytes, b"+00", out),
        Leaf::Interval => interval::interval(bytes, origin, out),
        Leaf::Inet => network::inet(bytes, out),
        Leaf::Cidr => network::cidr(bytes, out),
        Leaf::Macaddr => network::hardware::<6>(bytes, out),
        Leaf::Macaddr8 => network::hardware::<8>(bytes, out),
        Leaf::Bytea => bits::bytea(bytes, out),
        Leaf::Bit | Leaf::Varbit => bits::bit(bytes, out),
        Leaf::Uuid => identifier::uuid(bytes, out),
        Leaf::Tid => identifier::tid(bytes, out),
        Leaf::PgLsn => identifier::lsn(bytes, origin, out),
        Leaf::TxidSnapshot | Leaf::PgSnapshot => identifier::snapshot(bytes, out),
        Leaf::Char => text::char(bytes, origin, out),
        Leaf::Jsonb | Leaf::Jsonpath => text::versioned(bytes, out),
        Leaf::Xml => text::xml(bytes, origin, out),
        Leaf::Text
        | Leaf::Varchar
        | Leaf::Bpchar
        | Leaf::Name
        | Leaf::Json
        | Leaf::Refcursor
        | Leaf::Enum
        | Leaf::Citext => text::plain(bytes, out),
        _ => Err(Malformed("value")),
    }
}

/// The value as bytes of its type's width.
fn exactly<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed(what))
}
