//! The type of the extension `hstore`: keys with text or without.

use super::super::Malformed;
use super::input::Input;
use super::quote::{backslash, push_escaped};

/// The lengths of a key and of what it stands for.
const PAIR_BYTES_MIN: usize = 8;

/// Appends the text of an `hstore`.
pub(super) fn hstore(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "hstore");
    let count = input.count(PAIR_BYTES_MIN)?;
    for i in 0..count {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        push_quoted(input.field()?.ok_or(input.malformed())?, out);
        out.extend_from_slice(b"=>");
        match input.field()? {
            Some(text) => push_quoted(text, out),
            None => out.extend_from_slice(b"NULL"),
        }
    }
    input.end()
}

fn push_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    push_escaped(out, text, backslash);
    out.push(b'"');
}
