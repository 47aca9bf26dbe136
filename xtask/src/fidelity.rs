//! `cargo xtask fidelity`: any database, its dump and its copy, and how they differ.

#[path = "../../tests/it/support/alike.rs"]
mod alike;
mod control;
mod database;
mod witness;

use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use anyhow::{Result, bail};
use pgx_core::connect::Side;
use pgx_core::verify::fingerprint::Fingerprint;

use crate::{demo, process};
use alike::brief;
use control::Control;
use database::{Copy, Database};
use witness::Witness;

/// What `pgx dump` returns when it left out what it names.
const LEFT_OUT: i32 = 3;

/// `cargo xtask fidelity`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The database, which is only read and should be at rest: a name, a URI, or "key=value …"
    #[arg(long, value_name = "DSN")]
    dsn: String,
    /// Restore on the server of this database instead of the same one
    #[arg(long, value_name = "DSN")]
    target: Option<String>,
    /// The pgx to try, instead of one built for the occasion
    #[arg(long, value_name = "FILE")]
    pgx: Option<PathBuf>,
    /// The pg_dump to compare by, instead of the newest that is installed
    #[arg(long, value_name = "FILE")]
    pg_dump: Option<PathBuf>,
    /// Print every difference whole, those of a copy by pg_dump too
    #[arg(long)]
    all: bool,
    /// Leave the new database on its server
    #[arg(long)]
    keep: bool,
}

/// Dumps, restores into a new database, compares, and drops the new database.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let pgx = match &arguments.pgx {
        Some(file) => file.clone(),
        None => demo::build()?,
    };
    let source = Database::named(&arguments.dsn, Side::Source)?;
    let target = match &arguments.target {
        Some(dsn) => Database::named(dsn, Side::Target)?,
        None => Database::named(&arguments.dsn, Side::Target)?,
    };
    let dir = tempfile::Builder::new().prefix("pgx-fidelity-").tempdir()?;
    let round =
        Round { arguments, pgx, source, target, dir: dir.path(), control: Control::default() };
    let found = round.compare()?;
    Ok(verdict(found))
}

/// The databases, and what is needed to compare them.
struct Round<'a> {
    arguments: &'a Arguments,
    pgx: PathBuf,
    source: Database,
    target: Database,
    dir: &'a Path,
    control: Control,
}

/// How many differences there are.
#[derive(Clone, Copy, Default)]
struct Found {
    own: usize,
    /// A copy by pg_dump has them, too.
    shared: usize,
}

impl AddAssign for Found {
    fn add_assign(&mut self, other: Found) {
        self.own += other.own;
        self.shared += other.shared;
    }
}

