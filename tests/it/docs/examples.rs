//! The examples of `--help`.

use std::fs;
use std::path::Path;

use super::stage::Stage;
use crate::support::{PARCELS_MANIFEST, pgx};

pub(super) const COMMANDS: [&str; 9] = [
    "dump",
    "restore",
    "clone",
    "verify",
    "inspect",
    "diff",
    "diagram",
    "salvage",
    "manifest init",
];

/// The whole `--help` of a command.
pub(super) fn help(command: &str) -> String {
    let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    pgx(&words).ok().stdout_text().to_owned()
}

/// The lines of a command's examples, without the remarks at their right.
fn examples(command: &str) -> Vec<String> {
    let help = help(command);
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let lines = examples.lines().filter(|line| line.starts_with("  pgx "));
    lines.map(|line| line.trim().split("  ").next().unwrap().to_owned()).collect()
}

/// Examples that name a host of the reader's: they are understood, and nobody is reached.
fn reaches_nobody(example: &str) -> bool {
    example.contains("postgres://db/") || example.contains("postgres://ann@db/")
}

#[test]
fn every_example_runs() {
    let Some(stage) = Stage::new() else { return };
    let shelf = stage.directory();
    let prepare = "pgx dump shop -f shop.pgx && pgx dump shop -a -t extraction_log -f rows.pgx \
                   && pgx dump --globals-only -f globals.pgx \
                   && pgx dump --all-databases --exclude-database '[^s]*' -f cluster.pgx";
    stage.run(&shelf, prepare).ok();
    fs::write(shelf.join("parcels.toml"), PARCELS_MANIFEST).unwrap();
    // Rows that an example brings back.
    stage.database("shop").sql("TRUNCATE extraction_log");
    let examples: Vec<String> = COMMANDS.iter().flat_map(|command| examples(command)).collect();
    assert!(examples.len() >= 14, "{examples:#?}");
    for example in examples {
        check(&stage, &shelf, &example);
    }
}

fn check(stage: &Stage, shelf: &Path, example: &str) {
    let directory = stage.directory();
    for file in ["shop.pgx", "rows.pgx", "globals.pgx", "cluster.pgx", "parcels.toml"] {
        if !example.contains(&format!("-f {file}")) {
            fs::copy(shelf.join(file), directory.join(file)).unwrap();
        }
    }
    stage.without("shop_copy");
    if !example.contains("--create") {
        stage.anew("shop_copy");
    }
    let ran = stage.run(&directory, example);
    let expected = if reaches_nobody(example) { 4 } else { 0 };
    assert_eq!(ran.code, Some(expected), "{example}: {}", ran.stderr);
}
