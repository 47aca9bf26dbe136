//! What the commands do. One file per command: arguments become a request of the engine, its report
//! becomes text.

mod clone;
mod cluster;
mod diagram;
mod diff;
mod dump;
mod globals;
mod inspect;
mod manifest;
mod restore;
mod salvage;
mod verify;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use pgx_core::connect::conninfo::{self, Resolved};
use pgx_core::connect::{Config, Interrupt, Side};
use pgx_core::select::Pattern;
use pgx_core::{Code, Error, Result};

use crate::args::connection::ConnectionArgs;
use crate::args::{Cli, Command};
use crate::console::Console;
use crate::password;
use crate::signals::{self, Leftovers};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was done.
    Complete,
    /// Something was left out, as the user allowed.
    Skipped,
}

impl Outcome {
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Outcome::Complete => 0,
            Outcome::Skipped => Code::Skipped.exit_code(),
        }
    }
}

/// What every command works with.
struct Run {
    interrupt: Interrupt,
    console: Console,
    leftovers: Leftovers,
}

/// Does what the command line asks.
pub(crate) fn run(cli: &Cli) -> Result<Outcome> {
    let run = Run {
        interrupt: Interrupt::new(),
        console: Console::new(cli.talk),
        leftovers: Leftovers::default(),
    };
    signals::listen(&run.interrupt, &run.leftovers)?;
    let result = match &cli.command {
        Command::Dump(args) => dump::run(args, &run),
        Command::Restore(args) => restore::run(args, &run),
        Command::Clone(args) => clone::run(args, &run),
        Command::Verify(args) => verify::run(args, &run),
        Command::Inspect(args) => inspect::run(args, &run),
        Command::Diagram(args) => diagram::run(args, &run),
        Command::Diff(args) => diff::run(args, &run),
        Command::Salvage(args) => salvage::run(args, &run),
        Command::Manifest(args) => manifest::run(args, &run),
    };
    result.map_err(|error| run.explain(error))
}

impl Run {
    /// Where to connect, said by options, an argument and the environment.
    fn config(
        &self,
        connection: &ConnectionArgs,
        argument: Option<&str>,
        side: Side,
    ) -> Result<Config> {
        let database = connection.database(argument)?;
        self.resolve(database, connection, side).map(|resolved| resolved.config)
    }

    fn resolve(
        &self,
        database: Option<&str>,
        connection: &ConnectionArgs,
        side: Side,
    ) -> Result<Resolved> {
        let env = |name: &str| std::env::var(name).ok();
        let mut overrides = connection.overrides();
        if connection.ask_password {
            overrides.password = Some(password::ask("Password: ", &self.interrupt)?);
        }
        let mut resolved = conninfo::resolve(database, &overrides, &env, side, &self.interrupt)?;
        for warning in &resolved.warnings {
            self.console.warning(warning);
        }
        if !connection.no_password {
            let interrupt = self.interrupt.clone();
            let ask = move |user: &str| password::of_role(user, &interrupt);
            resolved.config.terms.ask_password(Arc::new(ask));
        }
        Ok(resolved)
    }

    /// An input or output that stopped because of Ctrl-C is an interruption, not a failure of its own.
    fn explain(&self, error: Error) -> Error {
        match error.code() {
            Code::InputFailed | Code::OutputFailed => self.interrupt.error().unwrap_or(error),
            _ => error,
        }
    }
}

fn table_patterns(texts: &[String]) -> Result<Vec<Pattern>> {
    texts.iter().map(|text| Pattern::table(text)).collect()
}

fn schema_patterns(texts: &[String]) -> Result<Vec<Pattern>> {
    texts.iter().map(|text| Pattern::schema(text)).collect()
}

fn unqualified_patterns(texts: &[String]) -> Result<Vec<Pattern>> {
    texts.iter().map(|text| Pattern::unqualified(text)).collect()
}

/// Names the output in its own failures: the engine does not know what it writes to.
fn of_output(error: Error, output: &str) -> Error {
    match error.code() {
        Code::OutputFull | Code::OutputFailed => error.object(output),
        _ => error,
    }
}

/// A report for programs.
fn json_text(value: &impl serde::Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::internal("JSON cannot be made").source(error))?;
    text.push('\n');
    Ok(text)
}

/// Writes a file, which is not there unless it is to be replaced. `what` it is, is said in errors.
///
/// # Errors
/// [`Code::OutputExists`], [`Code::OutputFull`], [`Code::OutputFailed`].
fn write_file(path: &Path, force: bool, text: &str, what: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    let options = match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let failed = format!("the {what} cannot be written");
        let error = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::new(Code::OutputExists, "the file exists already")
                    .hint("choose another name, or replace it with --force")
            }
            io::ErrorKind::StorageFull => Error::new(Code::OutputFull, failed).source(error),
            _ => Error::new(Code::OutputFailed, failed).source(error),
        };
        error.object(format!("file {}", path.display()))
    })
}

/// Prints on stdout.
///
/// # Errors
/// [`Code::OutputFailed`].
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::new(Code::OutputFailed, "cannot write to stdout").source(error))
}
