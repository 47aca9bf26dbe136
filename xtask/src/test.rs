//! `cargo xtask test`

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::servers::{self, Fleet, Wish};
use crate::{fuzz, process};

/// `cargo xtask test`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The servers to test on: versions, `gis`, `standby`; all when absent
    #[arg(long, value_delimiter = ',')]
    pg: Vec<Wish>,
    /// Passed to the test runner: names of tests, `--ignored`, …
    #[arg(last = true)]
    filters: Vec<String>,
}

/// Runs all tests; the runner's summary is the last thing printed, its exit code is ours unless
/// fuzzing failed.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runner = Runner::choose();
    // A compiler's message must not wait for servers.
    process::succeed(runner.command().arg("--no-run"))?;
    // Part of all tests; who asks for some of them does not ask for this.
    let all = arguments.pg.is_empty() && arguments.filters.is_empty();
    let fuzzed = !all || fuzz::passes(&fuzz::Arguments::default())?;
    let mut command = runner.command();
    command.arg("--no-fail-fast");
    if !arguments.filters.is_empty() {
        command.arg("--").args(&arguments.filters);
    }
    let fleet = point_at_servers(&mut command, &arguments.pg)?;
    point_at_programs(&mut command);
    let status = process::status(&mut command);
    drop(fleet);
    let code = process::exit_code(status?);
    if !fuzzed {
        eprintln!("fuzzing found an input that breaks a promise: see above");
    }
    Ok(ExitCode::from(if fuzzed { code } else { code.max(1) }))
}

/// Servers of our own, unless the environment names some.
fn point_at_servers(command: &mut Command, wishes: &[Wish]) -> Result<Option<Fleet>> {
    if std::env::var_os("PGX_TEST_SERVERS").is_some() {
        eprintln!("testing on the servers of PGX_TEST_SERVERS");
        return Ok(None);
    }
    let everything = servers::everything();
    let specs = servers::obtain(if wishes.is_empty() { &everything } else { wishes })?;
    ensure!(!specs.is_empty(), "no PostGIS here, and it cannot be installed");
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    eprintln!("starting PostgreSQL {}", names.join(", "));
    if !names.iter().any(|name| name.ends_with("gis")) {
        eprintln!("tests that need PostGIS are skipped: there is none among these servers");
    }
    let fleet = Fleet::start(&specs)?;
    command.env("PGX_TEST_SERVERS", fleet.state().environment());
    Ok(Some(fleet))
}

/// Programs that some tests use as witnesses.
fn point_at_programs(command: &mut Command) {
    match servers::newest_pg_dump() {
        Some(pg_dump) => {
            let version = servers::version(&pg_dump).unwrap_or_default();
            eprintln!("pg_dump {version} is the witness for servers up to its version");
            command.env("PGX_TEST_PG_DUMP", pg_dump);
        }
        None => eprintln!("tests with pg_dump as witness are skipped: there is none"),
    }
    if servers::python3().is_none() {
        eprintln!("tests with the second reader of archives are skipped: there is no python3");
    }
    match servers::pgbouncer() {
        Some(pgbouncer) => {
            command.env("PGX_TEST_PGBOUNCER", pgbouncer);
        }
        None => eprintln!("tests with a pooler are skipped: there is no pgbouncer"),
    }
}

enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    fn choose() -> Runner {
        match process::on_path("cargo-nextest") {
            Some(_) => Runner::Nextest,
            None => Runner::Cargo,
        }
    }

    fn command(&self) -> Command {
        let mut command = process::cargo();
        match self {
            Runner::Nextest => command.args(["nextest", "run", "--workspace"]),
            Runner::Cargo => command.args(["test", "--workspace", "--lib", "--bins", "--tests"]),
        };
        process::without_pg_environment(&mut command);
        command
    }
}
