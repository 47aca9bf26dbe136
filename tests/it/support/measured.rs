//! What a run of the binary has needed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Ran, skip};

/// A run, and what it took.
#[derive(Debug)]
pub(crate) struct Measured {
    /// How it ended.
    pub(crate) ran: Ran,
    /// The peak of its resident memory.
    pub(crate) peak_kib: u64,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// What runs no longer may have ended before it was looked at.
const UNSEEN: Duration = Duration::from_millis(200);

/// Runs a command that says little to its end; `None`, and a word about it, where memory cannot be
/// measured.
pub(crate) fn measured(command: &mut Command) -> Option<Measured> {
    if !Path::new("/proc/self/status").exists() {
        skip("no /proc to read peak memory from");
        return None;
    }
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak_kib = 0;
    while child.try_wait().unwrap().is_none() {
        peak_kib = high_water(child.id()).unwrap_or_default().max(peak_kib);
        std::thread::sleep(Duration::from_millis(2));
    }
    let elapsed = start.elapsed();
    let output = child.wait_with_output().unwrap();
    assert!(peak_kib > 512 || elapsed < UNSEEN, "the peak was measured");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let ran = Ran { code: output.status.code(), stdout: output.stdout, stderr };
    Some(Measured { ran, peak_kib, elapsed })
}

/// What a process has needed at most so far, in KiB; none when it is gone.
fn high_water(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
