//! Truth values, whole numbers and floats.

use super::decimal::push;
use super::{Malformed, exactly};
use crate::rows::shortest;

/// `t` or `f`
pub(super) fn boolean(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.push(match bytes {
        [0] => b'f',
        [1] => b't',
        _ => return Err(Malformed("bool")),
    });
    Ok(())
}

/// `smallint`
pub(super) fn int2(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push(i16::from_be_bytes(exactly(bytes, "int2")?), out);
    Ok(())
}

/// `integer`
pub(super) fn int4(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push(i32::from_be_bytes(exactly(bytes, "int4")?), out);
    Ok(())
}

/// `bigint`
pub(super) fn int8(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push(i64::from_be_bytes(exactly(bytes, "int8")?), out);
    Ok(())
}

/// `oid`, `xid`, `cid`
pub(super) fn unsigned4(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push(u32::from_be_bytes(exactly(bytes, "oid")?), out);
    Ok(())
}

/// `xid8`
pub(super) fn unsigned8(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push(u64::from_be_bytes(exactly(bytes, "xid8")?), out);
    Ok(())
}

/// `real`
pub(super) fn float4(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    shortest::single(f32::from_be_bytes(exactly(bytes, "float4")?), out);
    Ok(())
}

/// `double precision`
pub(super) fn float8(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    shortest::double(f64::from_be_bytes(exactly(bytes, "float8")?), out);
    Ok(())
}
