//! The types of the extension `ltree`, which are sent as text behind a version.

use super::super::Malformed;
use super::input::Input;

/// Of the binary form, the same for all three types.
const VERSION: u8 = 1;

/// Appends the text of an `ltree`, `lquery` or `ltxtquery`.
pub(super) fn versioned(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "ltree");
    if input.u8()? != VERSION {
        return Err(input.malformed());
    }
    out.extend_from_slice(input.rest());
    Ok(())
}
