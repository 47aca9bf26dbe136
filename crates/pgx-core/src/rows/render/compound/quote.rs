//! Quotes around the text of a value inside another.

/// White space in the C locale, where the server asks for it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Puts `"` around what `out` holds from `start` on, and `escape(byte)` before each byte that has
/// one.
pub(super) fn enclose(out: &mut Vec<u8>, start: usize, escape: impl Fn(u8) -> Option<u8>) {
    let escapes = out[start..].iter().filter(|&&byte| escape(byte).is_some()).count();
    let mut from = out.len();
    out.resize(from + escapes + 2, b'"');
    let mut to = out.len() - 1;
    // From the end, so that nothing is overwritten before it has moved.
    while from > start {
        from -= 1;
        to -= 1;
        out[to] = out[from];
        if let Some(escape) = escape(out[from]) {
            to -= 1;
            out[to] = escape;
        }
    }
    out[start] = b'"';
}

/// Appends `text` with `escape(byte)` before each byte that has one.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &[u8], escape: impl Fn(u8) -> Option<u8>) {
    for &byte in text {
        out.extend(escape(byte));
        out.push(byte);
    }
}

/// A backslash before `"` and `\`.
pub(super) fn backslash(byte: u8) -> Option<u8> {
    matches!(byte, b'"' | b'\\').then_some(b'\\')
}

/// `"` and `\` twice.
pub(super) fn double(byte: u8) -> Option<u8> {
    matches!(byte, b'"' | b'\\').then_some(byte)
}

/// Appends a lexeme: in `'`, with `'` and `\` twice.
pub(super) fn push_lexeme(out: &mut Vec<u8>, lexeme: &[u8]) {
    out.push(b'\'');
    push_escaped(out, lexeme, |byte| matches!(byte, b'\'' | b'\\').then_some(byte));
    out.push(b'\'');
}
