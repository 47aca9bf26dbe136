//! What is not salvaged, and what is not overwritten.

use super::*;
use crate::support::newest;

#[test]
fn without_what_the_archive_says_of_itself_nothing_is_salvaged() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 10);
    let meta = &bench.frames[0].place;
    let contents = &bench.frames[1].place;
    let cut = &bench.bytes[..meta.end - 1];
    for bytes in [bench.damaged(meta), bench.damaged(contents), cut.to_vec(), b"PGX".to_vec()] {
        let salvaged = bench.salvage(&bytes, &[]);
        assert!(salvaged.listed.fails(7).contains("damaged.pgx"));
        assert!(salvaged.ran.fails(7).contains("error[E07"));
        assert!(!exists(&salvaged.repaired));
    }
    // Nothing half done is left behind.
    let files = fs::read_dir(bench.folder.path()).unwrap().count();
    assert_eq!(files, 1);
}

#[test]
fn the_damaged_archive_and_other_files_are_not_overwritten() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 10);
    let damaged = bench.path("damaged.pgx");
    let bytes = bench.damaged(&bench.chunks("tree")[0]);
    fs::write(&damaged, &bytes).unwrap();
    let link = bench.path("link.pgx");
    std::os::unix::fs::symlink(&damaged, &link).unwrap();
    for file in [&damaged, &link] {
        let ran = pgx(&["salvage", arg(&damaged), "-f", arg(file), "--force"]);
        assert!(ran.fails(2).contains("E0201"));
    }
    assert_eq!(fs::read(&damaged).unwrap(), bytes);
    let other = bench.path("other.pgx");
    fs::write(&other, "other").unwrap();
    let ran = pgx(&["salvage", arg(&damaged), "-f", arg(&other)]);
    assert!(ran.fails(2).contains("E0207"));
    assert_eq!(fs::read(&other).unwrap(), b"other");
    pgx(&["salvage", arg(&damaged), "-f", arg(&other), "--force"]).fails(3);
    pgx(&["verify", arg(&other)]).ok();
}

#[test]
fn what_to_do_must_be_said() {
    for arguments in [&["a.pgx"][..], &["a.pgx", "--list", "-f", "b"], &["a.pgx", "--partial"], &[]]
    {
        let ran = pgx(&[&["salvage"], arguments].concat());
        assert!(ran.fails(2).contains("E0201"), "{arguments:?}");
    }
}

#[test]
fn a_full_device_is_told_as_such() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 10);
    let archive = bench.path("whole.pgx");
    fs::write(&archive, &bench.bytes).unwrap();
    let error = pgx(&["salvage", arg(&archive), "-f", "/dev/full"]).fails(10);
    assert!(error.contains("E1001") && error.contains("/dev/full"), "{error}");
}
