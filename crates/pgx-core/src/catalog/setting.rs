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
/// There is no clause on servers of a major version that lack the setting. An empty list of names cannot
/// be written before version 19: `''` is a list of one empty name. That is the same for a list of
/// schemas or tablespaces; a library of no name would keep every session from starting, so for an
/// empty list of libraries there is no clause either.
pub fn clause(item: &str, major: u32) -> Option<String> {
    let (name, value) = item.split_once('=').unwrap_or((item, ""));
    if !is_known(name, value, major) {
        return None;
    }
    let is_list = NAME_LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
    if is_list && value.is_empty() {
        return match major {
            19.. => Some(format!("SET {} TO NULL", ident(name))),
            _ if name.to_ascii_lowercase().ends_with("_libraries") => None,
            _ => Some(format!("SET {} TO ''", ident(name))),
        };
    }
    Some(format!("SET {} TO {}", ident(name), values(value, is_list)))
}

/// Settings that a function, a role or a database may have, and that came after version 10.
const SINCE: &[(&str, u32)] = &[
    ("enable_partitionwise_aggregate", 11),
    ("enable_partitionwise_join", 11),
    ("enable_parallel_append", 11),
    ("enable_parallel_hash", 11),
    ("enable_partition_pruning", 11),
    ("jit", 11),
    ("default_table_access_method", 12),
    ("plan_cache_mode", 12),
    ("hash_mem_multiplier", 13),
    ("logical_decoding_work_mem", 13),
    ("enable_incremental_sort", 13),
    ("client_connection_check_interval", 14),
    ("default_toast_compression", 14),
    ("enable_memoize", 14),
    ("idle_session_timeout", 14),
    ("createrole_self_grant", 16),
    ("event_triggers", 17),
    ("transaction_timeout", 17),
    ("wal_receiver_timeout", 19),
];

/// Whether servers of a major version take the setting with this value. From 19 on a backslash in a plain
/// literal is a backslash.
fn is_known(name: &str, value: &str, major: u32) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let off = ["off", "false", "no", "0"].iter().any(|word| value.eq_ignore_ascii_case(word));
    let gone = is("escape_string_warning") || is("standard_conforming_strings") && off;
    let since = SINCE.iter().find(|(setting, _)| is(setting)).map_or(0, |(_, since)| *since);
    since <= major && !(gone && major >= 19)
}

/// The major versions at which the clause of some setting changes, ascending.
pub fn changes() -> impl Iterator<Item = u32> {
    (11..=19).filter(|major| *major == 19 || SINCE.iter().any(|(_, since)| since == major))
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
        super::clause(item, 18).unwrap_or_default()
    }

    #[test]
    fn a_list_of_names_is_quoted_name_by_name() {
        assert_eq!(
            clause(r#"search_path="$user", public, "a "", b""#),
            r#"SET "search_path" TO '$user', 'public', 'a ", b'"#
        );
        assert_eq!(clause(r#"search_path="""#), r#"SET "search_path" TO ''"#);
        assert_eq!(clause("temp_tablespaces="), r#"SET "temp_tablespaces" TO ''"#);
        assert_eq!(super::clause("session_preload_libraries=", 18), None);
        for name in ["search_path", "session_preload_libraries"] {
            let null = super::clause(&format!("{name}="), 19).unwrap();
            assert_eq!(null, format!("SET \"{name}\" TO NULL"));
        }
        assert_eq!(clause("DateStyle="), r#"SET "DateStyle" TO ''"#);
        assert_eq!(clause("Search_Path=It's"), r#"SET "Search_Path" TO 'It''s'"#);
    }

    #[test]
    fn what_a_version_lacks_has_no_clause() {
        let there = |item: &str| -> Vec<u32> {
            [10, 16, 18, 19].into_iter().filter(|&at| super::clause(item, at).is_some()).collect()
        };
        assert_eq!(there("transaction_timeout=1s"), [18, 19]);
        assert_eq!(there("escape_string_warning=on"), [10, 16, 18]);
        assert_eq!(there("standard_conforming_strings=off"), [10, 16, 18]);
        assert_eq!(there("standard_conforming_strings=on"), [10, 16, 18, 19]);
        assert!(super::SINCE.iter().all(|(_, since)| super::changes().any(|at| at == *since)));
    }

    #[test]
    fn any_other_value_is_one_literal() {
        assert_eq!(clause("DateStyle=ISO, MDY"), r#"SET "DateStyle" TO 'ISO, MDY'"#);
        assert_eq!(clause("my.x=a=b"), r#"SET "my.x" TO 'a=b'"#);
        assert_eq!(clause("work_mem=64MB"), r#"SET "work_mem" TO '64MB'"#);
    }
}
