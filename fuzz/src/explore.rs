//! Exploring: inputs are changed at random, and those with a new outcome are kept for changing further.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use crate::mutate::mutate;
use crate::outcome::Outcome;
use crate::random::Random;
use crate::shrink::shrink;
use crate::targets::Target;
use crate::watch::{self, Watch};

/// Inputs that are kept at most; then a new one takes the place of any.
const POOL: usize = 4096;

/// How long to explore: whichever is reached first.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Determines every input.
    pub seed: u64,
    /// Executions.
    pub executions: u64,
    /// Time.
    pub time: Duration,
}

/// What exploring a target came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How often the target ran.
    pub executions: u64,
    /// How long all of it took.
    pub elapsed: Duration,
    /// Different outcomes.
    pub outcomes: usize,
    /// Most memory an execution took, in bytes.
    pub memory: usize,
    /// How long the slowest execution took.
    pub slowest: Duration,
    /// The inputs with an outcome of their own that were not there in the beginning.
    pub kept: Vec<Vec<u8>>,
    /// The first input that broke a promise.
    pub broken: Option<Broken>,
}

/// An input that breaks a promise.
#[derive(Debug)]
pub struct Broken {
    /// As short as it could be made.
    pub input: Vec<u8>,
    /// What happened.
    pub what: String,
}

/// Runs a target on an input: its outcome, and the bytes it took.
///
/// # Errors
/// What it said when it panicked, or how much memory it took.
pub fn execute(target: &Target, input: &[u8]) -> Result<(Outcome, usize), String> {
    let run = || watch::memory(|| panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
    let (outcome, memory) = quietly(run);
    let outcome = outcome.map_err(|_| said())?;
    if memory > watch::MEMORY_LIMIT {
        return Err(format!("it took {memory} bytes, more than {}", watch::MEMORY_LIMIT));
    }
    Ok((outcome, memory))
}

/// Explores from `inputs` on, until a promise breaks or a bound is reached.
///
/// # Errors
/// The watch cannot note the input at hand.
pub fn explore(
    target: &Target,
    inputs: &[Vec<u8>],
    bounds: Bounds,
    watch: &Watch,
) -> io::Result<Report> {
    let mut explorer = Explorer {
        target,
        watch,
        bounds,
        begun: Instant::now(),
        random: Random::new(bounds.seed),
        seen: HashSet::new(),
        pool: Vec::new(),
        report: Report::default(),
    };
    explorer.run(inputs)?;
    explorer.report.elapsed = explorer.begun.elapsed();
    explorer.report.outcomes = explorer.seen.len();
    Ok(explorer.report)
}

struct Explorer<'t> {
    target: &'t Target,
    watch: &'t Watch,
    bounds: Bounds,
    begun: Instant,
    random: Random,
    seen: HashSet<Outcome>,
    pool: Vec<Vec<u8>>,
    report: Report,
}

impl Explorer<'_> {
    fn run(&mut self, inputs: &[Vec<u8>]) -> io::Result<()> {
        self.pool.push(Vec::new());
        for input in inputs {
            self.one(input)?;
            self.pool.push(input.clone());
        }
        while self.report.broken.is_none() && !self.is_over() {
            let input = self.next_input();
            if self.one(&input)? {
                self.keep(input);
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let over = self.report.executions >= self.bounds.executions;
        over || self.begun.elapsed() >= self.bounds.time
    }

    /// New inputs are changed as often as all others together.
    fn next_input(&mut self) -> Vec<u8> {
        let recent = self.pool.len().saturating_sub(32);
        let from = if self.random.below(2) == 0 { recent } else { 0 };
        let input = from + self.random.below(self.pool.len() - from);
        let other = self.random.below(self.pool.len());
        mutate(&self.pool[input], &self.pool[other], &mut self.random)
    }

    /// Runs one input; whether its outcome is new.
    fn one(&mut self, input: &[u8]) -> io::Result<bool> {
        if self.report.broken.is_some() {
            return Ok(false);
        }
        self.watch.next(input)?;
        let begun = Instant::now();
        let executed = execute(self.target, input);
        self.report.slowest = self.report.slowest.max(begun.elapsed());
        self.report.executions += 1;
        match executed {
            Ok((outcome, memory)) => {
                self.report.memory = self.report.memory.max(memory);
                Ok(self.seen.insert(outcome))
            }
            Err(_) => {
                self.report.broken = Some(self.shortest(input)?);
                Ok(false)
            }
        }
    }

    fn keep(&mut self, input: Vec<u8>) {
        self.report.kept.push(input.clone());
        if self.pool.len() < POOL {
            self.pool.push(input);
        } else {
            let place = self.random.below(POOL);
            self.pool[place] = input;
        }
    }

    fn shortest(&self, input: &[u8]) -> io::Result<Broken> {
        let mut noted = Ok(());
        let input = shrink(input, |shorter| {
            let now = self.watch.next(shorter);
            noted = std::mem::replace(&mut noted, Ok(())).and(now);
            execute(self.target, shorter).is_err()
        });
        noted?;
        let what = execute(self.target, &input).err().unwrap_or("not every time".into());
        Ok(Broken { input, what })
    }
}

thread_local! {
    /// What the last panic of this thread said, while panics are caught.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn said() -> String {
    SAID.take().unwrap_or_else(|| "a panic without words".into())
}

/// Keeps what a panic of `work` says instead of printing it.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let catching = SAID.with_borrow(Option::is_some);
            if catching { SAID.set(Some(panic.to_string())) } else { usual(panic) }
        }));
    });
    SAID.set(Some(String::new()));
    let result = work();
    // What was said is asked for next, or never.
    if SAID.with_borrow(|said| said.as_ref().is_some_and(String::is_empty)) {
        SAID.set(None);
    }
    result
}
