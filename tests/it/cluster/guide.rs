//! The guide's commands about clusters, as they stand, on clusters of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{databases, fill, target};
use crate::support::Ran;

/// The commands of the guide that name `cluster.pgx`.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide.md");
    let page = fs::read_to_string(page).unwrap();
    let is_ours = |line: &&str| line.starts_with("pgx ") && line.contains(" cluster.pgx");
    page.lines().filter(is_ours).map(str::to_owned).collect()
}

#[test]
fn the_guides_commands_dump_and_restore_a_cluster() {
    let (Some(original), Some(copy)) = (target(), target()) else { return };
    fill(&original);
    let commands = commands();
    assert_eq!(commands.len(), 6, "{commands:#?}");
    let dir = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_pgx")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &commands.join("\n")]).current_dir(dir.path());
    shell.env("PATH", path).env("PGUSER", "postgres").env_remove("PGDATABASE");
    shell.env("PGHOST", original.server().host()).env("PGPORT", "5432");
    shell.env("OTHERHOST", copy.server().host());
    Ran::of(&mut shell).ok();
    let mut expected = databases(original.server());
    expected.push("shop_copy".into());
    expected.sort();
    let mut found = databases(copy.server());
    found.sort();
    assert_eq!(found, expected);
}
