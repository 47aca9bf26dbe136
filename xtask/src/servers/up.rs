//! `cargo xtask servers up`

use anyhow::{Result, bail};
use rustix::process::Signal;

use super::obtain::{self, Wish};
use super::state::State;
use super::{everything, fleet};
use crate::process;

/// `cargo xtask servers up`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Versions, `gis` for a server with PostGIS, `standby` for a primary with one; all when absent
    versions: Vec<Wish>,
    /// Listen on 127.0.0.1 as well
    #[arg(long)]
    tcp: bool,
}

/// Starts the servers in the background and prints the line that points the tests at them.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(state) = State::recorded()? {
        bail!("servers are up already; `cargo xtask servers down` stops them\n{}", export(&state));
    }
    let wishes =
        if arguments.versions.is_empty() { everything() } else { arguments.versions.clone() };
    let specs = obtain::obtain(&wishes)?;
    if specs.is_empty() {
        bail!("no PostGIS here, and it cannot be installed: install it, or run this as root");
    }
    let state = fleet::detach(&specs, arguments.tcp)?;
    if let Err(error) = state.record() {
        // Nobody could find them again to stop them.
        process::signal(state.pid, Signal::TERM);
        return Err(error);
    }
    eprintln!("{} servers run in {}", state.servers.len(), state.dir.display());
    println!("{}", export(&state));
    Ok(())
}

fn export(state: &State) -> String {
    format!("export PGX_TEST_SERVERS='{}'", state.environment())
}
