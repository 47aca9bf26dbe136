//! What statements of an archive say of columns and keys. They are made by `ddl/` and by servers, so that
//! names of columns in CREATE TABLE are always quoted, and constraints come after their tables.

use super::Column;
use crate::toc::{Entry, Ref};

/// A piece of a statement, and where it begins and ends, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    what: What,
    from: usize,
    to: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// A key word or a name.
    Word(String),
    /// A name between double quotes.
    Quoted(String),
    /// A string.
    Text,
    /// Anything else.
    Sign(char),
}

/// A foreign key as its statement has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    pub(super) to: Ref,
    pub(super) to_columns: Vec<String>,
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let (from, rest) = (at, &sql[at..]);
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let (what, length) = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => {
                let length = quoted(rest, '"');
                let inner = rest[1..length].strip_suffix('"').unwrap_or(&rest[1..length]);
                (What::Quoted(inner.replace("\"\"", "\"")), length)
            }
            '\'' => (What::Text, quoted(rest, '\'')),
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (What::Word(rest[..length].to_owned()), length)
            }
            c => (What::Sign(c), c.len_utf8()),
        };
        at += length;
        tokens.push(Token { what, from, to: at });
    }
    tokens
}

/// The length of what stands between two of `quote`, these included; two of them in a row are one inside.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

impl Token {
    fn is_sign(&self, sign: char) -> bool {
        self.what == What::Sign(sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.what, What::Word(found) if found == word)
    }

    /// A name, quoted or not.
    fn name(&self) -> Option<&String> {
        match &self.what {
            What::Word(name) | What::Quoted(name) => Some(name),
            _ => None,
        }
    }
}

/// What follows a run of words; none if they do not stand there.
fn behind<'t>(tokens: &'t [Token], words: &[&str]) -> Option<&'t [Token]> {
    let at = tokens
        .windows(words.len())
        .position(|window| window.iter().zip(words).all(|(token, word)| token.is_word(word)))?;
    Some(&tokens[at + words.len()..])
}

/// A name with or without a schema, and what follows it.
fn name(tokens: &[Token]) -> Option<(Ref, &[Token])> {
    let (first, rest) = tokens.split_first()?;
    let first = first.name()?.clone();
    match rest {
        [dot, second, rest @ ..] if dot.is_sign('.') => {
            Some((Ref { schema: Some(first), name: second.name()?.clone() }, rest))
        }
        rest => Some((Ref { schema: None, name: first }, rest)),
    }
}

/// The items of a list between parentheses that comes first; empty where there is none.
fn items(tokens: &[Token]) -> Vec<&[Token]> {
    let Some((open, rest)) = tokens.split_first() else { return Vec::new() };
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    if !open.is_sign('(') {
        return items;
    }
    for (at, token) in rest.iter().enumerate() {
        match token.what {
            What::Sign('(' | '[') => depth += 1,
            What::Sign(')') if depth == 0 => {
                items.push(&rest[start..at]);
                break;
            }
            What::Sign(')' | ']') => depth -= 1,
            What::Sign(',') if depth == 0 => {
                items.push(&rest[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// A list of names, the first token of each item.
fn names(tokens: &[Token]) -> Vec<String> {
    items(tokens).iter().filter_map(|item| item.first()?.name().cloned()).collect()
}

/// What ends the type of a column.
const BEHIND_TYPE: [&str; 10] = [
    "COLLATE",
    "COMPRESSION",
    "CONSTRAINT",
    "DEFAULT",
    "GENERATED",
    "NOT",
    "OPTIONS",
    "STORAGE",
    "WITH",
    "NULL",
];

/// A column's definition: its name between quotes, its type, and more.
fn column(sql: &str, item: &[Token]) -> Option<Column> {
    let (Token { what: What::Quoted(name), .. }, rest) = item.split_first()? else { return None };
    let depths = rest.iter().scan(0, |depth, token| {
        *depth += match token.what {
            What::Sign('(') => 1,
            What::Sign(')') => -1,
            _ => 0,
        };
        Some(*depth)
    });
    let mut outside = rest.iter().zip(depths).filter(|(_, depth)| *depth == 0);
    // `timestamp with time zone` has small letters, WITH OPTIONS has not.
    let end = rest.iter().position(|token| BEHIND_TYPE.iter().any(|word| token.is_word(word)));
    let of_type = &rest[..end.unwrap_or(rest.len())];
    let type_name = match (of_type.first(), of_type.last()) {
        (Some(first), Some(last)) => sql[first.from..last.to].to_owned(),
        _ => String::new(),
    };
    let required = outside.any(|(token, _)| token.is_word("NOT"));
    Some(Column { name: name.clone(), type_name, required, ..Column::default() })
}

/// The statement that makes the object itself, and what follows its name.
fn creation(entry: &Entry) -> Option<(&str, Vec<Token>)> {
    entry.create.iter().find_map(|sql| {
        let tokens = tokens(sql);
        let after = behind(&tokens, &["TABLE"]).or_else(|| behind(&tokens, &["TYPE"]))?;
        let (found, rest) = name(after).filter(|_| tokens[0].is_word("CREATE"))?;
        (found == entry.name).then(|| (sql.as_str(), rest.to_vec()))
    })
}

/// The columns that a table's or composite type's own statements name.
pub(super) fn columns(entry: &Entry) -> Vec<Column> {
    let Some((sql, rest)) = creation(entry) else { return Vec::new() };
    let open = rest.iter().position(|token| token.is_sign('('));
    let before = &rest[..open.unwrap_or(rest.len())];
    let other = ["INHERITS", "PARTITION", "SERVER", "USING", "ENUM", "RANGE"];
    if before.iter().any(|token| other.iter().any(|word| token.is_word(word))) {
        return Vec::new();
    }
    let list = open.map(|open| items(&rest[open..])).unwrap_or_default();
    let mut columns: Vec<Column> = list.iter().filter_map(|item| column(sql, item)).collect();
    for later in &entry.create {
        let tokens = tokens(later);
        columns.extend(behind(&tokens, &["ADD", "COLUMN"]).and_then(|item| column(later, item)));
    }
    columns
}

/// The tables that a table inherits from, and the type it is of.
pub(super) fn origins(entry: &Entry) -> (Vec<Ref>, Option<Ref>) {
    let Some((_, rest)) = creation(entry) else { return (Vec::new(), None) };
    let parents = behind(&rest, &["INHERITS"]).map(items).unwrap_or_default();
    let parents = parents.into_iter().filter_map(|item| Some(name(item)?.0)).collect();
    let of = rest.first().filter(|token| token.is_word("OF")).and_then(|_| name(&rest[1..]));
    (parents, of.map(|(name, _)| name))
}

/// The columns of a primary key; none for another constraint.
pub(super) fn primary_key(sql: &str) -> Vec<String> {
    behind(&tokens(sql), &["PRIMARY", "KEY"]).map(names).unwrap_or_default()
}

/// What a foreign key's statement says.
pub(super) fn foreign_key(sql: &str) -> ForeignKey {
    let tokens = tokens(sql);
    let read = || {
        let columns = names(behind(&tokens, &["FOREIGN", "KEY"])?);
        let (to, rest) = name(behind(&tokens, &["REFERENCES"])?)?;
        Some(ForeignKey { columns, to, to_columns: names(rest) })
    };
    read().unwrap_or_default()
}
