//! The corpora again, as plain tests, and proof that the runner sees what it should.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, which is its task")]

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use pgx_core::Code;
use pgx_core::archive::{FileReader, Writer};
use pgx_core::toc::Meta;
use pgx_fuzz::assemble::{self, Repair};
use pgx_fuzz::explore::{self, Bounds, Report};
use pgx_fuzz::watch::{self, Watch};
use pgx_fuzz::{Outcome, TARGETS, Target, corpus, target};

/// Runs every seed and every file of a corpus.
fn replay(name: &str) {
    let target = target(name).unwrap();
    let seeds = (target.seeds)().into_iter().map(|seed| (PathBuf::from("seed"), seed));
    for (path, input) in seeds.chain(corpus::files(target).unwrap()) {
        let begun = Instant::now();
        if let Err(what) = explore::execute(target, &input) {
            panic!("{name}, {}: {what}", path.display());
        }
        assert!(begun.elapsed() < watch::TIME_LIMIT, "{name}, {} is slow", path.display());
    }
}

macro_rules! replayed {
    ($($test:ident = $name:literal;)*) => {
        $(#[test] fn $test() { replay($name) })*

        #[test]
        fn every_target_is_replayed_and_has_a_corpus() {
            let replayed: &[&str] = &[$($name,)*];
            assert!(TARGETS.iter().map(|target| &target.name).eq(replayed));
            for target in TARGETS {
                assert!(!corpus::files(target).unwrap().is_empty(), "{}", target.name);
            }
        }
    };
}

replayed! {
    headers_keep_their_promises = "header";
    archives_keep_their_promises = "archive";
    clusters_keep_their_promises = "cluster";
    remains_keep_their_promises = "salvage";
    tables_of_contents_keep_their_promises = "toc";
    payloads_keep_their_promises = "stripe-decode";
    chunks_keep_their_promises = "stripe-encode";
    rows_keep_their_promises = "rows";
    lines_keep_their_promises = "text-rows";
    sessions_keep_their_promises = "wire";
    values_keep_their_promises = "render";
}

#[test]
fn the_corpora_are_small() {
    let files = TARGETS.iter().flat_map(|target| corpus::files(target).unwrap());
    let bytes: usize = files.map(|(_, input)| input.len()).sum();
    assert!(bytes < 1_000_000, "{bytes} bytes");
}

/// Otherwise mutations of them would stay on the surface.
#[test]
fn seeds_of_archives_are_archives() {
    for name in ["archive", "header"] {
        assert!((target(name).unwrap().seeds)().len() > 4);
    }
    for seed in (target("archive").unwrap().seeds)() {
        let reader = FileReader::of_bytes(seed[1..].to_vec()).unwrap();
        assert!(reader.items().all(|item| item.is_ok()));
        assert!(!reader.toc().is_empty());
    }
}

#[test]
fn what_pgx_writes_needs_no_repair_and_what_was_changed_is_repaired() {
    let (whole, _) = Writer::new(Vec::new(), &Meta::default()).unwrap().finish().unwrap();
    for how in [Repair::Nothing, Repair::Seal] {
        assert_eq!(assemble::repair(&whole, how), whole);
    }
    let mut changed = whole.clone();
    changed[60] ^= 1;
    assert!(FileReader::of_bytes(changed.clone()).is_err());
    for how in [Repair::Seal, Repair::Link, Repair::Settle] {
        assert!(FileReader::of_bytes(assemble::repair(&changed, how)).is_ok(), "{how:?}");
    }
}

/// The targets read from memory; offsets that no file can have are refused by the system there.
#[test]
fn offsets_that_no_file_has_are_damage_in_a_file_too() {
    let (whole, _) = Writer::new(Vec::new(), &Meta::default()).unwrap().finish().unwrap();
    let path = std::env::temp_dir().join(format!("pgx-fuzz-offsets-{}", std::process::id()));
    for offset in [whole.len() as u64, i64::MAX as u64, 1 << 63, u64::MAX - 64] {
        let mut changed = whole.clone();
        let tail = changed.len() - 64;
        changed[tail..tail + 8].copy_from_slice(&offset.to_le_bytes());
        let changed = assemble::repair(&changed, Repair::Seal);
        std::fs::write(&path, &changed).unwrap();
        let in_file = FileReader::open(&path).err().unwrap();
        let in_memory = FileReader::of_bytes(changed).err().unwrap();
        for error in [in_file, in_memory] {
            assert_eq!(error.code(), Code::ArchiveDamaged, "{offset}: {error:?}");
        }
    }
    std::fs::remove_file(path).unwrap();
}

/// A target that breaks a promise behind a few steps, each of which has an outcome of its own.
const PANICS: Target = Target {
    name: "panics",
    run: |input| {
        let right = input.iter().zip(b"pgx!").take_while(|(a, b)| a == b).count();
        assert!(right < 4, "all of it is right");
        Outcome::default().counted(1 << right)
    },
    seeds: Vec::new,
};

const HOARDS: Target = Target {
    name: "hoards",
    run: |input| Outcome::default().counted(vec![1_u8; input.len() * (15 << 20)].len()),
    seeds: Vec::new,
};

const HANGS: Target = Target {
    name: "hangs",
    run: |_| loop {
        std::thread::sleep(Duration::from_secs(60));
    },
    seeds: Vec::new,
};

fn explored(target: &Target, executions: u64) -> Report {
    let at_hand = std::env::temp_dir().join(format!("{}-{}", target.name, std::process::id()));
    let watch = Watch::begin(&at_hand).unwrap();
    let bounds = Bounds { seed: 1, executions, time: Duration::from_secs(60) };
    explore::explore(target, &[b"pg".to_vec()], bounds, &watch).unwrap()
}

#[test]
fn a_broken_promise_is_found_and_made_short_and_the_same_seed_finds_it_again() {
    let reports = [(); 2].map(|()| explored(&PANICS, 2_000_000));
    for report in &reports {
        let broken = report.broken.as_ref().unwrap();
        assert_eq!(broken.input, b"pgx!");
        assert!(broken.what.contains("all of it is right"), "{}", broken.what);
    }
    assert_eq!(reports[0].executions, reports[1].executions);
}

#[test]
fn too_much_memory_is_a_broken_promise() {
    let broken = explored(&HOARDS, 100_000).broken.unwrap();
    assert!(broken.what.contains("bytes, more than"), "{}", broken.what);
    // Four bytes of input are worth 60 MiB: other tests may take a little at the same time.
    assert_eq!(broken.input.len(), 5);
}

/// Only the child below, which is this very test in a process of its own, hangs.
#[test]
fn an_execution_that_takes_too_long_ends_the_process_and_its_input_is_kept() {
    const CHILD: &str = "PGX_FUZZ_HANGS";
    if std::env::var_os(CHILD).is_some() {
        explored(&HANGS, 1);
        return;
    }
    let name = "an_execution_that_takes_too_long_ends_the_process_and_its_input_is_kept";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
    assert_eq!(child.status.code(), Some(watch::HUNG));
    let said = String::from_utf8_lossy(&child.stderr).into_owned();
    let path = said.lines().find_map(|line| line.strip_prefix("hang: ")?.rsplit(": ").next());
    let path = PathBuf::from(path.unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), b"pg");
    std::fs::remove_file(path).unwrap();
}