impl Round<'_> {
    fn compare(&self) -> Result<Found> {
        println!("database  {}, PostgreSQL {}", self.source.place(), self.source.version);
        let first = self.dump(&self.source, "first.pgx")?;
        let copy = self.target.beside(&format!("pgx_fidelity_{}", std::process::id()));
        self.restore(&first, &copy)?;
        // From here on: what was there before is not ours to drop.
        let copy = Copy { database: copy, keep: self.arguments.keep };
        println!("copy      {}, PostgreSQL {}", copy.database.place(), self.target.version);
        let mut found = self.catalogs(&copy.database)?;
        found += self.rows(&first, &copy.database)?;
        if self.source.major == self.target.major {
            found += self.texts(&copy.database)?;
        } else {
            told("pg_dump", "not compared across major versions");
        }
        found += self.second_round(&first, &copy.database)?;
        Ok(found)
    }

    fn dump(&self, database: &Database, name: &str) -> Result<PathBuf> {
        let archive = self.dir.join(name);
        let mut command = self.pgx(database, &["dump", "-q", "--skip-unsupported", "-f"]);
        command.arg(&archive).arg("-d").arg(database.conninfo());
        let output = process::captured(&mut command)?;
        said(&output);
        match output.status.code() {
            Some(0 | LEFT_OUT) => Ok(archive),
            _ => bail!("pgx dump failed: {}", output.status),
        }
    }

    fn restore(&self, archive: &Path, copy: &Database) -> Result<()> {
        let mut command = self.pgx(copy, &["restore", "-q", "--create", "--no-analyze"]);
        command.arg(archive).arg("-d").arg(copy.conninfo());
        let output = process::captured(&mut command)?;
        said(&output);
        match output.status.success() {
            true => Ok(()),
            false => bail!("pgx restore failed: {}", output.status),
        }
    }

    /// What the catalogs say.
    fn catalogs(&self, copy: &Database) -> Result<Found> {
        let (a, b) = (self.source.fingerprint()?, copy.fingerprint()?);
        let lines = format!("{} lines", a.lines().len());
        self.report("catalogs", &lines, Fingerprint::difference(&a, &b))
    }

    /// The rows of every table.
    fn rows(&self, archive: &Path, copy: &Database) -> Result<Found> {
        let mut command = self.pgx(copy, &["verify", "--deep"]);
        command.arg(archive).arg("--against").arg(copy.conninfo());
        let output = process::captured(&mut command)?;
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut found = differing(&table);
        if !output.status.success() && found.is_empty() {
            found.push(String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
        }
        let tables = table.lines().count().saturating_sub(2);
        self.report("rows", &format!("{tables} tables"), found)
    }

    /// What pg_dump says.
    fn texts(&self, copy: &Database) -> Result<Found> {
        let witness = match Witness::find(self.arguments.pg_dump.as_deref(), &self.source)? {
            Ok(witness) => witness,
            Err(why) => {
                told("pg_dump", &why);
                return Ok(Found::default());
            }
        };
        let found = witness.differences(&self.source, copy)?;
        self.report("pg_dump", &format!("text of {witness}"), found)
    }

    /// What a dump of the copy holds.
    fn second_round(&self, first: &Path, copy: &Database) -> Result<Found> {
        if self.source.major != self.target.major {
            told("again", "not compared across major versions");
            return Ok(Found::default());
        }
        let second = self.dump(copy, "second.pgx")?;
        self.report("again", "second dump", alike::archives(first, &second))
    }

    /// Prints what a comparison found, and counts it.
    fn report(&self, comparison: &str, what: &str, mut found: Vec<String>) -> Result<Found> {
        let shared = self.control.shared(self, &mut found)?;
        let as_well = match shared.len() {
            0 => String::new(),
            shared => format!(", and {shared} that a copy by pg_dump has too"),
        };
        told(comparison, &format!("{what}, {} differences{as_well}", found.len()));
        match self.arguments.all {
            true => found.iter().chain(&shared).for_each(|line| println!("{line}")),
            false if found.is_empty() => {}
            false => println!("{}", brief(&found)),
        }
        Ok(Found { own: found.len(), shared: shared.len() })
    }

    fn pgx(&self, database: &Database, words: &[&str]) -> Command {
        let mut command = Command::new(&self.pgx);
        command.args(words);
        database.introduce(&mut command);
        command
    }
}

fn told(comparison: &str, what: &str) {
    println!("{comparison:<9} {what}");
}

/// What pgx says of a dump or a restore: what it does not keep, and why it stops.
fn said(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().for_each(|line| told("pgx says", line));
}

/// The lines of `pgx verify --against` that do not end well.
fn differing(table: &str) -> Vec<String> {
    let lines = table.lines().filter(|line| {
        ["DIFFERENT", "MISSING", "OTHER TYPES"].iter().any(|verdict| line.contains(verdict))
    });
    lines.map(|line| format!("- rows | {line}")).collect()
}

/// 0 when nothing differs, 2 when nothing differs but what differs in a copy by pg_dump as well.
fn verdict(found: Found) -> ExitCode {
    let (text, code) = match found {
        Found { own: 0, shared: 0 } => ("the copy is equal", 0),
        Found { own: 0, .. } => ("the copy is as equal as one by pg_dump", 2),
        _ => ("the copy is not equal", 1),
    };
    let Found { own, shared } = found;
    let as_well = if shared == 0 { String::new() } else { format!(", {shared} of pg_dump's too") };
    println!("verdict   {text}: {own} differences{as_well}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tables_that_differ_are_told() {
        let table = "table  rows  verdict\npublic.a     1  equal\n\
                     public.b     2  DIFFERENT: 3 rows in the database\n2 tables equal, 1 different\n";
        let found = differing(table);
        assert_eq!(found, ["- rows | public.b     2  DIFFERENT: 3 rows in the database"]);
    }

    #[test]
    fn texts_differ_by_what_only_one_has_and_by_order() {
        let text = |text| alike::normalised(text);
        let (a, b) = (text("-- Dumped by x\n--\na\nb\nb"), text("-- Dumped by y\nb\na\nc"));
        assert_eq!(alike::differences("text", &a, &b), ["- text | b", "+ text | c"]);
        let (a, b) = (text("a\nb"), text("b\na"));
        assert_eq!(
            alike::differences("text", &a, &b),
            ["- text | line 1: a", "+ text | line 1: b"]
        );
    }
}
