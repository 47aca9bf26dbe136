//! README.md and `docs/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pgx_core::select::Manifest;

use super::examples::{COMMANDS, help};
use super::stage::Stage;

/// Lines of shell blocks that no test runs, and why. Each must be there.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo xtask demo ", "it brings its own server, and builds with optimisation"),
    ("cargo xtask test ", "it runs this test"),
    ("cargo install --path crates/pgx-cli", "it builds what is tested here, into the user's home"),
    ("pgx dump --all-databases ", "tests/it/cluster runs it, on a cluster of its own"),
    ("pgx inspect cluster.pgx", "as above"),
    ("pgx restore cluster.pgx ", "as above"),
    ("pgx salvage cluster.pgx ", "as above"),
    ("export PGHOST=localhost PGUSER=me PGDATABASE=parcels", "the values are the reader's"),
];

/// Languages of blocks that hold nothing to run.
const NOTHING_TO_RUN: [&str; 3] = ["", "text", "hex"];

/// A fenced block.
struct Block {
    page: String,
    line: usize,
    language: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Name and text of each page.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        docs.filter(|file| file.extension() == Some("md".as_ref())).collect();
    files.sort();
    files.insert(0, root().join("README.md"));
    let name = |file: &Path| file.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(language) => {
                inside = true;
                let (page, language) = (page.to_owned(), language.to_owned());
                blocks.push(Block { page, line: at + 1, language, text: String::new() });
            }
            None if inside => blocks.last_mut().unwrap().text += &format!("{line}\n"),
            None => {}
        }
    }
    assert!(!inside, "{page}: the last block has no end");
    blocks
}

fn is_run(line: &str) -> bool {
    !NOT_RUN.iter().any(|(listed, _)| line.starts_with(listed))
}

#[test]
fn every_command_of_the_pages_runs() {
    let Some(stage) = Stage::new() else { return };
    let mut n_run = 0;
    for (page, text) in pages() {
        let directory = stage.directory();
        let made = ["clone", "copy", "elsewhere", "mine", "planned", "steps"];
        made.iter().for_each(|name| stage.without(&format!("parcels_{name}")));
        for block in blocks(&page, &text) {
            let place = format!("{}, line {}", block.page, block.line);
            match block.language.as_str() {
                "sh" => n_run += run(&stage, &directory, &block, &place),
                // What the reader is told to keep of the file that a command before has written.
                "toml" if page == "README.md" => {
                    fs::write(directory.join("parcels.toml"), &block.text).unwrap();
                }
                "toml" => {}
                other => assert!(NOTHING_TO_RUN.contains(&other), "{place}: what is {other:?}?"),
            }
        }
    }
    assert!(n_run >= 15, "only {n_run} commands");
}

/// Runs the commands of a block, and counts them.
fn run(stage: &Stage, directory: &Path, block: &Block, place: &str) -> usize {
    let lines: Vec<&str> = block.text.lines().filter(|line| is_run(line)).collect();
    let ran = stage.run(directory, &lines.join("\n"));
    assert_eq!(ran.code, Some(0), "{place}: {}", ran.stderr);
    lines.len()
}

#[test]
fn the_five_minutes_of_the_readme_restore_four_tables() {
    let Some(stage) = Stage::new() else { return };
    let directory = stage.directory();
    let (page, text) = pages().swap_remove(0);
    for block in blocks(&page, &text) {
        match block.language.as_str() {
            "toml" => fs::write(directory.join("parcels.toml"), &block.text).unwrap(),
            _ => drop(run(&stage, &directory, &block, &page)),
        }
    }
    let tables = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
                   WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    assert_eq!(
        stage.database("parcels_copy").value(tables),
        "dias_catalogue parcel_set roi2018_card_signatures roi2019_card_signatures"
    );
    let rows = "SELECT count(*) FROM roi2018_card_signatures";
    assert_eq!(stage.database("parcels_copy").value(rows), "1000");
}

#[test]
fn what_is_not_run_is_really_shown() {
    let all: String = pages().iter().map(|(_, text)| text.as_str()).collect();
    for (line, reason) in NOT_RUN {
        assert!(all.contains(&format!("\n{line}")), "{line:?} ({reason}) is shown nowhere");
    }
}

#[test]
fn every_manifest_of_the_pages_is_one() {
    let mut n_manifests = 0;
    for (page, text) in pages() {
        for block in blocks(&page, &text).iter().filter(|block| block.language == "toml") {
            let manifest = Manifest::parse(&page, &block.text);
            manifest.unwrap_or_else(|error| panic!("{page}, line {}: {error:?}", block.line));
            n_manifests += 1;
        }
    }
    assert!(n_manifests >= 7, "only {n_manifests}");
}

#[test]
fn the_readme_begins_with_the_two_commands_that_set_all_up() {
    let (page, text) = pages().swap_remove(0);
    let first = blocks(&page, &text).swap_remove(0);
    let commands: Vec<&str> =
        first.text.lines().map(|line| line.split('#').next().unwrap().trim()).collect();
    assert_eq!(commands, ["cargo xtask demo", "cargo xtask test"]);
    assert!(first.line < 10, "not on the first screen");
}

#[test]
fn every_file_that_the_pages_link_to_exists() {
    for (page, text) in pages() {
        let folder = if page == "README.md" { root() } else { root().join("docs") };
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            let is_file = !file.is_empty() && !file.contains("://");
            assert!(!is_file || folder.join(file).exists(), "{page} links to {link}");
        }
    }
}

/// Options of other programs that the pages speak of.
const OF_OTHERS: &[&str] = &[
    "--bench",
    "--databases",
    "--dsn",
    "--filter",
    "--index-jobs",
    "--maintenance-work-mem",
    "--only",
    "--path",
    "--patience",
    "--peers",
    "--peers-scratch",
    "--peers-server",
    "--pg",
    "--quick",
    "--release",
    "--runs",
    "--scale",
    "--scratch",
    "--seconds",
    "--seed",
    "--server",
    "--skip-analyze",
    "--skip-vacuum",
    "--table-jobs",
    "--through",
    "--write",
];

#[test]
fn every_option_that_the_pages_name_is_one() {
    let help = COMMANDS.map(help).concat();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let known: BTreeSet<&str> =
        help.split(|c| !is_part(c)).filter(|word| word.starts_with("--")).collect();
    for (page, text) in pages() {
        let words = text.split(|c| !is_part(c));
        for word in words.filter(|word| word.starts_with("--") && word.len() > 3) {
            let is_line = word.bytes().all(|byte| byte == b'-');
            assert!(
                is_line || known.contains(word) || OF_OTHERS.contains(&word),
                "{page} names {word}"
            );
        }
    }
}
