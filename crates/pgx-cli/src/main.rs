//! `pgx`: parse the command line, do the work, say how it ended.

mod args;
mod console;
mod exit;
mod input;
mod next_step;
mod output;
mod password;
mod place;
mod report;
mod run;
mod signals;
mod table;
mod time;

use std::io::Write;
use std::process::ExitCode;

use pgx_core::{Code, Error, Result};

use crate::args::Parsed;
use crate::report::Values;
use crate::run::Outcome;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(Parsed::Run(cli)) => ended(run::run(&cli), cli.values()),
        Ok(Parsed::Text(text)) => {
            ended(run::print(&text).map(|()| Outcome::Complete), Values::Hidden)
        }
        Ok(Parsed::Nothing(help)) => {
            say(&help);
            ExitCode::from(Code::Usage.exit_code())
        }
        Err(error) => failed(error, Values::Hidden),
    }
}

fn ended(result: Result<Outcome>, values: Values) -> ExitCode {
    match result {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => failed(error, values),
    }
}

fn failed(error: Error, values: Values) -> ExitCode {
    let exit_code = ExitCode::from(error.code().exit_code());
    if !report::is_broken_pipe(&error) {
        say(&report::text(&next_step::add(error), values));
    }
    exit_code
}

fn say(text: &str) {
    // Nobody may be reading; the exit code still tells.
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
