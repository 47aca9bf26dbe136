//! Servers and client programs that are installed already.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// A directory with `postgres` and `initdb`.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// Major version: 15.
    pub(crate) major: u32,
    /// As the server prints it: `15.20`.
    pub(crate) version: String,
    /// Where its programs are.
    pub(crate) bin: PathBuf,
    /// Whether PostGIS can be created in its databases.
    pub(crate) postgis: bool,
}

/// Every installation: `$PGX_PG_BIN`, Debian's directories, `pg_config` on PATH; one per directory.
pub(crate) fn all() -> Vec<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    for bin in directories() {
        if !found.iter().any(|known| known.bin == bin) {
            found.extend(Installation::at(&bin));
        }
    }
    found
}

/// The newest `pg_dump` of all installations and PATH.
pub(crate) fn newest_pg_dump() -> Option<PathBuf> {
    let on_path = process::on_path("pg_dump");
    let files = directories().into_iter().map(|bin| bin.join("pg_dump")).chain(on_path);
    let versions = files.filter_map(|file| Some((numbers(&version(&file)?), file)));
    versions.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, file)| file)
}

/// What a program of PostgreSQL calls its version: `15.20`.
pub(crate) fn version(program: &Path) -> Option<String> {
    let text = process::output(Command::new(program).arg("--version")).ok()?;
    Some(text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?.to_owned())
}

impl Installation {
    /// The installation in a directory of programs, if it is one.
    pub(crate) fn at(bin: &Path) -> Option<Installation> {
        let version = bin.join("initdb").is_file().then(|| version(&bin.join("postgres")))??;
        let major = *numbers(&version).first()?;
        let postgis = shares(bin, major).iter().any(|dir| dir.join("postgis.control").is_file());
        Some(Installation { major, version, bin: bin.to_owned(), postgis })
    }
}

/// `9.6.24` and `19beta1` as numbers, for ordering.
fn numbers(version: &str) -> Vec<u32> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Where a server's extensions may lie, by the layouts of Debian and of a self-contained tree.
fn shares(bin: &Path, major: u32) -> [PathBuf; 3] {
    [
        bin.join("../share/extension"),
        bin.join("../share/postgresql/extension"),
        PathBuf::from(format!("/usr/share/postgresql/{major}/extension")),
    ]
}

fn directories() -> Vec<PathBuf> {
    let chosen = std::env::var_os("PGX_PG_BIN").unwrap_or_default();
    let chosen = std::env::split_paths(&chosen).filter(|dir| !dir.as_os_str().is_empty());
    chosen.chain(debian()).chain(by_pg_config()).collect()
}

fn debian() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut dirs: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin")).collect();
    dirs.sort();
    dirs
}

fn by_pg_config() -> Option<PathBuf> {
    let program = process::on_path("pg_config")?;
    let text = process::output(Command::new(program).arg("--bindir")).ok()?;
    Some(PathBuf::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(numbers("15.9") < numbers("15.20"));
        assert!(numbers("9.6.24") < numbers("10.23"));
        assert_eq!(numbers("19beta1"), [19, 1]);
    }

    #[test]
    fn an_empty_directory_is_no_installation() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Installation::at(dir.path()).is_none());
    }
}
