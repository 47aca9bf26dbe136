//! `cargo xtask bench stages`: the micro-benchmarks, one for each stage.

use anyhow::Result;

use crate::process;

/// `cargo xtask bench stages`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these: the names of files in benches/
    stages: Vec<String>,
}

/// Runs all that cargo knows, or those named.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = process::cargo();
    command.args(["bench", "--quiet", "--package", "pgx-core"]);
    command.args(arguments.stages.iter().flat_map(|stage| ["--bench", stage]));
    process::announce(&command);
    process::succeed(&mut command)
}
