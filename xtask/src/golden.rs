//! `cargo xtask golden`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;
use crate::servers::{self, Fleet, Wish};

/// `cargo xtask golden`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write all of them anew: only before a release has written any like them
    #[arg(long)]
    replace: bool,
}

/// What writes them: package, target, name of the test.
const WRITERS: [(&str, &[&str], &str); 3] = [
    ("pgx-core", &["--lib"], "archive::tests::golden::write_the_archive_of_later_frames"),
    ("pgx-core", &["--lib"], "archive::tests::cluster::write_the_golden_cluster"),
    ("pgx-cli", &["--test", "it"], "golden::write_what_is_missing"),
];

/// The version of the server that is dumped for one of them.
const DUMPED: u32 = 18;

/// Writes the archives that are missing, and what they amount to; has the second reader check them.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let directory = process::root().join("tests/golden");
    if arguments.replace {
        remove(&directory)?;
    }
    let fleet = match std::env::var_os("PGX_TEST_SERVERS") {
        Some(_) => None,
        None => Some(Fleet::start(&servers::obtain(&[Wish::Major(DUMPED)])?)?),
    };
    for (package, target, test) in WRITERS {
        let mut command = process::cargo();
        command.args(["test", "--quiet", "--package", package]).args(target);
        command.args(["--", "--ignored", "--exact", test]);
        process::without_pg_environment(&mut command);
        command.env("PGX_GOLDEN", &directory);
        if let Some(fleet) = &fleet {
            command.env("PGX_TEST_SERVERS", fleet.state().environment());
        }
        process::announce(&command);
        process::succeed(&mut command)?;
    }
    check(&directory)
}

fn remove(directory: &Path) -> Result<()> {
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "pgx" || extension == "json") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn check(directory: &Path) -> Result<()> {
    let python: PathBuf = servers::python3().context("no python3 to check them with")?;
    let mut command = std::process::Command::new(python);
    command.arg("-B").arg(directory.join("check_reader.py"));
    process::announce(&command);
    process::succeed(&mut command)
}
