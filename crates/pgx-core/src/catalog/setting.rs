//! Settings that stand on a database, a role or a function, as `SET` clauses.

use crate::connect::quote::{ident, literal};

/// Settings whose value is a list of names: each element is a literal of its own, or the whole list
/// would become one name. The list is the server's own flag GUC_LIST_QUOTE, which cannot be asked for.
const NAME_LISTS: &[&str] = &[
    "local_preload_libraries",
    "oauth_validator_libraries",
    "output_plugin_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// `SET "name" TO 'value'` of an item `name=value` as `setconfig` and `proconfig` hold it.
///
/// An empty list of names cannot be written before version 19: `''` is a list of one empty name. That
/// is the same for a list of schemas or tablespaces; a library of no name would keep every session
/// from starting, so for an empty list of libraries there is no clause.
pub fn clause(item: &str) -> Option<String> {
    let (name, value) = item.split_once('=').unwrap_or((item, ""));
    let is_list = NAME_LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
    if is_list && value.is_empty() && name.to_ascii_lowercase().ends_with("_libraries") {
        return None;
    }
    Some(format!("SET {} TO {}", ident(name), values(value, is_list)))
}

/// The name in `name=value`.
pub fn name(item: &str) -> String {
    item.split_once('=').map_or(item, |(name, _)| name).to_owned()
}

fn values(value: &str, is_list: bool) -> String {
    match names(value).filter(|_| is_list) {
        Some(names) => names.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", "),
        None => literal(value),
    }
}

/// The elements of a list of names, quotes taken off; none for an empty list or what is not a list.
fn names(value: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = value.trim_matches(is_space);
    loop {
        let (name, tail) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted)?,
            None => bare_name(rest)?,
        };
        names.push(name);
        let tail = tail.trim_start_matches(is_space);
        if tail.is_empty() {
            return Some(names);
        }
        rest = tail.strip_prefix(',')?.trim_start_matches(is_space);
    }
}

/// A name up to its closing quote, and what follows.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|&(_, next)| next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &text[at + 1..]));
        }
    }
    None
}

/// A name up to a comma or a space, and what follows. It is not empty.
fn bare_name(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c| c == ',' || is_space(c)).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// The server's idea of white space, which is narrower than Unicode's.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    fn clause(item: &str) -> String {
        super::clause(item).unwrap_or_default()
    }

    #[test]
    fn a_list_of_names_is_quoted_name_by_name() {
        assert_eq!(
            clause(r#"search_path="$user", public, "a "", b""#),
            r#"SET "search_path" TO '$user', 'public', 'a ", b'"#
        );
        assert_eq!(clause(r#"search_path="""#), r#"SET "search_path" TO ''"#);
        assert_eq!(clause("temp_tablespaces="), r#"SET "temp_tablespaces" TO ''"#);
        assert_eq!(super::clause("session_preload_libraries="), None);
        assert_eq!(clause("Search_Path=It's"), r#"SET "Search_Path" TO 'It''s'"#);
    }

    #[test]
    fn any_other_value_is_one_literal() {
        assert_eq!(clause("DateStyle=ISO, MDY"), r#"SET "DateStyle" TO 'ISO, MDY'"#);
        assert_eq!(clause("my.x=a=b"), r#"SET "my.x" TO 'a=b'"#);
        assert_eq!(clause("work_mem=64MB"), r#"SET "work_mem" TO '64MB'"#);
    }
}
