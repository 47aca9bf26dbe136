//! pgx and a peer by turns: A B A B, so that both meet the same noise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::figures::{Figure, Measure, Way};
use super::measure::{Run, measure, median};
use super::peers::Peers;
use super::place::Place;
use crate::{process, stop};

/// Everything that does not change while it is measured.
pub(crate) struct Bench<'a> {
    pub(crate) place: &'a Place,
    pub(crate) peers: &'a Peers,
    pub(crate) pgx: PathBuf,
    pub(crate) runs: u32,
    /// What takes longer is stopped, and not tried again.
    pub(crate) patience: Duration,
}

/// A database to measure with: its name, and the name in tables.
pub(crate) struct Source {
    pub(crate) database: String,
    pub(crate) shown: String,
}

/// Of a command that this pgx does not have: nobody runs.
pub(crate) const NOT_THERE: &str = "not there";

/// What was measured of one side.
pub(crate) enum Side {
    Measured { runs: Vec<Run>, bytes: u64 },
    Missing(String),
}

/// A figure of a database.
pub(crate) struct Cell {
    pub(crate) figure: &'static Figure,
    pub(crate) database: String,
    pub(crate) ours: Side,
    pub(crate) theirs: Side,
}

/// How pgx compares; beyond a bound where one of the two was stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ratio {
    Is(f64),
    Below(f64),
    Above(f64),
}

impl Side {
    fn new() -> Side {
        Side::Measured { runs: Vec::new(), bytes: 0 }
    }

    /// Medians of all runs.
    pub(crate) fn run(&self) -> Option<Run> {
        match self {
            Side::Measured { runs, .. } => Some(Run::median(runs)),
            Side::Missing(_) => None,
        }
    }

    /// Of the archive.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Side::Measured { bytes, .. } => Some(*bytes).filter(|bytes| *bytes > 0),
            Side::Missing(_) => None,
        }
    }

    fn is_over(&self) -> bool {
        self.run().is_none_or(|run| run.stopped)
    }
}

impl Cell {
    /// Whether this pgx has the command.
    pub(crate) fn is_known(&self) -> bool {
        !matches!(&self.ours, Side::Missing(why) if why == NOT_THERE)
    }

    /// The median of the ratios of all pairs.
    pub(crate) fn ratio(&self) -> Option<Ratio> {
        let (Side::Measured { runs: ours, .. }, Side::Measured { runs: theirs, .. }) =
            (&self.ours, &self.theirs)
        else {
            return None;
        };
        Some(ratio(self.figure.measure, ours, theirs))
    }
}

fn ratio(of: Measure, ours: &[Run], theirs: &[Run]) -> Ratio {
    let value = |run: &Run| match of {
        Measure::Wall => run.seconds,
        Measure::Cpu => run.cpu,
    };
    let whole = value(&Run::median(ours)) / value(&Run::median(theirs));
    if theirs.iter().any(|run| run.stopped) {
        return Ratio::Below(whole);
    }
    if ours.iter().any(|run| run.stopped) {
        return Ratio::Above(whole);
    }
    Ratio::Is(median(ours.iter().zip(theirs).map(|(ours, theirs)| value(ours) / value(theirs))))
}

/// Whether this pgx has a command, and the command a word.
pub(crate) fn has(pgx: &Path, [command, word]: [&str; 2]) -> bool {
    let help = process::output(Command::new(pgx).args([command, "--help"]));
    help.is_ok_and(|help| help.contains(word))
}

