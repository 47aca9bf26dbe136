//! The one place where names and strings become SQL.

/// `name` as a quoted identifier. Always quoted: no keyword list to keep up with the servers.
pub fn ident(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for c in name.chars() {
        if c == '"' {
            quoted.push('"');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// `schema.name`, both quoted.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// `schema.name` when there is a schema, else the name alone.
pub fn maybe_qualified(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) => qualified(schema, name),
        None => ident(name),
    }
}

/// `value` as a string literal that reads the same whatever `standard_conforming_strings` says.
pub fn literal(value: &str) -> String {
    let escape = value.contains('\\');
    let mut quoted = String::with_capacity(value.len() + 3);
    quoted.push_str(if escape { "E'" } else { "'" });
    for c in value.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// The names, each quoted, separated by commas.
pub fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// `body` between dollar quotes whose tag occurs nowhere in it (nor at its end).
pub fn dollar(body: &str) -> String {
    let mut tag = String::from("$");
    // The closing delimiter must not start inside the body: a body that ends in a prefix of the
    // delimiter would close early, so the test is for the delimiter without its last `$`.
    let mut n = 0;
    while body.contains(tag.as_str()) {
        n += 1;
        tag = format!("$pgx{}", if n == 1 { String::new() } else { n.to_string() });
    }
    format!("{tag}${body}{tag}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_cannot_end_their_quotes() {
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
        assert_eq!(qualified("s", "t"), "\"s\".\"t\"");
    }

    #[test]
    fn a_dollar_quote_is_not_found_in_its_body() {
        assert_eq!(dollar("select 1"), "$$select 1$$");
        assert_eq!(dollar("select '$$'"), "$pgx$select '$$'$pgx$");
        assert_eq!(dollar("ends in $"), "$pgx$ends in $$pgx$");
        assert_eq!(dollar("$pgx $"), "$pgx2$$pgx $$pgx2$");
    }
}
