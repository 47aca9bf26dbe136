//! Floats inside other values.

use super::super::super::float;

/// Appends a float as the server prints a `float8`.
pub(super) fn push_float8(value: f64, out: &mut Vec<u8>) {
    float::push_double(value, out);
}

/// Appends a float as the server prints a `float4`.
pub(super) fn push_float4(value: f32, out: &mut Vec<u8>) {
    float::push_single(value, out);
}
