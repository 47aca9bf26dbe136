//! Whether foreign text, put between parentheses, stays there.

/// Whether `expression` closes every quote, comment and parenthesis it opens, and no other: then
/// `(expression\n)` is one expression, whatever it computes, and nothing behind it is changed. For
/// sessions with `standard_conforming_strings = on`.
pub fn is_closed(expression: &str) -> bool {
    let (mut rest, mut depth) = (expression, 0_u32);
    while let Some(first) = rest.chars().next() {
        depth = match (first, depth) {
            ('(', _) => depth + 1,
            (';' | '\0', _) | (')', 0) => return false,
            (')', _) => depth - 1,
            _ => depth,
        };
        let Some(length) = token(rest, first) else { return false };
        rest = &rest[length..];
    }
    depth == 0
}

/// The bytes of the token at the beginning of `text`; none if it does not end.
fn token(text: &str, first: char) -> Option<usize> {
    match first {
        '"' | '\'' => text[1..].find(first).map(|at| at + 2),
        '$' => dollar_quoted(text),
        '-' if text.starts_with("--") => Some(text.find(['\n', '\r']).unwrap_or(text.len())),
        '/' if text.starts_with("/*") => comment(text),
        c if is_of_word(c) && !c.is_ascii_digit() => word(text),
        c => Some(c.len_utf8()),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn word(text: &str) -> Option<usize> {
    let end = text.find(|c| !is_of_word(c) && c != '$').unwrap_or(text.len());
    match text[..end].eq_ignore_ascii_case("e") && text[end..].starts_with('\'') {
        true => escape_string(text),
        false => Some(end),
    }
}

/// `E'…'`, in which a backslash escapes. Another string may continue it on the next line, with the
/// same rules: such a one is not followed.
fn escape_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.char_indices().skip(2).find_map(|(at, c)| {
        let ends = c == '\'' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })?;
    let behind = text[end..].trim_start();
    let goes_on = behind.len() < text[end..].len() && behind.starts_with(['\'', '-']);
    // A quote right behind is an escaped one.
    if text[end..].starts_with('\'') || goes_on { None } else { Some(end) }
}

/// `$tag$…$tag$`, or a dollar sign alone.
fn dollar_quoted(text: &str) -> Option<usize> {
    let Some(tag) = text[1..].find(|c| !is_of_word(c)) else { return Some(1) };
    let delimiter = &text[..tag + 2.min(text.len() - tag)];
    if !delimiter.ends_with('$') || text[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return Some(1);
    }
    text[delimiter.len()..].find(delimiter).map(|at| at + 2 * delimiter.len())
}

/// `/* … */`, which nests.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        let step = match here {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_closed;

    #[test]
    fn conditions_are_closed() {
        for condition in [
            "a > 1 -- yes :)",
            "name = 'it''s (' AND \"odd)\" IN (1, (2))",
            "a = E'\\'(' AND b",
            "a ~ $$)$$ AND b = $x$ $$ ( $x$ /* ) /* ) */ */",
            "price$a$ > 0 AND ž = 'ž'",
            "a - -1 > 0 AND b / 2 = $1",
            "a = E'x'\n  AND b",
        ] {
            assert!(is_closed(condition), "{condition}");
        }
    }

    #[test]
    fn what_leaves_its_parentheses_is_not() {
        for hostile in [
            "true)) TO PROGRAM 'sh' --",
            "true) OR (true",
            "true; DROP TABLE t",
            "(true",
            "'x",
            "\"x",
            "$$ x",
            "/* x /* */",
            "E'\\' OR ''",
            "E'a'\n'\\'' )) TO PROGRAM 'sh' --'",
            "E'a' --\n'\\'' )) TO PROGRAM 'sh' --'",
            "e'\\'' )) TO PROGRAM 'sh' --'",
            "'\\' )) TO PROGRAM 'sh' --'",
            "a$$ )) TO PROGRAM 'sh' --$$",
            "-- x\r)) TO PROGRAM 'sh' --",
        ] {
            assert!(!is_closed(hostile), "{hostile}");
        }
    }
}
