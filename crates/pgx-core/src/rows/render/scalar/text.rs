//! Types whose binary form is text, but for a little.

use super::{Malformed, Origin, exactly};

/// The first version that prints a high byte of `"char"` as an octal number.
const CHAR_OCTAL_SINCE: u32 = 150_000;

/// Appends text as it is.
pub(super) fn plain(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends a `"char"`: a byte, which is nothing when it is zero.
pub(super) fn char(bytes: &[u8], origin: Origin, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let [byte] = exactly(bytes, "char")?;
    match byte {
        0 => {}
        0x80.. if origin.server_version >= CHAR_OCTAL_SINCE => {
            let octal = |shift: u8| b'0' + (byte >> shift & 7);
            out.extend_from_slice(&[b'\\', octal(6), octal(3), octal(0)]);
        }
        _ => out.push(byte),
    }
    Ok(())
}

/// Appends the text of a `jsonb` or `jsonpath`, which a version precedes.
pub(super) fn versioned(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    match bytes {
        [1, text @ ..] => plain(text, out),
        _ => Err(Malformed("jsonb")),
    }
}

/// Appends an `xml`. In encodings other than UTF8 its binary form begins with a declaration, which
/// names the encoding; its text has a declaration only where that says more than `version="1.0"`.
pub(super) fn xml(bytes: &[u8], origin: Origin, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let declaration = if origin.xml_names_encoding { declaration(bytes) } else { None };
    let Some(Declaration { version, standalone, rest }) = declaration else {
        return plain(bytes, out);
    };
    if version == b"1.0" && standalone.is_empty() {
        // A line that held only the declaration goes away with it.
        return plain(rest.strip_prefix(b"\n").unwrap_or(rest), out);
    }
    for part in [b"<?xml version=\"", version, b"\"", standalone, b"?>", rest] {
        out.extend_from_slice(part);
    }
    Ok(())
}

/// The declaration that a server puts before `xml`, and what follows it.
struct Declaration<'b> {
    version: &'b [u8],
    /// ` standalone="yes"` or `no`, or nothing.
    standalone: &'b [u8],
    rest: &'b [u8],
}

/// More than an encoding's name and the quote after it have.
const NAME_MAX: usize = 32;

fn declaration(bytes: &[u8]) -> Option<Declaration<'_>> {
    let text = bytes.strip_prefix(b"<?xml version=\"")?;
    // The server takes any text for a version, be it with quotes.
    (0..text.len()).find_map(|at| {
        let (standalone, rest) = after_version(&text[at..])?;
        Some(Declaration { version: &text[..at], standalone, rest })
    })
}

/// What a declaration says after its encoding, and what follows it.
fn after_version(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\" encoding=\"")?;
    let name_end = text.iter().take(NAME_MAX).position(|&byte| byte == b'"')?;
    let text = &text[name_end + 1..];
    [&b""[..], b" standalone=\"yes\"", b" standalone=\"no\""].into_iter().find_map(|standalone| {
        let rest = text.strip_prefix(standalone)?.strip_prefix(b"?>")?;
        Some((standalone, rest))
    })
}
