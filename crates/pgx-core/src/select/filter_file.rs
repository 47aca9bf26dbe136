//! pg_dump's `--filter` files: `include|exclude objecttype pattern`, one per line.

use std::sync::Arc;

use super::Request;
use super::pattern::Pattern;
use super::place::Place;
use crate::error::Result;

/// Characters that end a word of a pattern.
const BREAKS: &str = "#,.()\"";

/// Object types that other programs' filter files know and a dump cannot choose by.
const ELSEWHERE: [&str; 4] = ["database", "function", "index", "trigger"];

/// Adds what a filter file asks to `request`.
///
/// # Errors
/// [`crate::Code::Manifest`] with file, line and column.
pub(super) fn parse(file: &str, text: &str, request: &mut Request) -> Result<()> {
    let mut reader = Reader { file: file.into(), text, at: 0 };
    while let Some((command, object, pattern)) = reader.line()? {
        add(request, &command, &object, &pattern)?;
    }
    Ok(())
}

/// Whether a file reads as a filter file: its first word is a filter command.
pub(super) fn looks_like(text: &str) -> bool {
    let first = text
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let word = first.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    matches!(word.as_str(), "include" | "exclude")
}

/// A word and where it stands.
struct Word {
    text: String,
    place: Place,
}

fn add(request: &mut Request, command: &Word, object: &Word, written: &Word) -> Result<()> {
    let place = &written.place;
    let table = |and_children| {
        let pattern = Pattern::at(Pattern::table(&written.text), place.clone());
        pattern.map(|mut pattern| {
            pattern.and_children = and_children;
            pattern
        })
    };
    let schema = || Pattern::at(Pattern::schema(&written.text), place.clone());
    let single = || Pattern::at(Pattern::unqualified(&written.text), place.clone());
    match (command.text.as_str(), object.text.as_str()) {
        ("include", "table") => request.include_tables.push(table(false)?),
        ("include", "table_and_children") => request.include_tables.push(table(true)?),
        ("include", "schema") => request.include_schemas.push(schema()?),
        ("include", "extension") => request.include_extensions.push(single()?),
        ("include", "foreign_data") => request.include_foreign_data.push(single()?),
        ("exclude", "table") => request.exclude_tables.push(table(false)?),
        ("exclude", "table_and_children") => request.exclude_tables.push(table(true)?),
        ("exclude", "table_data") => request.exclude_table_data.push(table(false)?),
        ("exclude", "table_data_and_children") => request.exclude_table_data.push(table(true)?),
        ("exclude", "schema") => request.exclude_schemas.push(schema()?),
        ("exclude", "extension") => request.exclude_extensions.push(single()?),
        (command, "table_data" | "table_data_and_children" | "foreign_data") => {
            let what = format!("{command} does not go with {}", object.text);
            return Err(object.place.error(what));
        }
        (_, other) if ELSEWHERE.contains(&other) => {
            let what = format!("a dump cannot be filtered by {other}");
            return Err(object.place.error(what));
        }
        (_, other) => {
            let what = format!("{other} is no filter object type");
            return Err(object.place.error(what).hint(
                "table, table_and_children, table_data, table_data_and_children, schema, \
                 extension or foreign_data",
            ));
        }
    }
    Ok(())
}

