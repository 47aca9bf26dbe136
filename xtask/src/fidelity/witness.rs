//! pg_dump, which tells two databases apart by other code than ours.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::alike;
use super::database::Database;
use crate::{process, servers};

/// The text of a larger database would not fit into memory, so pg_dump tells its definitions only.
const WITH_ROWS: u64 = 256 << 20;

/// A pg_dump that knows the server.
pub(super) struct Witness {
    program: PathBuf,
    version: String,
    rows: bool,
}

impl Witness {
    /// The program named or the newest one; or why there is none for this database.
    pub(super) fn find(
        named: Option<&Path>,
        database: &Database,
    ) -> Result<Result<Witness, String>> {
        let Some(program) = named.map(Path::to_owned).or_else(servers::newest_pg_dump) else {
            return Ok(Err("not compared: none is installed".into()));
        };
        let version = servers::version(&program).context("not a pg_dump")?;
        let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        if major.parse::<u32>()? < database.major {
            return Ok(Err(format!("not compared: {version} does not know this server")));
        }
        Ok(Ok(Witness { program, version, rows: database.bytes <= WITH_ROWS }))
    }

    /// How it tells two databases apart.
    pub(super) fn differences(&self, a: &Database, b: &Database) -> Result<Vec<String>> {
        let (a, b) = (self.text(a)?, self.text(b)?);
        Ok(alike::differences("text", &alike::normalised(&a), &alike::normalised(&b)))
    }

    /// Brings one database into another by its own means, as far as they go; whether it could.
    pub(super) fn restore(&self, from: &Database, into: &Database, file: &Path) -> Result<bool> {
        let restorer = self.program.with_file_name("pg_restore");
        if !restorer.is_file() {
            return Ok(false);
        }
        let mut dump = Command::new(&self.program);
        dump.args(["-Fc", "-d"]).arg(from.conninfo()).arg("-f").arg(file);
        from.introduce(&mut dump);
        process::output(&mut dump)?;
        let mut restore = Command::new(restorer);
        restore.arg("-d").arg(into.conninfo()).arg(file);
        into.introduce(&mut restore);
        // What it cannot restore is its own affair, and differs.
        process::captured(&mut restore)?;
        Ok(true)
    }

    /// What it says of a database.
    fn text(&self, database: &Database) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.arg("-d").arg(database.conninfo());
        if !self.rows {
            command.arg("--schema-only");
        }
        database.introduce(&mut command);
        process::output(&mut command)
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.rows { "" } else { ", definitions only" };
        write!(f, "pg_dump {}{what}", self.version)
    }
}
