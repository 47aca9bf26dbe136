//! `cargo xtask servers`: PostgreSQL servers without anything installed by hand.

mod account;
mod apt;
mod clean;
mod cluster;
mod down;
mod fleet;
mod installed;
mod keeper;
mod list;
mod npm;
mod obtain;
mod pooler;
mod python;
mod standby;
mod state;
mod up;

use std::ops::RangeInclusive;

use anyhow::Result;

pub(crate) use fleet::Fleet;
pub(crate) use installed::{newest_pg_dump, version};
pub(crate) use obtain::{Wish, everything, obtain, one};
pub(crate) use pooler::pgbouncer;
pub(crate) use python::python3;
pub(crate) use state::Server;

/// The major versions that pgx supports and tests.
pub(crate) const SUPPORTED: RangeInclusive<u32> = 10..=18;

/// `cargo xtask servers`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// What is installed, obtainable and running
    List,
    /// Start servers in the background and print the line that points the tests at them
    Up(up::Arguments),
    /// Stop the servers of `up` and remove their data
    Down,
    /// Remove the packages that were installed by npm
    Clean,
    #[command(hide = true)]
    Keep(keeper::Arguments),
}

/// Runs the subcommand.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::List => list::run(),
        Command::Up(arguments) => up::run(arguments),
        Command::Down => down::run(),
        Command::Clean => clean::run(),
        Command::Keep(arguments) => keeper::run(arguments),
    }
}
