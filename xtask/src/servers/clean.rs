//! `cargo xtask servers clean`

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};

use super::npm;
use super::state::State;

/// Removes the packages that were installed by npm.
pub(crate) fn run() -> Result<()> {
    if State::recorded()?.is_some() {
        bail!("servers are up; `cargo xtask servers down` stops them");
    }
    let cache = npm::cache()?;
    match fs::remove_dir_all(&cache) {
        Ok(()) => eprintln!("removed {}", cache.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => eprintln!("nothing to remove"),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot remove {}", cache.display()));
        }
    }
    Ok(())
}
