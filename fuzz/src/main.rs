//! `pgx-fuzz`: runs one target within bounds, in a process of its own. `cargo xtask fuzz` runs all.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pgx_fuzz::explore::{self, Bounds, Report};
use pgx_fuzz::watch::Watch;
use pgx_fuzz::{Target, corpus};
use rustix::process::{Resource, Rlimit, setrlimit};

/// The address space of the process: a last wall behind the allocator's count.
const ADDRESS_SPACE: u64 = 2 << 30;

#[derive(Parser)]
#[command(about = "Run a fuzz target within bounds, or again on single inputs")]
struct Arguments {
    /// The target; all are listed without one
    target: Option<String>,
    /// Run these inputs, one by one, and nothing else
    inputs: Vec<PathBuf>,
    /// Seconds at most
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Executions at most
    #[arg(long, default_value_t = u64::MAX)]
    executions: u64,
    /// Determines every input
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where an input is put that breaks a promise
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// A folder for the inputs with new outcomes
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Write the seeds into a folder, and nothing else
    #[arg(long)]
    seeds: Option<PathBuf>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let limit = Some(ADDRESS_SPACE);
    setrlimit(Resource::As, Rlimit { current: limit, maximum: limit })?;
    let Some(name) = &arguments.target else {
        pgx_fuzz::TARGETS.iter().for_each(|target| println!("{}", target.name));
        return Ok(ExitCode::SUCCESS);
    };
    let target = pgx_fuzz::target(name).ok_or_else(|| format!("there is no target {name}"))?;
    // A thread, because the product's work is done in threads, with their smaller stacks.
    let work = std::thread::spawn(move || act(target, &arguments).map_err(|e| e.to_string()));
    Ok(work.join().map_err(|_| "the runner panicked")??)
}

fn act(target: &Target, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(folder) = &arguments.seeds {
        for seed in (target.seeds)() {
            corpus::keep(folder, "", &seed)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.inputs.is_empty() {
        return again(target, &arguments.inputs);
    }
    explore(target, arguments)
}

/// Runs single inputs; a panic prints where it was.
fn again(target: &Target, inputs: &[PathBuf]) -> Result<ExitCode, Box<dyn Error>> {
    for path in inputs {
        match explore::execute(target, &std::fs::read(path)?) {
            Ok((outcome, memory)) => {
                println!("{}: {outcome:?}, {memory} bytes", path.display());
            }
            Err(what) => {
                println!("{}: {what}", path.display());
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn explore(target: &Target, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    std::fs::create_dir_all(&arguments.out)?;
    let watch = Watch::begin(&arguments.out.join(format!("{}-at-hand.bin", target.name)))?;
    let bounds = Bounds {
        seed: arguments.seed,
        executions: arguments.executions,
        time: Duration::from_secs(arguments.seconds),
    };
    let report = explore::explore(target, &corpus::inputs(target)?, bounds, &watch)?;
    println!("{}", line(target, &report));
    for input in
        arguments.keep.iter().flat_map(|folder| report.kept.iter().map(move |i| (folder, i)))
    {
        corpus::keep(input.0, "", input.1)?;
    }
    match &report.broken {
        Some(broken) => told(target, &arguments.out, broken),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn told(target: &Target, out: &Path, broken: &explore::Broken) -> Result<ExitCode, Box<dyn Error>> {
    let path = corpus::keep(out, &format!("{}-", target.name), &broken.input)?;
    println!("{}: {}\n  the input: {}", target.name, broken.what, path.display());
    Ok(ExitCode::FAILURE)
}

fn line(target: &Target, report: &Report) -> String {
    let seconds = report.elapsed.as_secs_f64();
    format!(
        "{:<14} {:>9} executions in {seconds:>5.1} s, {:>7.0} a second, {:>5} outcomes, \
         at most {:>5.1} MiB and {:>4} ms each",
        target.name,
        report.executions,
        report.executions as f64 / seconds.max(1e-9),
        report.outcomes,
        report.memory as f64 / f64::from(1 << 20),
        report.slowest.as_millis(),
    )
}
