//! Connection strings of the form `host=db port=5432 password='a b'`.
//!
//! Values are bare words or stand between single quotes; a backslash keeps the next character as it
//! is; spaces around `=` are allowed.

use std::iter::Peekable;
use std::str::Chars;

use super::keyword::Settings;
use crate::error::{Code, Error, Result};

/// Reads `text` into `settings`.
///
/// # Errors
/// [`Code::Conninfo`]; the text itself is never repeated, since it may hold a password.
pub(super) fn parse(text: &str, settings: &mut Settings) -> Result<()> {
    let mut chars = text.chars().peekable();
    loop {
        skip_spaces(&mut chars);
        if chars.peek().is_none() {
            return Ok(());
        }
        let name = name(&mut chars);
        skip_spaces(&mut chars);
        if chars.next() != Some('=') {
            return Err(malformed("a word without \"=\" stands in the connection string"));
        }
        skip_spaces(&mut chars);
        let value =
            if chars.next_if_eq(&'\'').is_some() { quoted(&mut chars)? } else { bare(&mut chars) };
        settings.set(&name, value)?;
    }
}

fn malformed(what: &str) -> Error {
    Error::new(Code::Conninfo, what)
        .hint("put a value that holds spaces between single quotes: password='a b'")
}

fn skip_spaces(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
}

fn name(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut name = String::new();
    while let Some(c) = chars.next_if(|c| *c != '=' && !c.is_ascii_whitespace()) {
        name.push(c);
    }
    name
}

fn bare(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::new();
    while let Some(c) = chars.next_if(|c| !c.is_ascii_whitespace()) {
        match c {
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    value
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String> {
    let mut value = String::new();
    loop {
        match chars.next() {
            Some('\'') => return Ok(value),
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
            None => return Err(malformed("a quote is not closed in the connection string")),
        }
    }
}
