//! The first connection where no database is named.

use super::config::Config;
use super::session::Session;
use crate::error::{Code, Error, Result};

/// Databases that are tried, in order: every cluster has one of them.
const DATABASES: &[&str] = &["postgres", "template1"];

/// Connects to a database that is surely there, whatever `config` names.
///
/// # Errors
/// As [`Session::open`]; [`Code::NoDatabase`] when none is there.
pub fn open_maintenance(config: &Config) -> Result<Session> {
    let mut first = None;
    for name in DATABASES {
        match Session::open(&config.with_database(name)) {
            Err(error) if error.code() == Code::NoDatabase => {
                first.get_or_insert(error);
            }
            outcome => return outcome,
        }
    }
    Err(first.unwrap_or_else(|| Error::internal("no maintenance database was tried")))
}
