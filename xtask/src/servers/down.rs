//! `cargo xtask servers down`

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::Signal;

use super::state::{self, State};
use crate::process;

const LIMIT: Duration = Duration::from_secs(60);

/// Stops the servers of `up` and waits until nothing of them is left.
pub(crate) fn run() -> Result<()> {
    match State::recorded()? {
        None => eprintln!("no servers are up"),
        Some(state) => {
            stop(&state)?;
            eprintln!(
                "stopped {} servers and removed {}",
                state.servers.len(),
                state.dir.display()
            );
        }
    }
    state::forget();
    Ok(())
}

fn stop(state: &State) -> Result<()> {
    let start = Instant::now();
    process::signal(state.pid, Signal::TERM);
    while state.is_alive() {
        ensure!(start.elapsed() < LIMIT, "the servers' keeper, process {}, hangs", state.pid);
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
