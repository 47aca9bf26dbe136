//! A plain list: one table or pattern per line, `#` starts a comment.

use std::sync::Arc;

use super::manifest::{ForeignKeys, Manifest, TableItem};
use super::pattern::Pattern;
use super::place::Place;
use crate::error::Result;
use crate::toc::Parts;

/// Reads a list as the manifest it is short for: definition and rows of every table, foreign keys
/// checked.
///
/// # Errors
/// [`crate::Code::Manifest`] with file, line and column: a malformed name, a list without one.
pub(super) fn parse(file: &str, text: &str) -> Result<Manifest> {
    let file: Arc<str> = file.into();
    let mut tables = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let name = without_comment(line).trim();
        if !name.is_empty() {
            let indent = line.len() - line.trim_start().len();
            let place = Place::of_offset(&file, text, offset + indent);
            let pattern = Pattern::at(Pattern::table(name), place)?;
            tables.push(TableItem { pattern, take: Parts::ALL, filter: None });
        }
        offset += line.len();
    }
    let manifest = Manifest { foreign_keys: ForeignKeys::Check, tables, ..Manifest::default() };
    manifest.names_something(&file)?;
    Ok(manifest)
}

/// The line up to the first `#` that does not stand between double quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_one_pattern_per_line() {
        let list = parse("l", "# all\n\n  parcel_set # the parcels\r\nroi*\n\"a#b\"").unwrap();
        let texts: Vec<_> = list.tables.iter().map(|item| item.pattern.text.as_str()).collect();
        assert_eq!(texts, ["parcel_set", "roi*", "\"a#b\""]);
        let place = list.tables[0].pattern.place.as_ref().unwrap();
        assert_eq!((place.line, place.column), (3, 3));
        assert_eq!(list.foreign_keys, ForeignKeys::Check);
    }

    #[test]
    fn a_list_of_nothing_and_a_bad_name_are_refused() {
        assert!(parse("l", "# nothing\n").unwrap_err().to_string().contains("names no table"));
        let error = format!("{:?}", parse("l", "a\na.b.c.d\n").unwrap_err());
        assert!(error.contains("l, line 2, column 1"), "{error}");
    }
}
