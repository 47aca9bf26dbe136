//! The pattern language of psql's `\d`.
//!
//! Outside double quotes letters fold to lower case, `*` and `?` stand for any characters and any
//! one character, `.` parts schema from name, `$` and the pair `[]` mean themselves, and everything
//! else that means something to a regular expression keeps its meaning. Between double quotes every
//! character means itself, and `""` is one quote.

use std::fmt;

use super::place::Place;
use crate::error::{Code, Error, Result};

/// Characters that a regular expression of the server gives a meaning to.
const REGEX_CHARS: &str = "|*+?()[]{}.^$\\";

/// A name or a pattern of names, as a user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// With partitions and inheritance children, all the way down.
    pub and_children: bool,
    /// Where it was written; none for the command line.
    pub place: Option<Place>,
    /// Outermost part first: name; schema, name; or database, schema, name.
    parts: Vec<Vec<Token>>,
}

/// One step of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Literal(char),
    /// Any one character.
    One,
    /// Any characters.
    Any,
    /// A character with its meaning in a regular expression.
    Regex(char),
}

impl Pattern {
    /// A pattern for relations: `name`, `schema.name`, or `database.schema.name`.
    ///
    /// # Errors
    /// [`Code::Usage`]: too many dots, or nothing at all.
    pub fn table(text: &str) -> Result<Pattern> {
        Pattern::new(text, 3)
    }

    /// A pattern for schemas: `schema` or `database.schema`.
    ///
    /// # Errors
    /// As [`Pattern::table`].
    pub fn schema(text: &str) -> Result<Pattern> {
        Pattern::new(text, 2)
    }

    /// A pattern for what lives outside schemas: extensions, foreign servers.
    ///
    /// # Errors
    /// As [`Pattern::table`].
    pub fn unqualified(text: &str) -> Result<Pattern> {
        Pattern::new(text, 1)
    }

    /// The pattern that matches exactly this relation.
    pub fn exactly(schema: &str, name: &str) -> Pattern {
        Pattern {
            text: format!("{}.{}", written(schema), written(name)),
            and_children: false,
            place: None,
            parts: [schema, name].map(|part| part.chars().map(Token::Literal).collect()).into(),
        }
    }

    fn new(text: &str, parts_max: usize) -> Result<Pattern> {
        let parts = tokens(text);
        if parts.len() > parts_max {
            return Err(Error::new(Code::Usage, "improper qualified name (too many dotted names)")
                .object(text)
                .hint("put a name that holds a dot between double quotes"));
        }
        if parts.iter().all(Vec::is_empty) {
            return Err(Error::new(Code::Usage, "an empty name matches nothing")
                .object(format!("pattern {text:?}"))
                .hint("write a name, or * for all"));
        }
        Ok(Pattern { text: text.to_owned(), and_children: false, place: None, parts })
    }

    /// The same pattern, known to have been written there; its errors are those of a file.
    pub(super) fn at(result: Result<Pattern>, place: Place) -> Result<Pattern> {
        match result {
            Ok(pattern) => Ok(Pattern { place: Some(place), ..pattern }),
            Err(error) => Err(error.with_code(Code::Manifest).note(format!("in {place}"))),
        }
    }

