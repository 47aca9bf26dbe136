//! Floats inside other values.

use crate::rows::float::{FloatKind, shortest};

/// Appends a float as the server prints a `float8`.
pub(super) fn push_float8(value: f64, out: &mut Vec<u8>) {
    push(format!("{value:e}"), FloatKind::Double, out);
}

/// Appends a float as the server prints a `float4`.
pub(super) fn push_float4(value: f32, out: &mut Vec<u8>) {
    push(format!("{value:e}"), FloatKind::Single, out);
}

fn push(text: String, kind: FloatKind, out: &mut Vec<u8>) {
    match text.as_str() {
        "inf" => out.extend_from_slice(b"Infinity"),
        "-inf" => out.extend_from_slice(b"-Infinity"),
        "NaN" => out.extend_from_slice(b"NaN"),
        _ => out.extend(shortest(text.as_bytes(), kind).unwrap_or(text).into_bytes()),
    }
}
