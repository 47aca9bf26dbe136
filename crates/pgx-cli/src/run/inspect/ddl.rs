//! `pgx inspect --ddl`: the statements of some objects.

use pgx_core::select::{Names, Pattern};
use pgx_core::toc::{Content, Entry, Ref};
use pgx_core::verify::Contents;
use pgx_core::{Code, Error, Result, restore};

/// The statements that make what `pattern` names and all that sits on it, in the order of a restore.
pub(super) fn text(contents: &Contents, pattern: &str) -> Result<String> {
    if contents.meta.content == Content::Globals {
        return Err(Error::new(
            Code::Usage,
            "roles and tablespaces have no statements of their own",
        )
        .hint("pgx restore --dry-run says what a restore would make of them in a target"));
    }
    let names = Names::new(vec![Pattern::table(pattern)?], Vec::new())?;
    let all: Vec<&Ref> = contents.entries.iter().flat_map(named).collect();
    names.all_match(&all)?;
    let chosen = contents.entries.iter().filter(|entry| named(entry).any(|name| names.has(name)));
    let blocks: Vec<String> = chosen
        .map(|entry| restore::statements(entry, contents.meta.server_version / 10_000))
        .filter(|statements| !statements.is_empty())
        .map(|statements| statements.iter().map(|sql| format!("{sql};\n")).collect())
        .collect();
    Ok(blocks.join("\n"))
}

/// Its own name, and that of what it sits on.
fn named(entry: &Entry) -> impl Iterator<Item = &Ref> {
    [Some(&entry.name), entry.on.as_ref()].into_iter().flatten()
}
