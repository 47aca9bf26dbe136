//! The house's own rules: sizes of files, no paths of somebody's machine, and who may use whom.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::layers;
use crate::process;

const LONGEST: usize = 700;
const LONG: usize = 500;
/// Where our own text lies.
const PLACES: [&str; 12] = [
    "crates",
    "xtask",
    "tests",
    "benches",
    "docs",
    "fuzz/src",
    "fuzz/tests",
    "fuzz/libfuzzer/fuzz_targets",
    "README.md",
    "docker-compose.yml",
    ".ci/run",
    "Cargo.toml",
];

/// Prints what breaks a rule; whether nothing does.
pub(crate) fn run() -> Result<bool> {
    let mut faults = Vec::new();
    for file in files()? {
        let path = file.strip_prefix(process::root())?.to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {path}"))?;
        look_at(&path, &text, &mut faults);
    }
    faults.iter().for_each(|fault| eprintln!("tidy: {fault}"));
    Ok(faults.is_empty())
}

fn look_at(path: &str, text: &str, faults: &mut Vec<String>) {
    machine_paths(path, text, faults);
    if path.ends_with(".rs") {
        length(path, text, faults);
        layers::look_at(path, text, faults);
    }
}

fn length(path: &str, text: &str, faults: &mut Vec<String>) {
    match text.lines().count() {
        lines if lines > LONGEST => faults.push(format!("{path}: {lines} lines, over {LONGEST}")),
        lines if lines > LONG => eprintln!("tidy: {path}: {lines} lines is long (not a fault)"),
        _ => {}
    }
}

fn machine_paths(path: &str, text: &str, faults: &mut Vec<String>) {
    // Spelt so that this file does not break its own rule.
    let roots = ["root", "work", "opt", "home"].map(|name| format!("/{name}/"));
    for (number, line) in text.lines().enumerate() {
        let found = roots.iter().find(|root| starts_a_path(line, root));
        if let Some(root) = found {
            faults.push(format!("{path}:{}: a path of somebody's machine: {root}", number + 1));
        }
    }
}

/// Whether the root begins a path there, rather than being a folder inside one.
fn starts_a_path(line: &str, root: &str) -> bool {
    let inside = |before: char| before.is_alphanumeric() || "._-}*>".contains(before);
    line.match_indices(root).any(|(at, _)| !line[..at].ends_with(inside))
}

fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for place in PLACES {
        collect(&process::root().join(place), &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() && is_text(path) {
        files.push(path.to_owned());
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    let known = ["rs", "toml", "md", "sql", "yml", "snap", "txt"];
    path.extension().is_none_or(|extension| known.iter().any(|known| extension == *known))
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
    fn paths_of_a_machine_are_found() {
        let path = format!("/{}/me/x", "home");
        assert_eq!(faults("docs/a.md", &format!("see {path}")).len(), 1);
        assert_eq!(faults("docs/a.md", &format!("see https://example.org{path}")).len(), 0);
    }

    #[test]
    fn a_file_may_have_as_many_lines_as_allowed() {
        assert!(faults("xtask/src/a.rs", &"\n".repeat(LONGEST)).is_empty());
        assert_eq!(faults("xtask/src/a.rs", &"\n".repeat(LONGEST + 1)).len(), 1);
    }
}
