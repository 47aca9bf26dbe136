//! How two archives, and two of pg_dump's texts, tell databases apart. `cargo xtask fidelity` compares by
//! the same rules.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use pgx_core::archive::FileReader;
use pgx_core::toc::{CatalogId, Entry, EntryId, Section};

/// How the entries and the rows of two archives differ.
pub(crate) fn archives(a: &Path, b: &Path) -> Vec<String> {
    let (a, b) = (contents(a), contents(b));
    let a: Vec<&str> = a.iter().map(String::as_str).collect();
    let b: Vec<&str> = b.iter().map(String::as_str).collect();
    differences("entry", &a, &b)
}

/// One text per entry, in the order of the archive; of the same definitions and rows the same texts.
pub(crate) fn contents(archive: &Path) -> Vec<String> {
    let reader = FileReader::open(archive).expect("a readable archive");
    let sums: HashMap<EntryId, (u64, u128)> =
        reader.streams().iter().map(|s| (s.id, (s.rows, s.row_sum))).collect();
    let labels: HashMap<EntryId, String> =
        reader.toc().iter().map(|entry| (entry.id, entry.label())).collect();
    let text = |entry: &Entry| {
        let deps: BTreeSet<&String> = entry.deps.iter().map(|id| &labels[id]).collect();
        format!("{:?} {deps:?} {:?}", portable(entry), sums.get(&entry.id))
    };
    let mut texts: Vec<(Section, String)> =
        reader.toc().iter().map(|entry| (entry.section, text(entry))).collect();
    // The largest table comes first, and a copy's tables have no dead rows.
    texts.sort_by(|a, b| match (a.0, b.0) {
        (Section::Data, Section::Data) => a.1.cmp(&b.1),
        (a, b) => a.cmp(&b),
    });
    texts.into_iter().map(|(_, text)| text).collect()
}

/// An entry without what belongs to the database it came from: numbers, OIDs, bytes on disk.
fn portable(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    entry.id = EntryId::default();
    entry.deps.clear();
    entry.catalog = CatalogId::default();
    if let Some(data) = &mut entry.data {
        data.bytes_estimate = 0;
        data.columns.iter_mut().for_each(|column| column.type_oid = 0);
    }
    entry
}

/// pg_dump's text without what differs from run to run.
pub(crate) fn normalised(text: &str) -> Vec<&str> {
    let differs = |line: &&str| {
        // Which of two servers it was.
        line.starts_with("-- Dumped ")
            // A random key.
            || line.starts_with("\\restrict ")
            || line.starts_with("\\unrestrict ")
            // The OID of a trigger behind a key.
            || line.contains("RI_ConstraintTrigger_")
            // A number that servers from 15.20 on give each column, which older pg_dumps take for an option.
            || line.contains(" ALTER COLUMN ") && line.contains(" SET (pg_attver=")
    };
    text.lines().filter(|line| !differs(line)).collect()
}

/// Lines that only one text has; or the first that stands elsewhere. `what` they are is told with each.
pub(crate) fn differences(what: &str, a: &[&str], b: &[&str]) -> Vec<String> {
    let mut surplus: HashMap<&str, i64> = HashMap::new();
    a.iter().for_each(|line| *surplus.entry(line).or_default() += 1);
    b.iter().for_each(|line| *surplus.entry(line).or_default() -= 1);
    let mut found: Vec<String> = Vec::new();
    // Frames of pg_dump's comments tell nothing beside the comments.
    for line in a.iter().chain(b).filter(|line| !matches!(**line, "" | "--")) {
        match surplus.remove(line) {
            Some(n) if n > 0 => found.push(format!("- {what} | {line}")),
            Some(n) if n < 0 => found.push(format!("+ {what} | {line}")),
            _ => {}
        }
    }
    // Several of one object come in the order in which pg_dump's plan finds them.
    let placed = |line: &&&str| !line.contains(" DEPENDS ON EXTENSION ");
    let a: Vec<&&str> = a.iter().filter(placed).collect();
    let b: Vec<&&str> = b.iter().filter(placed).collect();
    if found.is_empty()
        && let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b)
    {
        found.push(format!("- {what} | line {}: {}", at + 1, a[at]));
        found.push(format!("+ {what} | line {}: {}", at + 1, b[at]));
    }
    found
}

/// The first of many differences, each cut to a length that can be read.
pub(crate) fn brief(differences: &[String]) -> String {
    let lines = differences.iter().take(40).map(|line| line.chars().take(300).collect());
    lines.collect::<Vec<String>>().join("\n")
}
