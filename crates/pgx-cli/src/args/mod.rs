//! The command line: what can be said. One file per command; what it means is in `run/`.

pub(crate) mod all_databases;
pub(crate) mod clone;
pub(crate) mod connection;
pub(crate) mod diagram;
pub(crate) mod diff;
pub(crate) mod dump;
pub(crate) mod extensions;
pub(crate) mod globals;
pub(crate) mod inspect;
pub(crate) mod manifest;
pub(crate) mod maps;
pub(crate) mod member;
pub(crate) mod memory;
pub(crate) mod omitted;
pub(crate) mod parts;
pub(crate) mod restore;
pub(crate) mod restore_jobs;
pub(crate) mod role;
pub(crate) mod salvage;
pub(crate) mod statistics;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use pgx_core::{Code, Error, Result};

use crate::exit;
use crate::report::Values;

/// Dump and restore PostgreSQL databases, without pg_dump
#[derive(Debug, Parser)]
#[command(
    name = "pgx",
    version,
    propagate_version = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// Options of every command.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Talk {
    /// Say what is being done, on stderr
    #[arg(long, short, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,

    /// Say nothing but warnings and errors
    #[arg(long, short, global = true, action = ArgAction::SetTrue)]
    pub(crate) quiet: bool,

    /// Print help
    #[arg(long, short = '?', global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Dump(Box<dump::DumpArgs>),
    Restore(Box<restore::RestoreArgs>),
    Clone(Box<clone::CloneArgs>),
    Verify(verify::VerifyArgs),
    Inspect(inspect::InspectArgs),
    Diff(diff::DiffArgs),
    Diagram(diagram::DiagramArgs),
    Salvage(salvage::SalvageArgs),
    Manifest(manifest::ManifestArgs),
}

/// What a command line turned out to be.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Work to do.
    Run(Box<Cli>),
    /// Help or the version, as asked for.
    Text(String),
    /// Help, because nothing was asked for.
    Nothing(String),
}

impl Cli {
    /// Whether reports may show values of rows.
    pub(crate) fn values(&self) -> Values {
        match &self.command {
            Command::Restore(args) if args.show_row_values => Values::Shown,
            Command::Clone(args) if args.behaviour.show_row_values => Values::Shown,
            Command::Restore(_) | Command::Clone(_) => Values::HiddenByDefault,
            _ => Values::Hidden,
        }
    }
}

/// Reads a command line.
///
/// # Errors
/// [`Code::Usage`].
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed> {
    let parsed = command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) if cli.talk.quiet && cli.talk.verbose => {
            Err(Error::new(Code::Usage, "--quiet and --verbose contradict each other")
                .hint("leave one of them out"))
        }
        Ok(cli) => Ok(Parsed::Run(Box::new(cli))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Parsed::Text(error.render().to_string()))
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Ok(Parsed::Nothing(error.render().to_string()))
            }
            _ => Err(usage_error(&error.render().to_string())),
        },
    }
}

/// The command line's description, exit codes included.
pub(crate) fn command() -> clap::Command {
    Cli::command().after_help(exit::table())
}

/// Clap's text in the form of every other error: its first paragraph is the sentence, its tips are
/// notes.
fn usage_error(rendered: &str) -> Error {
    let mut paragraphs = rendered.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let lines: Vec<&str> = first.lines().map(str::trim).collect();
    let sentence = lines.join(" ");
    let sentence = without_secret(sentence.trim_start_matches("error: "));
    let mut error = Error::new(Code::Usage, sentence);
    for line in paragraphs.flat_map(str::lines).map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            // That an unknown option may be meant as a value leads astray: no value looks like one.
            if !tip.starts_with("to pass ") {
                error = error.note(tip);
            }
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            error = error.note(format!("usage: {usage}"));
        }
    }
    error.hint("see the option --help")
}

/// A misplaced connection string is not repeated: it may hold a password.
fn without_secret(sentence: &str) -> String {
    let secret = sentence.contains("://") || sentence.contains("password=");
    match (sentence.split_once('\''), sentence.rsplit_once('\'')) {
        (Some((before, _)), Some((_, after))) if secret => format!("{before}'…'{after}"),
        _ => sentence.to_owned(),
    }
}