impl Bench<'_> {
    /// Measures one figure of one database.
    pub(crate) fn cell(&self, figure: &'static Figure, source: &Source) -> Result<Cell> {
        self.clear()?;
        let (mut ours, mut theirs) = (Side::new(), Side::new());
        if !has(&self.pgx, figure.needs) {
            ours = Side::Missing(NOT_THERE.into());
            theirs = Side::Missing(NOT_THERE.into());
        }
        let program = figure.theirs.run.split(' ').next().unwrap_or_default();
        if let (Side::Measured { .. }, Some(why)) =
            (&theirs, self.peers.obstacle(program, self.place.major))
        {
            theirs = Side::Missing(why);
        }
        self.prepare(&figure.ours, source, &mut ours)?;
        self.prepare(&figure.theirs, source, &mut theirs)?;
        for _ in 0..self.runs {
            self.turn(&figure.ours, source, &mut ours)?;
            self.turn(&figure.theirs, source, &mut theirs)?;
        }
        Ok(Cell { figure, database: source.shown.clone(), ours, theirs })
    }

    fn prepare(&self, way: &Way, source: &Source, side: &mut Side) -> Result<()> {
        let Some(words) = way.before.filter(|_| !matches!(side, Side::Missing(_))) else {
            return Ok(());
        };
        let mut command = self.command(words, source, "")?;
        let made = measure(&mut command, None).and_then(|_| {
            let file = |name| self.peers.scratch().join(file(way.run, name));
            Ok(fs::rename(file("OUTPUT"), file("INPUT"))?)
        });
        note(made, side).map(|_| ())
    }

    /// One run, if it makes sense; a side that fails is out.
    fn turn(&self, way: &Way, source: &Source, side: &mut Side) -> Result<()> {
        if side.is_over() {
            return Ok(());
        }
        let once = note(self.once(way, source), side)?;
        if let (Some((run, size)), Side::Measured { runs, bytes }) = (once, side) {
            eprintln!("{:>8}  {:<46} {:>8.2} s", source.shown, way.name, run.seconds);
            runs.push(run);
            *bytes = size;
        }
        Ok(())
    }

    fn once(&self, way: &Way, source: &Source) -> Result<(Run, u64)> {
        let output = self.peers.scratch().join(file(way.run, "OUTPUT"));
        remove(&output)?;
        remove(&self.peers.scratch().join("WORK"))?;
        let name = format!("pgx_bench_{}_copy", std::process::id());
        let target = match (way.run.contains(" TARGET"), way.run.contains(" --create")) {
            (false, _) => None,
            (true, false) => Some(self.place.fresh(&name, &source.database)?),
            (true, true) => Some(self.place.absent(&name)?),
        };
        let mut command = self.command(way.run, source, &name)?;
        self.place.checkpoint()?;
        let run = measure(&mut command, Some(self.patience))?;
        drop(target);
        Ok((run, size(&output)?))
    }

    /// The command of a way, its words in capitals replaced.
    fn command(&self, words: &str, source: &Source, target: &str) -> Result<Command> {
        let (program, arguments) = words.split_once(' ').context("a command has arguments")?;
        let is_ours = program == "pgx";
        let (scratch, uri): (_, &dyn Fn(&str) -> String) = match is_ours {
            true => (self.peers.scratch(), &|name| self.place.uri(name)),
            false => (self.peers.scratch_seen(), &|name| self.place.peers_uri(name)),
        };
        let mut command = match is_ours {
            true => Command::new(&self.pgx),
            false => self.peers.command(program),
        };
        for word in arguments.split(' ') {
            match word {
                "SOURCE" => command.arg(uri(&source.database)),
                "TARGET" => command.arg(uri(target)),
                "INPUT" | "OUTPUT" => command.arg(scratch.join(file(words, word))),
                "WORK" => command.arg(scratch.join(word)),
                "BEST" => command.arg(self.peers.best),
                "SKIP" => command.args(&self.peers.copydb_options),
                word => command.arg(word),
            };
        }
        process::without_pg_environment(&mut command);
        self.place.introduce(&mut command);
        command.stdout(Stdio::null());
        Ok(command)
    }

    fn clear(&self) -> Result<()> {
        for entry in fs::read_dir(self.peers.scratch())? {
            remove(&entry?.path())?;
        }
        Ok(())
    }
}

/// Each side has archives of its own.
fn file(words: &str, name: &str) -> String {
    let side = if words.starts_with("pgx ") { "pgx" } else { "peer" };
    format!("{side}-{name}")
}

/// A failure is what is known of a side from now on; being interrupted is an error.
fn note<T>(outcome: Result<T>, side: &mut Side) -> Result<Option<T>> {
    stop::check()?;
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            eprintln!("not measured: {error:#}");
            *side = Side::Missing(format!("failed: {error:#}"));
            Ok(None)
        }
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(metadata) if metadata.is_dir() => Ok(fs::remove_dir_all(path)?),
        Ok(_) => Ok(fs::remove_file(path)?),
    }
}

/// Bytes of a file, or of all files of a directory; 0 of what is not there.
fn size(path: &Path) -> Result<u64> {
    match fs::metadata(path) {
        Err(_) => Ok(0),
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
        Ok(_) => fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(seconds: &[f64]) -> Vec<Run> {
        let run = |&seconds: &f64| Run { seconds, cpu: 2.0 * seconds, peak: 1, stopped: false };
        seconds.iter().map(run).collect()
    }

    #[test]
    fn a_ratio_is_the_median_of_pairs() {
        // Of medians it would be 2/4.
        let (ours, theirs) = (runs(&[1.0, 2.0, 9.0]), runs(&[4.0, 4.0, 9.0]));
        assert_eq!(ratio(Measure::Wall, &ours, &theirs), Ratio::Is(0.5));
        let (ours, theirs) = (runs(&[1.0, 2.0, 9.0]), runs(&[1.0, 4.0, 9.0]));
        assert_eq!(ratio(Measure::Cpu, &ours, &theirs), Ratio::Is(1.0));
    }

    #[test]
    fn who_was_stopped_needs_more_than_was_seen() {
        let mut stopped = runs(&[8.0]);
        stopped[0].stopped = true;
        let whole = runs(&[1.0, 2.0, 3.0]);
        assert_eq!(ratio(Measure::Wall, &whole, &stopped), Ratio::Below(0.25));
        assert_eq!(ratio(Measure::Wall, &stopped, &whole), Ratio::Above(4.0));
    }

    #[test]
    fn sizes_of_directories_are_those_of_their_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inner")).unwrap();
        fs::write(dir.path().join("inner/a"), "123").unwrap();
        fs::write(dir.path().join("b"), "45").unwrap();
        assert_eq!(size(dir.path()).unwrap(), 5);
        assert_eq!(size(&dir.path().join("none")).unwrap(), 0);
    }
}
