//! `cargo xtask fuzz`

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::{process, stop};

/// `cargo xtask fuzz`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The targets; all when absent
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = Arguments::SECONDS)]
    seconds: u64,
    /// Determines every input
    #[arg(long, default_value_t = Arguments::SEED)]
    seed: u64,
}

impl Arguments {
    const SECONDS: u64 = 6;
    /// Always the same, so that a run fails for a change of the code and not for its luck.
    const SEED: u64 = 1;
}

impl Default for Arguments {
    fn default() -> Arguments {
        let (seconds, seed) = (Arguments::SECONDS, Arguments::SEED);
        Arguments { targets: Vec::new(), seconds, seed }
    }
}

/// The packages that the time goes into. Their dependencies are optimised in every build, so those of
/// the tests serve.
const OPTIMISED: [&str; 2] = ["pgx-core", "pgx-fuzz"];

/// Runs targets; an input that breaks a promise is named, and is a failure.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    Ok(if passes(arguments)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs targets, as many at a time as there are processors; whether all kept their promises.
pub(crate) fn passes(arguments: &Arguments) -> Result<bool> {
    let program = build()?;
    let targets = targets(&program, &arguments.targets)?;
    let waiting = Mutex::new(targets.iter().rev());
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let work = || -> Result<bool> {
        let mut good = true;
        while let Some(target) = next(&waiting) {
            good &= explore(&program, target, arguments)?;
        }
        Ok(good)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let results = workers.into_iter().map(|worker| worker.join().expect("no worker panics"));
        results.collect::<Result<Vec<bool>>>().map(|good| good.into_iter().all(|good| good))
    })
}

fn next<T>(waiting: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    waiting.lock().ok()?.next()
}

fn build() -> Result<PathBuf> {
    let mut command = process::cargo();
    command.args(["build", "--quiet", "--package", "pgx-fuzz"]);
    for package in OPTIMISED {
        command.arg("--config").arg(format!("profile.dev.package.{package}.opt-level=2"));
    }
    process::announce(&command);
    process::succeed(&mut command)?;
    Ok(process::built("debug")?.join("pgx-fuzz"))
}

fn targets(program: &PathBuf, wanted: &[String]) -> Result<Vec<String>> {
    let listed = process::output(&mut Command::new(program))?;
    let known: Vec<String> = listed.lines().map(ToOwned::to_owned).collect();
    ensure!(!known.is_empty(), "{} lists no target", program.display());
    if wanted.is_empty() {
        return Ok(known);
    }
    let unknown = wanted.iter().find(|name| !known.contains(name));
    ensure!(unknown.is_none(), "no such target; there are {}", known.join(", "));
    Ok(wanted.to_vec())
}

/// Runs one target in a process of its own; false if a promise broke.
fn explore(program: &PathBuf, target: &str, arguments: &Arguments) -> Result<bool> {
    let found = process::built("fuzz-found")?;
    let mut command = Command::new(program);
    command.arg(target).arg("--out").arg(&found);
    command.args(["--seconds", &arguments.seconds.to_string()]);
    command.args(["--seed", &arguments.seed.to_string()]);
    let explored = process::output(&mut command);
    stop::check().context("fuzzing was stopped")?;
    match explored {
        Ok(said) => eprint!("{said}"),
        Err(error) => {
            eprintln!("{target}: {error:#}");
            // A process that died of its input could not say so.
            let at_hand = found.join(format!("{target}-at-hand.bin"));
            if at_hand.exists() {
                eprintln!("{target}: the input at hand: {}", at_hand.display());
            }
            return Ok(false);
        }
    }
    Ok(true)
}
