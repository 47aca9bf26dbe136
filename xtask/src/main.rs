//! The project's own commands: `cargo xtask demo | test | fuzz | bench | fidelity | check | golden | servers`.

mod bench;
mod check;
mod database;
mod demo;
mod fidelity;
mod fuzz;
mod golden;
mod process;
mod servers;
mod stop;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Dump the parcels sample by manifest, restore it into a new database and prove both equal
    Demo(demo::Arguments),
    /// Run all tests on PostgreSQL 10 to 18, which are obtained and run for the occasion
    Test(test::Arguments),
    /// Change inputs at random and see that no promise breaks: panics, hangs, memory, wrong results
    Fuzz(fuzz::Arguments),
    /// Measure dump, restore and clone beside pg_dump, pg_restore and pgcopydb
    Bench(Box<bench::Arguments>),
    /// Dump any database, restore it into a new one, and print every difference between the two
    Fidelity(fidelity::Arguments),
    /// Format, lints, documentation links and the house's own rules
    Check(check::Arguments),
    /// Write the golden archives that are missing
    Golden(golden::Arguments),
    /// PostgreSQL servers for working by hand
    Servers(servers::Arguments),
}

fn main() -> ExitCode {
    let result = stop::listen().and_then(|()| run(Arguments::parse().command));
    if stop::requested() {
        return ExitCode::from(stop::exit_code());
    }
    result.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Test(arguments) => test::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Fidelity(arguments) => fidelity::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Golden(arguments) => golden::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Servers(arguments) => servers::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}
