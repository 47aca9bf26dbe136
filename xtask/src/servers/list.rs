//! `cargo xtask servers list`

use anyhow::Result;

use super::installed::{self, Installation};
use super::state::State;
use super::{SUPPORTED, apt, npm};

/// Prints a line for each version, and one for PostGIS.
pub(crate) fn run() -> Result<()> {
    let installed = installed::all();
    let running = State::recorded()?;
    println!("{:<9} {:<38} running", "version", "comes from");
    for major in SUPPORTED {
        line(&major.to_string(), &source(major, &installed), running.as_ref());
    }
    let newest = installed.iter().filter(|found| found.postgis).max_by_key(|found| found.major);
    let name = newest.map_or("gis".to_owned(), |found| format!("{}gis", found.major));
    line(&name, &postgis_source(newest), running.as_ref());
    println!("\nnpm's packages are kept in {}", npm::cache()?.display());
    Ok(())
}

fn line(name: &str, source: &str, running: Option<&State>) {
    let server = running.and_then(|state| state.servers.iter().find(|s| s.name == name));
    let uri = server.map_or("-".to_owned(), |server| server.uri("postgres"));
    println!("{name:<9} {source:<38} {uri}");
}

fn source(major: u32, installed: &[Installation]) -> String {
    match installed.iter().find(|found| found.major == major) {
        Some(found) => described(found),
        None if npm::cached(major).is_some() => "npm (installed)".into(),
        None if npm::usable() => "npm (when needed)".into(),
        None => "nowhere".into(),
    }
}

fn postgis_source(newest: Option<&Installation>) -> String {
    match newest {
        Some(found) => described(found),
        None if apt::usable() => "apt (when needed)".into(),
        None => "nowhere: such tests are skipped".into(),
    }
}

fn described(found: &Installation) -> String {
    format!("{} {}", found.bin.display(), found.version)
}
