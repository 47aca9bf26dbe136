//! String literals of a statement: what the server keeps as text, and does not follow when what it
//! names gets another name.

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// Where it begins, its quotes and what stands before them included.
    pub(super) start: usize,
    /// Where the statement goes on.
    pub(super) end: usize,
    /// What it says.
    pub(super) text: String,
}

/// The literals of a statement that the server takes, in order.
pub(super) fn literals(sql: &str) -> Vec<Literal> {
    let mut literals = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let inside_word = sql[..at].ends_with(is_of_word);
        at += match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            '\'' => {
                let escapes = sql[..at].ends_with(['e', 'E'])
                    && !sql[..at - 1].ends_with(|c| is_of_word(c) || c == '\'');
                let (text, length) = quoted(rest, escapes);
                let start = at - usize::from(escapes);
                literals.push(Literal { start, end: at + length, text });
                length
            }
            '$' if !inside_word => match dollar_quoted(rest) {
                Some((text, length)) => {
                    let text = text.to_owned();
                    literals.push(Literal { start: at, end: at + length, text });
                    length
                }
                None => 1,
            },
            other => other.len_utf8(),
        };
    }
    literals
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

/// The length of `/* … */`, which nests.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        let (deeper, step) = match here {
            [b'/', b'*', ..] => (1, 2),
            [b'*', b'/', ..] => (-1, 2),
            _ => (0, 1),
        };
        depth += deeper;
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// What `'…'` says, and its length.
fn quoted(text: &str, escapes: bool) -> (String, usize) {
    let mut said = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if escapes => said.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if chars.next_if(|&(_, next)| next == '\'').is_none() => return (said, at + 1),
            c => said.push(c),
        }
    }
    (said, text.len())
}

/// What `$tag$…$tag$` says, and its length; none for a dollar sign alone.
fn dollar_quoted(text: &str) -> Option<(&str, usize)> {
    let tag = text[1..].find('$')? + 2;
    let delimiter = &text[..tag];
    let name = &delimiter[1..tag - 1];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_of_word) {
        return None;
    }
    let length = text[tag..].find(delimiter)?;
    Some((&text[tag..tag + length], length + 2 * tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<String> {
        literals(sql).into_iter().map(|literal| literal.text).collect()
    }

    #[test]
    fn every_kind_of_quotes_is_taken_off() {
        assert_eq!(texts("SELECT 'it''s', E'a\\\\''b\\'', fee'x'"), ["it's", "a\\'b'", "x"]);
        assert_eq!(texts("AS $$it's$$ AS $pgx$ $$ $x$ $pgx$"), ["it's", " $$ $x$ "]);
        assert_eq!(texts("a$b$ \"it's $$\" $1 -- 'no'\n /* 'n' /* $$ */ */ 'yes'"), ["yes"]);
        assert_eq!(texts("'not closed"), ["not closed"]);
    }

    #[test]
    fn a_literal_knows_its_place() {
        let sql = "SET x TO E'a', 'b'::regclass";
        let found = literals(sql);
        assert_eq!(&sql[found[0].start..found[0].end], "E'a'");
        assert_eq!(&sql[found[1].end..], "::regclass");
    }
}
