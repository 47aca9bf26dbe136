//! pgbouncer, for the test of a pooler in transaction mode.

use std::path::{Path, PathBuf};

use super::apt;
use crate::process;

/// The program, installed now when it can be; that test is skipped without it.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    if let Some(found) = find() {
        return Some(found);
    }
    if !apt::usable() {
        return None;
    }
    if let Err(error) = apt::update().and_then(|()| apt::install(&["pgbouncer"])) {
        eprintln!("going on without pgbouncer: {error:#}");
    }
    find()
}

/// Debian keeps it where only root's PATH leads.
fn find() -> Option<PathBuf> {
    let places = ["/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer"].map(Path::new);
    let installed = places.into_iter().find(|file| file.is_file()).map(Path::to_owned);
    process::on_path("pgbouncer").or(installed)
}