    /// Whether it names one thing: no wildcard, no regular expression.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().flatten().all(|token| matches!(token, Token::Literal(_)))
    }

    /// Whether both are made of the same parts, however they are written.
    pub(super) fn names_the_same(&self, other: &Pattern) -> bool {
        self.parts == other.parts
    }

    /// Whether it uses more of a regular expression than `*` and `?`; only a server can match it.
    pub fn needs_server(&self) -> bool {
        self.parts.iter().flatten().any(|token| matches!(token, Token::Regex(_)))
    }

    /// Whether a relation matches, decided here; an unqualified pattern matches in any schema.
    /// Never true for a pattern that [needs a server](Pattern::needs_server).
    pub fn matches(&self, schema: &str, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let schema: Vec<char> = schema.chars().collect();
        matches(self.name_part(), &name)
            && self.schema_part().is_none_or(|part| matches(part, &schema))
    }

    /// Whether a name matches the last part, decided here: schemas, extensions.
    pub fn matches_name(&self, name: &str) -> bool {
        matches(self.name_part(), &name.chars().collect::<Vec<_>>())
    }

    /// The regular expression for the name, anchored.
    pub(super) fn name_regex(&self) -> String {
        regex(self.name_part())
    }

    /// The regular expression for the schema, if one is written before the name.
    pub(super) fn schema_regex(&self) -> Option<String> {
        self.schema_part().map(regex)
    }

    /// The database of a pattern with one part more than `parts` (2 for relations, 1 for schemas).
    pub(super) fn database(&self, parts: usize) -> Option<String> {
        let at = self.parts.len().checked_sub(parts + 1)?;
        Some(self.parts[at].iter().map(|token| token.text()).collect())
    }

    /// The characters of name and schema without wildcards, for looking up near names.
    pub(super) fn bare(&self) -> (Option<String>, String) {
        let bare = |part: &[Token]| part.iter().filter_map(|token| token.literal()).collect();
        (self.schema_part().map(bare), bare(self.name_part()))
    }

    fn name_part(&self) -> &[Token] {
        self.parts.last().map_or(&[], Vec::as_slice)
    }

    fn schema_part(&self) -> Option<&[Token]> {
        let at = self.parts.len().checked_sub(2)?;
        Some(&self.parts[at])
    }
}

impl fmt::Display for Pattern {
    /// As written, and where.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl Token {
    fn literal(self) -> Option<char> {
        match self {
            Token::Literal(c) => Some(c),
            _ => None,
        }
    }

    /// The character itself.
    fn text(self) -> char {
        match self {
            Token::Literal(c) | Token::Regex(c) => c,
            Token::One => '?',
            Token::Any => '*',
        }
    }
}

/// `name` as it must be written in a pattern to match itself only.
pub fn written(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The parts between unquoted dots. A quote that is never closed is closed by the end, as in psql.
fn tokens(text: &str) -> Vec<Vec<Token>> {
    let mut parts = vec![Vec::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let part = parts.last_mut().expect("there is always a part");
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => part.push(Token::Literal('"')),
            '"' => quoted = !quoted,
            c if quoted => part.push(Token::Literal(c)),
            '.' => parts.push(Vec::new()),
            '*' => part.push(Token::Any),
            '?' => part.push(Token::One),
            '$' => part.push(Token::Literal('$')),
            '[' if chars.next_if_eq(&']').is_some() => {
                part.extend([Token::Literal('['), Token::Literal(']')]);
            }
            c if REGEX_CHARS.contains(c) => part.push(Token::Regex(c)),
            c => part.push(Token::Literal(c.to_ascii_lowercase())),
        }
    }
    parts
}

/// Anchored, and alternatives kept together.
fn regex(part: &[Token]) -> String {
    let mut regex = String::from("^(");
    for token in part {
        match token {
            Token::Literal(c) if REGEX_CHARS.contains(*c) => regex.extend(['\\', *c]),
            Token::Literal(c) | Token::Regex(c) => regex.push(*c),
            Token::One => regex.push('.'),
            Token::Any => regex.push_str(".*"),
        }
    }
    regex.push_str(")$");
    regex
}

