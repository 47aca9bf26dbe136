//! Python, for the second reader of archives.

use std::path::PathBuf;

use super::apt;
use crate::process;

/// The program, installed now when it can be; the tests of that reader are skipped without it.
pub(crate) fn python3() -> Option<PathBuf> {
    let found = process::on_path("python3");
    if found.is_some() || !apt::usable() {
        return found;
    }
    if let Err(error) = apt::update().and_then(|()| apt::install(&["python3"])) {
        eprintln!("going on without python3: {error:#}");
    }
    process::on_path("python3")
}
