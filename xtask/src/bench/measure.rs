//! Wall time, CPU time and peak memory of another program and of the processes it starts.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{process, stop};

/// The kernel keeps the high-water mark, but not beyond the process's end: the last look must be late.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How long a program may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(10);

/// One run of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// Wall time.
    pub(crate) seconds: f64,
    /// Time on a processor, in the kernel too, in seconds; of all its processes.
    pub(crate) cpu: f64,
    /// Peak resident memory, in bytes; the sum over all processes there are at one time.
    pub(crate) peak: u64,
    /// It took longer than it might, and was stopped: it would have needed more than this.
    pub(crate) stopped: bool,
}

impl Run {
    /// Medians of the times, and the highest peak of all.
    pub(crate) fn median(runs: &[Run]) -> Run {
        Run {
            seconds: median(runs.iter().map(|run| run.seconds)),
            cpu: median(runs.iter().map(|run| run.cpu)),
            peak: runs.iter().map(|run| run.peak).max().unwrap_or(0),
            stopped: runs.iter().any(|run| run.stopped),
        }
    }
}

/// The value in the middle, of an even number the mean of both; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => 0.0,
        (n, half) if n % 2 == 0 => f64::midpoint(values[half - 1], values[half]),
        (_, half) => values[half],
    }
}

/// Runs the program to its end; failing is an error that ends with its last words. Beyond `patience` it
/// is stopped, which is none.
pub(crate) fn measure(command: &mut Command, patience: Option<Duration>) -> Result<Run> {
    let mut said = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stderr(said.try_clone()?).process_group(0);
    let cpu_before = cpu_of_children()?;
    let start = Instant::now();
    let child =
        command.spawn().with_context(|| format!("cannot run {}", process::shown(command)))?;
    let (status, peak) = watch(child, start, patience)?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_of_children()? - cpu_before);
    stop::check()?;
    let stopped = patience.is_some_and(|patience| seconds > patience.as_secs_f64());
    if !status.success() && !stopped {
        bail!("`{}` failed: {}", process::shown(command), last_words(&mut said)?);
    }
    Ok(Run { seconds, cpu, peak, stopped })
}

fn last_words(said: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    said.rewind()?;
    said.read_to_end(&mut bytes)?;
    Ok(process::last_lines(&String::from_utf8_lossy(&bytes), 3))
}

/// CPU time of all children that have ended, and of theirs, in seconds.
fn cpu_of_children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let ticks = children_ticks(&stat).context("/proc/self/stat is not as proc(5) says")?;
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The 16th and 17th field; the second may hold spaces, but ends in the last parenthesis.
fn children_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(ticks()? + ticks()?)
}

fn watch(
    mut child: Child,
    start: Instant,
    patience: Option<Duration>,
) -> Result<(ExitStatus, u64)> {
    let mut peak = 0;
    loop {
        peak = peak.max(resident(child.id()));
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak));
        }
        if stop::requested() || patience.is_some_and(|patience| start.elapsed() > patience) {
            return Ok((end(&mut child)?, peak));
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Ends a program and all that it started, which is one group of processes.
fn end(child: &mut Child) -> Result<ExitStatus> {
    let group = Pid::from_child(child);
    // A group that is gone already is what a signal is for.
    let _ = kill_process_group(group, Signal::TERM);
    let told = Instant::now();
    while told.elapsed() < GRACE {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(LOOK_EVERY);
    }
    let _ = kill_process_group(group, Signal::KILL);
    Ok(child.wait()?)
}

/// The high-water mark of one process; of several, what they take together now.
fn resident(pid: u32) -> u64 {
    let children = children(pid);
    if children.is_empty() {
        return memory(pid, "VmHWM:");
    }
    memory(pid, "VmRSS:") + children.into_iter().map(resident_now).sum::<u64>()
}

fn resident_now(pid: u32) -> u64 {
    memory(pid, "VmRSS:") + children(pid).into_iter().map(resident_now).sum::<u64>()
}

/// What the process's first thread started.
fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// In bytes; 0 for a process that is gone.
fn memory(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kibibytes(&status, field).map_or(0, |size| size << 10)
}

/// `VmHWM:   1234 kB`
fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn memory_is_in_kibibytes() {
        assert_eq!(kibibytes("Name:\tx\nVmHWM:\t    2048 kB\n", "VmHWM:"), Some(2048));
        assert_eq!(kibibytes("Name:\tx\n", "VmHWM:"), None);
    }

    #[test]
    fn time_of_children_is_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 40 2 20 0";
        assert_eq!(children_ticks(stat), Some(42));
        assert_eq!(children_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn medians_of_time_come_with_the_highest_peak() {
        let run = |seconds, cpu, peak| Run { seconds, cpu, peak, stopped: false };
        let runs = [run(3.0, 0.1, 1), run(1.0, 0.2, 9), run(2.0, 0.3, 2)];
        assert_eq!(Run::median(&runs), run(2.0, 0.2, 9));
    }

    #[test]
    fn a_program_has_a_peak() {
        let run = measure(&mut sh("exec sleep 0.05"), None).unwrap();
        assert!(run.peak > 0 && run.seconds >= 0.05 && !run.stopped, "{run:?}");
    }

    #[test]
    fn what_children_take_counts() {
        let burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 0.1";
        let alone = measure(&mut sh(burn), None).unwrap();
        let three = measure(&mut sh(&format!("({burn}) & ({burn}) & {burn}; wait")), None).unwrap();
        assert!(three.cpu > 1.5 * alone.cpu, "{alone:?} {three:?}");
        assert!(three.peak as f64 > 1.5 * alone.peak as f64, "{alone:?} {three:?}");
    }

    #[test]
    fn failing_ends_with_the_last_words() {
        let error = measure(&mut sh("echo why >&2; false"), None).unwrap_err();
        assert!(error.to_string().ends_with("why"), "{error}");
    }

    #[test]
    fn patience_ends_a_program_and_its_children() {
        let mut command = sh("sleep 60 & wait");
        let run = measure(&mut command, Some(Duration::from_millis(100))).unwrap();
        assert!(run.stopped && run.seconds < 5.0, "{run:?}");
    }
}