/// Whether `text` matches literals and wildcards: the last `*` takes one character more after each
/// failure, which needs no recursion and no more than `part × text` steps.
fn matches(part: &[Token], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match part.get(at) {
            Some(Token::Any) => {
                at += 1;
                retry = Some((at, read));
                continue;
            }
            Some(Token::One) => {}
            Some(Token::Literal(c)) if *c == text[read] => {}
            _ => match &mut retry {
                Some((after, taken)) => {
                    *taken += 1;
                    (at, read) = (*after, *taken);
                    continue;
                }
                None => return false,
            },
        }
        (at, read) = (at + 1, read + 1);
    }
    part[at..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, schema: Option<&str>, name: &str) {
        let pattern = Pattern::table(text).unwrap();
        assert_eq!(pattern.schema_regex().as_deref(), schema, "schema of {text}");
        assert_eq!(pattern.name_regex(), name, "name of {text}");
    }

    #[test]
    fn patterns_become_the_regular_expressions_psql_makes() {
        check("foo", None, "^(foo)$");
        check("FOO", None, "^(foo)$");
        check("\"FOO\"", None, "^(FOO)$");
        check("fo?o*", None, "^(fo.o.*)$");
        check("s.t", Some("^(s)$"), "^(t)$");
        check("*.t", Some("^(.*)$"), "^(t)$");
        check("\"a.b\".c", Some("^(a\\.b)$"), "^(c)$");
        check("a\"\"b", None, "^(ab)$");
        check("\"a\"\"b\"", None, "^(a\"b)$");
        check("a$b", None, "^(a\\$b)$");
        check("_int[]", None, "^(_int\\[\\])$");
        check("t[0-9]+|U", None, "^(t[0-9]+|u)$");
        check("\"t[0-9]*\"", None, "^(t\\[0-9\\]\\*)$");
        check("a\\d", None, "^(a\\d)$");
        check("\"open", None, "^(open)$");
        check("roi*_CARD_signatures", None, "^(roi.*_card_signatures)$");
        check(".t", Some("^()$"), "^(t)$");
    }

    #[test]
    fn three_parts_name_a_database_and_four_are_refused() {
        let pattern = Pattern::table("DB.s.t").unwrap();
        assert_eq!(pattern.database(2).as_deref(), Some("db"));
        assert_eq!(Pattern::table("s.t").unwrap().database(2), None);
        assert_eq!(Pattern::schema("db.s").unwrap().database(1).as_deref(), Some("db"));
        assert_eq!(Pattern::table("a.b.c.d").unwrap_err().code(), Code::Usage);
        assert_eq!(Pattern::schema("a.b.c").unwrap_err().code(), Code::Usage);
        assert_eq!(Pattern::unqualified("a.b").unwrap_err().code(), Code::Usage);
        assert_eq!(Pattern::table("").unwrap_err().code(), Code::Usage);
    }

    #[test]
    fn wildcards_are_matched_without_a_server() {
        let matches = |text: &str, schema: &str, name: &str| {
            Pattern::table(text).unwrap().matches(schema, name)
        };
        assert!(matches("roi*_sig", "public", "roi2018_sig"));
        assert!(matches("*a*b", "x", "aXbaab"));
        assert!(!matches("*a*b", "x", "aXba"));
        assert!(matches("s?.t", "s1", "t"));
        assert!(!matches("s?.t", "s", "t"));
        assert!(!matches("T", "s", "T"));
        assert!(matches("\"T\"", "s", "T"));
        assert!(!matches("t[0-9]", "s", "t1"));
        assert!(Pattern::table("t[0-9]").unwrap().needs_server());
        assert!(!Pattern::table("t[]").unwrap().needs_server());
    }

    #[test]
    fn a_written_name_matches_itself_only() {
        for name in ["plain", "Mixed", "a.b", "q\"q", "d$", "st*r", "ümlaut", "", "[]", "a b"] {
            let pattern = Pattern::exactly("s", name);
            assert!(pattern.is_exact());
            let again = Pattern::table(&pattern.text).unwrap();
            assert_eq!(again.name_regex(), pattern.name_regex(), "{}", pattern.text);
            assert!(again.matches("s", name));
        }
        assert!(!Pattern::table("a*").unwrap().is_exact());
        assert!(!Pattern::table("a|b").unwrap().is_exact());
    }
}
