//! Who may use whom in pgx-core: nothing imports upwards, and there are no circles.

/// What every stage may use.
const EVERYWHERE: [&str; 6] = ["calendar", "error", "event", "Code", "Error", "Result"];

/// What each stage may use besides; a stage uses only those above it.
const ALLOWED: [(&str, &[&str]); 21] = [
    ("calendar", &[]),
    ("error", &[]),
    ("event", &[]),
    ("connect", &[]),
    ("toc", &["connect"]),
    ("rows", &["toc"]),
    ("catalog", &["connect", "toc"]),
    ("select", &["connect", "toc", "catalog"]),
    ("order", &["toc", "catalog", "select"]),
    ("ddl", &["connect", "toc", "catalog", "select", "order"]),
    ("stripe", &["toc", "rows"]),
    ("archive", &["toc"]),
    ("chunk", &["toc", "rows", "stripe", "archive"]),
    (
        "dump",
        &[
            "connect", "toc", "rows", "catalog", "select", "order", "ddl", "stripe", "archive",
            "chunk",
        ],
    ),
    (
        "restore",
        &["connect", "toc", "rows", "catalog", "select", "order", "ddl", "archive", "chunk"],
    ),
    ("clone", &["connect", "stripe", "archive", "dump", "restore"]),
    ("script", &["connect", "toc", "rows", "archive", "chunk"]),
    ("verify", &["connect", "toc", "rows", "catalog", "archive", "chunk"]),
    ("salvage", &["connect", "toc", "rows", "stripe", "archive", "chunk"]),
    ("diff", &["connect", "toc", "ddl", "archive", "dump", "verify"]),
    ("diagram", &["toc", "select"]),
];

const CORE: &str = "crates/pgx-core/src/";

/// Adds what a file of ours imports against the rules.
pub(crate) fn look_at(path: &str, text: &str, faults: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or(line);
        let at = format!("{path}:{}", number + 1);
        if names_transport(path, code) {
            faults.push(format!("{at}: only connect/ may name what connections are made of"));
        }
        if let Some(stage) = stage(path) {
            let used = used(code).filter(|used| !may_use(stage, used));
            faults.extend(used.map(|used| format!("{at}: {stage} may not use {used}")));
        }
    }
}

fn names_transport(path: &str, code: &str) -> bool {
    let free = !path.starts_with("crates/") || path.starts_with(&format!("{CORE}connect/"));
    !free && ["postgres_protocol", "rustls"].iter().any(|name| code.contains(name))
}

/// The stage that a file of pgx-core belongs to; the crate's root belongs to none.
fn stage(path: &str) -> Option<&str> {
    let stage = path.strip_prefix(CORE)?.split('/').next()?.trim_end_matches(".rs");
    (stage != "lib").then_some(stage)
}

/// What a line names as `crate::…`, also in a list: `crate::{a, b::c}`.
fn used(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).flat_map(|rest| {
        let inner = rest.strip_prefix('{').map(outermost).unwrap_or_else(|| vec![rest]);
        inner.into_iter().map(first_word).filter(|word| !word.is_empty())
    })
}

fn first_word(path: &str) -> &str {
    let path = path.trim();
    &path[..path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len())]
}

/// The items of a list up to its closing brace, those of inner lists left together.
fn outermost(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..at]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

fn may_use(stage: &str, used: &str) -> bool {
    let allowed = ALLOWED.iter().find(|(known, _)| *known == stage).map(|(_, allowed)| *allowed);
    let ours = used == stage || EVERYWHERE.contains(&used);
    ours || allowed.is_some_and(|allowed| allowed.contains(&used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        look_at(path, text, &mut faults);
        faults
    }

    #[test]
    fn the_archive_knows_no_rows() {
        let path = "crates/pgx-core/src/archive/writer.rs";
        assert_eq!(faults(path, "use crate::rows::Row;").len(), 1);
        assert_eq!(faults(path, "use crate::{toc::Entry, rows::{A, B}, Result};").len(), 1);
        assert!(faults(path, "use crate::toc; // not crate::rows").is_empty());
    }

    #[test]
    fn ddl_never_sees_the_flows() {
        let path = "crates/pgx-core/src/ddl/table.rs";
        for flow in ["dump", "restore", "script", "verify", "salvage", "archive"] {
            assert_eq!(faults(path, &format!("let x = crate::{flow}::x();")).len(), 1, "{flow}");
        }
    }

    #[test]
    fn only_connect_names_transport() {
        assert_eq!(faults("crates/pgx-core/src/dump/mod.rs", "use rustls::ClientConfig;").len(), 1);
        assert!(faults("crates/pgx-core/src/connect/tls.rs", "use rustls::X;").is_empty());
    }

    #[test]
    fn there_are_no_circles() {
        for (at, (stage, allowed)) in ALLOWED.iter().enumerate() {
            let above: Vec<&str> = ALLOWED[..at].iter().map(|(name, _)| *name).collect();
            assert!(allowed.iter().all(|used| above.contains(used)), "{stage} looks down");
        }
    }
}
