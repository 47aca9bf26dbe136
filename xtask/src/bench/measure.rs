//! Wall time, CPU time and peak memory of another program.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{process, stop};

/// The kernel keeps the high-water mark, but not beyond the process's end: the last look must be late.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// One run of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// Wall time.
    pub(crate) seconds: f64,
    /// Time on a processor, in the kernel too, in seconds.
    pub(crate) cpu: f64,
    /// Peak resident memory, in bytes.
    pub(crate) peak: u64,
}

impl Run {
    /// The run of median time, with the highest peak of all.
    pub(crate) fn median(mut runs: Vec<Run>) -> Run {
        runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let peak = runs.iter().map(|run| run.peak).max().unwrap_or(0);
        Run { peak, ..runs[runs.len() / 2] }
    }
}

/// Runs the program to its end; failing is an error.
pub(crate) fn measure(command: &mut Command) -> Result<Run> {
    process::without_pg_environment(command).stdin(Stdio::null());
    let cpu_before = cpu_of_children()?;
    let start = Instant::now();
    let child = command.spawn()?;
    let (ended, peak) = watch(child)?;
    ensure!(ended, "`{}` failed", process::shown(command));
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_of_children()? - cpu_before);
    Ok(Run { seconds, cpu, peak })
}

/// CPU time of all children that have ended, in seconds.
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

fn watch(mut child: Child) -> Result<(bool, u64)> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let seen = fs::read_to_string(&status_file).ok().and_then(|text| high_water(&text));
        peak = peak.max(seen.unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            return Ok((status.success(), peak));
        }
        if stop::requested() {
            child.kill()?;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// `VmHWM:   1234 kB` in bytes.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_in_kibibytes() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(high_water("Name:\tx\n"), None);
    }

    #[test]
    fn time_of_children_is_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 40 2 20 0";
        assert_eq!(children_ticks(stat), Some(42));
        assert_eq!(children_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn the_median_keeps_the_highest_peak() {
        let run = |seconds, peak| Run { seconds, cpu: 0.0, peak };
        assert_eq!(Run::median(vec![run(3.0, 1), run(1.0, 9), run(2.0, 2)]), run(2.0, 9));
    }

    #[test]
    fn a_program_has_a_peak() {
        let run = measure(Command::new("sleep").arg("0.05")).unwrap();
        assert!(run.peak > 0 && run.seconds >= 0.05, "{run:?}");
        assert!(measure(&mut Command::new("false")).is_err());
    }
}