/// Reads a filter file character by character.
struct Reader<'t> {
    file: Arc<str>,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next line that says something: command, object type, pattern.
    fn line(&mut self) -> Result<Option<(Word, Word, Word)>> {
        loop {
            self.spaces();
            match self.peek() {
                None => return Ok(None),
                Some('\n') => self.bump(),
                Some('#') => self.skip_line(),
                Some(_) => break,
            }
        }
        let command = self.keyword("no filter command found (include or exclude)")?;
        if !matches!(command.text.as_str(), "include" | "exclude") {
            let what = format!("{} is no filter command (include or exclude)", command.text);
            return Err(command.place.error(what));
        }
        let object = self.keyword("the filter object type is missing")?;
        let pattern = self.pattern()?;
        Ok(Some((command, object, pattern)))
    }

    fn keyword(&mut self, missing: &str) -> Result<Word> {
        self.spaces();
        let place = self.place();
        let rest = &self.text[self.at..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if end == 0 {
            return Err(place.error(missing));
        }
        self.at += end;
        Ok(Word { text: rest[..end].to_ascii_lowercase(), place })
    }

    /// A pattern up to a comment or the end of the line: runs of blanks become one blank, and none
    /// stays around dots, commas and parentheses.
    fn pattern(&mut self) -> Result<Word> {
        self.spaces();
        let place = self.place();
        let mut pattern = String::new();
        let (mut swallow, mut blank) = (true, false);
        while let Some(c) = self.peek().filter(|c| !matches!(c, '#' | '\n')) {
            if blank && !swallow && (c == '"' || !BREAKS.contains(c)) {
                pattern.push(' ');
            }
            swallow = false;
            match c {
                '"' => self.quoted(&mut pattern)?,
                ',' => {
                    pattern.push_str(", ");
                    swallow = true;
                    self.bump();
                }
                '.' | '(' | ')' => {
                    pattern.push(c);
                    swallow = true;
                    self.bump();
                }
                _ => self.plain(&mut pattern),
            }
            blank = self.spaces();
        }
        if pattern.is_empty() {
            return Err(place.error("the object name pattern is missing"));
        }
        Ok(Word { text: pattern, place })
    }

    fn plain(&mut self, pattern: &mut String) {
        while let Some(c) = self.peek().filter(|c| !c.is_whitespace() && !BREAKS.contains(*c)) {
            pattern.push(c);
            self.bump();
        }
    }

    /// A quoted string, quotes kept; it may span lines, and `\n` and `\\` are escapes.
    fn quoted(&mut self, pattern: &mut String) -> Result<()> {
        let open = self.place();
        pattern.push('"');
        self.bump();
        loop {
            match self.next() {
                None => return Err(open.error("the quoted name is never closed")),
                Some('"') => {
                    pattern.push('"');
                    if self.peek() != Some('"') {
                        return Ok(());
                    }
                    pattern.push('"');
                    self.bump();
                }
                Some('\\') => match self.next() {
                    Some('n') => pattern.push('\n'),
                    Some('\\') => pattern.push('\\'),
                    Some(_) => {}
                    None => return Err(open.error("the quoted name is never closed")),
                },
                Some('\r') => {}
                Some(c) => pattern.push(c),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.bump();
        c
    }

    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Skips blanks of this line; whether there were any.
    fn spaces(&mut self) -> bool {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_whitespace() && c != '\n') {
            self.bump();
        }
        self.at > from
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.bump();
        }
    }

    fn place(&self) -> Place {
        Place::of_offset(&self.file, self.text, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Request {
        let mut request = Request::default();
        parse("f", text, &mut request).unwrap();
        request
    }

    fn texts(patterns: &[Pattern]) -> Vec<&str> {
        patterns.iter().map(|pattern| pattern.text.as_str()).collect()
    }

    #[test]
    fn every_object_type_goes_to_its_list() {
        let request = read(
            "# what we keep\n\n  include table a # one\nINCLUDE table_and_children b\n\
             include schema s\ninclude extension e\ninclude foreign_data f\nexclude table c\n\
             exclude table_and_children d\nexclude table_data g\nexclude schema h\n\
             exclude table_data_and_children i\nexclude extension j",
        );
        assert_eq!(texts(&request.include_tables), ["a", "b"]);
        assert!(!request.include_tables[0].and_children && request.include_tables[1].and_children);
        assert_eq!(texts(&request.include_schemas), ["s"]);
        assert_eq!(texts(&request.include_extensions), ["e"]);
        assert_eq!(texts(&request.include_foreign_data), ["f"]);
        assert_eq!(texts(&request.exclude_tables), ["c", "d"]);
        assert_eq!(texts(&request.exclude_table_data), ["g", "i"]);
        assert!(request.exclude_table_data[1].and_children);
        assert_eq!(texts(&request.exclude_schemas), ["h"]);
        assert_eq!(texts(&request.exclude_extensions), ["j"]);
    }

    #[track_caller]
    fn pattern(line: &str, expected: &str) {
        let request = read(&format!("include table {line}\n"));
        assert_eq!(texts(&request.include_tables), [expected], "{line}");
    }

    #[test]
    fn patterns_are_lexed_as_pg_dump_lexes_them() {
        pattern("a  b\t c", "a b c");
        pattern("s . t", "s.t");
        pattern("\"s\".\"T#1\"# comment", "\"s\".\"T#1\"");
        pattern("\"two\nlines\"", "\"two\nlines\"");
        pattern("\"two\r\nlines\"", "\"two\nlines\"");
        pattern(r#""a\nb\\c""#, "\"a\nb\\c\"");
        pattern("\"a\"\"b\"", "\"a\"\"b\"");
        pattern("a\"B\"", "a\"B\"");
        pattern("a#b", "a");
    }

    #[track_caller]
    fn refused(text: &str, what: &str, place: &str) {
        let error = parse("f", text, &mut Request::default()).unwrap_err();
        assert_eq!(error.code(), crate::Code::Manifest);
        let whole = format!("{error:?}");
        assert!(whole.contains(what) && whole.contains(place), "{whole}");
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_place() {
        refused("include table a\nkeep table b", "keep is no filter command", "line 2, column 1");
        refused("include", "object type is missing", "line 1, column 8");
        refused("include tabel a", "tabel is no filter object type", "line 1, column 9");
        refused("include function f", "cannot be filtered by function", "line 1, column 9");
        refused("include table_data a", "does not go with table_data", "line 1, column 9");
        refused("include table  # x", "pattern is missing", "line 1, column 16");
        refused("include table \"a", "never closed", "line 1, column 15");
        refused("exclude schema a.b.c", "too many dotted names", "line 1, column 16");
    }

    #[test]
    fn the_first_word_gives_a_filter_file_away() {
        assert!(looks_like("# c\n\n exclude table x"));
        assert!(looks_like("Include"));
        assert!(!looks_like("included\n"));
        assert!(!looks_like("# include table x\nparcels"));
    }
}
