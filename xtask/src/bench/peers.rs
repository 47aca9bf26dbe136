//! The programs that pgx is compared with, wherever they live.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::place::Place;
use crate::{process, servers};

/// Where the peers are, and what they see.
#[derive(clap::Args)]
pub(crate) struct Whereabouts {
    /// The directory of pg_dump, pg_restore and pgcopydb [default: the newest pg_dump, and PATH]
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Run them by these words, split at spaces: "chroot DIR env PATH=…"
    #[arg(long, value_name = "COMMAND")]
    through: Option<String>,
    /// The server as they reach it, where that differs
    #[arg(long, value_name = "URI")]
    pub(crate) peers_server: Option<String>,
    /// Where archives are written and read [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// What they call that directory, where that differs
    #[arg(long, value_name = "DIR", requires = "scratch")]
    peers_scratch: Option<PathBuf>,
}

/// The peers, and the directory where everybody leaves archives.
pub(crate) struct Peers {
    through: Vec<String>,
    dir: Option<PathBuf>,
    scratch: tempfile::TempDir,
    seen_as: PathBuf,
    /// The setting of compression that suits pg_dump best.
    pub(crate) best: &'static str,
    /// Options of pgcopydb that leave out what pgx does not do here.
    pub(crate) copydb_options: Vec<&'static str>,
}

impl Peers {
    /// Looks for them.
    pub(crate) fn found(arguments: &Whereabouts, place: &Place) -> Result<Peers> {
        let words = arguments.through.iter().flat_map(|words| words.split_whitespace());
        let through: Vec<String> = words.map(str::to_owned).collect();
        let newest = || servers::newest_pg_dump()?.parent().map(Path::to_owned);
        let dir = arguments.peers.clone().or_else(|| through.is_empty().then(newest)?);
        let mut builder = tempfile::Builder::new();
        builder.prefix("pgx-bench-");
        let scratch = match &arguments.scratch {
            Some(scratch) => builder.tempdir_in(scratch),
            None => builder.tempdir(),
        };
        let scratch = scratch.context("there is no place for archives")?;
        let name = scratch.path().file_name().context("a directory has a name")?;
        let seen_as = arguments.peers_scratch.as_ref().map(|seen| seen.join(name));
        let seen_as = seen_as.unwrap_or_else(|| scratch.path().to_owned());
        let (best, copydb_options) = ("zstd:1", Vec::new());
        let mut peers = Peers { through, dir, scratch, seen_as, best, copydb_options };
        peers.best = peers.best_compression(place);
        peers.copydb_options = peers.copydb_options();
        Ok(peers)
    }

    /// A command of a peer; settings of libpq in the environment do not reach it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let file = match &self.dir {
            Some(dir) if !self.through.is_empty() || dir.join(program).is_file() => {
                dir.join(program)
            }
            _ => PathBuf::from(program),
        };
        let mut command = match self.through.split_first() {
            None => Command::new(file),
            Some((first, more)) => {
                let mut command = Command::new(first);
                command.args(more).arg(file);
                command
            }
        };
        process::without_pg_environment(&mut command);
        if let (Some(dir), true) = (&self.dir, self.through.is_empty()) {
            // pgcopydb runs pg_dump and pg_restore.
            let path = std::env::var_os("PATH").unwrap_or_default();
            let dirs = std::iter::once(dir.clone()).chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(dirs).unwrap_or(path.clone()));
        }
        command
    }

    /// The version of a peer, if it is there: `18.6`.
    pub(crate) fn version(&self, program: &str) -> Option<String> {
        let said = process::output(self.command(program).arg("--version")).ok()?;
        version_of(&said)
    }

    /// Why a peer cannot take part; none when it can.
    pub(crate) fn obstacle(&self, program: &str, server: u32) -> Option<String> {
        let Some(version) = self.version(program) else {
            return Some(format!("{program} was not found"));
        };
        let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
        let is_too_old = program != "pgcopydb" && major.is_some_and(|major| major < server);
        is_too_old.then(|| format!("{program} {version} does not know servers of version {server}"))
    }

    /// A file or directory for archives.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The same as peers see it.
    pub(crate) fn scratch_seen(&self) -> &Path {
        &self.seen_as
    }

    /// zstd where pg_dump has it, which some builds lack, else the fastest gzip.
    fn best_compression(&self, place: &Place) -> &'static str {
        let mut command = self.command("pg_dump");
        command.args(["-s", "-Fc", "-Z", "zstd:1", "-d", &place.peers_uri("template1")]);
        place.introduce(&mut command);
        let works = process::captured(&mut command).is_ok_and(|output| output.status.success());
        if works { "zstd:1" } else { "1" }
    }

    /// Those of these that this version knows.
    fn copydb_options(&self) -> Vec<&'static str> {
        let help = process::captured(self.command("pgcopydb").args(["clone", "--help"]));
        let help = help.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        let help = String::from_utf8_lossy(&help);
        ["--skip-vacuum", "--skip-analyze"]
            .into_iter()
            .filter(|option| help.contains(option))
            .collect()
    }
}

/// `pg_dump (PostgreSQL) 18.6 (…)` and `pgcopydb version 0.18-1` end alike.
fn version_of(said: &str) -> Option<String> {
    let words = said.lines().next()?.split_whitespace();
    words.map(str::to_owned).find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        let pg_dump = "pg_dump (PostgreSQL) 18.6 (Debian 18.6-3)\n";
        assert_eq!(version_of(pg_dump).as_deref(), Some("18.6"));
        let pgcopydb = "pgcopydb version 0.18-1\ncompiled with PostgreSQL 18.4\n";
        assert_eq!(version_of(pgcopydb).as_deref(), Some("0.18-1"));
        assert_eq!(version_of(""), None);
    }
}
