//! Cluster archives that are cut or damaged.

use std::fs;

use pgx_core::archive::ClusterFile;
use serde_json::Value;

use super::{Dumped, archive, with_changed_byte};
use crate::support::{arg, pgx};

/// The rows of `orders` in an archive.
fn rows_of_orders(path: &str) -> u64 {
    let json: Value =
        serde_json::from_slice(&pgx(&["inspect", "--json", path]).ok().stdout).unwrap();
    json["tables"].as_array().unwrap().iter().map(|table| table["rows"].as_u64().unwrap()).sum()
}

#[test]
fn a_cut_cluster_archive_is_called_one_and_its_databases_are_salvaged() {
    let Some(dumped) = archive() else { return };
    let whole = fs::read(dumped.path()).unwrap();
    let file = ClusterFile::open(&dumped.path()).unwrap();
    let last = file.members().last().unwrap();
    assert_eq!(last.database, "zoë");
    let cut = Dumped::with(&whole[..(last.offset + last.length / 2) as usize]);
    let path = cut.path();
    let path = arg(&path);
    for command in [&["verify"][..], &["inspect"], &["restore", "--dry-run"]] {
        let said = pgx(&[command, &[path]].concat()).fails(7);
        assert!(said.contains("E0701") && said.contains("pgx salvage"), "{said}");
    }
    let ran = pgx(&["salvage", "--list", path]);
    let listing = ran.stdout_text().to_owned();
    ran.fails(3);
    for line in ["== globals", "== database shop", "== database zoë", "the directory is lost"] {
        assert!(listing.contains(line), "{line}: {listing}");
    }
    let repaired = cut.dir.path().join("repaired.pgx");
    let repaired = arg(&repaired);
    let said = pgx(&["salvage", path, "-f", repaired]).fails(2);
    assert!(said.contains("--database"), "{said}");
    pgx(&["salvage", path, "--database", "shop", "-f", repaired]).ok();
    pgx(&["verify", "--deep", repaired]).ok();
    assert_eq!(rows_of_orders(repaired), 4000);
    pgx(&["salvage", path, "--database", "zoë", "--partial", "--force", "-f", repaired]).fails(3);
    pgx(&["verify", "--deep", repaired]).ok();
    let said = pgx(&["salvage", path, "--database", "gone", "-f", repaired, "--force"]).fails(2);
    assert!(said.contains("nothing is left of database gone"), "{said}");
}

#[test]
fn damage_is_found_wherever_it_is_and_told_of_its_database() {
    let Some(dumped) = archive() else { return };
    let path = dumped.path();
    let file = ClusterFile::open(&path).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    for member in file.members() {
        for at in [member.offset + 9, member.offset + member.length / 2] {
            let damaged = Dumped::with(&with_changed_byte(&path, at as usize));
            let said = pgx(&["verify", arg(&damaged.path())]).fails(7);
            let label = format!("in {} of the cluster archive", member.label());
            assert!(said.contains("E0702") && said.contains(&label), "byte {at}: {said}");
        }
    }
    for at in [0, 20, length - 100, length - 20] {
        let damaged = Dumped::with(&with_changed_byte(&path, at as usize));
        pgx(&["verify", arg(&damaged.path())]).fails(7);
    }
}

/// The directory is gone, and every member is still found.
#[test]
fn a_lost_directory_costs_nothing_but_itself() {
    let Some(dumped) = archive() else { return };
    let path = dumped.path();
    let file = ClusterFile::open(&path).unwrap();
    let last = file.members().last().unwrap();
    let damaged =
        Dumped::with(&with_changed_byte(&path, (last.offset + last.length) as usize + 30));
    let ran = pgx(&["salvage", "--list", arg(&damaged.path())]);
    let listing = ran.stdout_text().to_owned();
    ran.fails(3);
    assert_eq!(listing.matches("; nothing is lost").count(), file.members().len(), "{listing}");
}
