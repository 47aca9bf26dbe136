//! `cargo xtask check`

mod layers;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;

use crate::{process, stop};

/// `cargo xtask check`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The house's own rules alone
    #[arg(long)]
    tidy: bool,
}

const STEPS: [&[&str]; 2] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
];

/// Every step runs, so that one run shows all that is wrong.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut good = tidy::run()?;
    if !arguments.tidy {
        for step in STEPS {
            good &= step_passes(step)?;
        }
        good &= documentation_passes()?;
    }
    eprintln!("check: {}", if good { "passed" } else { "failed" });
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn step_passes(arguments: &[&str]) -> Result<bool> {
    let mut command = process::cargo();
    command.args(arguments);
    process::announce(&command);
    Ok(process::status(&mut command)?.success())
}

fn documentation_passes() -> Result<bool> {
    stop::check()?;
    let mut command = process::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links");
    process::announce(&command);
    Ok(process::status(&mut command)?.success())
}
