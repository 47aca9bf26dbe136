//! `tests/fixtures/checklist.txt`: what a dump must carry, each with its proof.
//!
//! A line is a number, a full stop and what is meant. What fixtures prove has no more than that: the second line of
//! a fixture, `-- covers 26 27`, names the numbers. Anything else goes on with ` — ` and names of tests,
//! `restore::create::a_taken_name_is_refused_before_anything_is_made`, or with ` — not yet: ` and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::fixtures::files;

const CHECKLIST: &str = include_str!("../../fixtures/checklist.txt");

struct Item<'c> {
    number: u32,
    tests: Vec<&'c str>,
    not_yet: bool,
}

fn items() -> Vec<Item<'static>> {
    CHECKLIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(item).collect()
}

fn item(line: &'static str) -> Item<'static> {
    let (number, rest) = line.split_once(". ").unwrap_or_else(|| panic!("no number: {line}"));
    let number = number.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    let (what, proof) = rest.split_once(" — ").map_or((rest, None), |(a, b)| (a, Some(b)));
    assert!(!what.is_empty(), "{line}");
    let reason = proof.and_then(|proof| proof.strip_prefix("not yet: "));
    assert!(reason.is_none_or(|reason| reason.len() > 10), "say why not yet: {line}");
    let tests = proof.filter(|_| reason.is_none()).map(|proof| proof.split(", ").collect());
    Item { number, tests: tests.unwrap_or_default(), not_yet: reason.is_some() }
}

/// The numbers that fixtures cover, each with the files.
fn covered() -> BTreeMap<u32, Vec<String>> {
    let mut covered: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for path in [files("schema"), files("schema/known")].concat() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let line = text.lines().nth(1).and_then(|line| line.strip_prefix("-- covers "));
        let line = line.unwrap_or_else(|| panic!("{name}: the second line is `-- covers 26 27`"));
        assert!(!line.trim().is_empty(), "{name} covers nothing");
        for number in line.split(' ') {
            let number: u32 = number.parse().unwrap_or_else(|_| panic!("{name}: {number}"));
            covered.entry(number).or_default().push(name.clone());
        }
    }
    covered
}

/// Where the source of a module may be.
fn sources(module: &[&str]) -> impl Iterator<Item = PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = module.join("/");
    ["tests/it", "crates/pgx-core/src", "crates/pgx-cli/src"].into_iter().flat_map(move |folder| {
        let base = root.join(folder).join(&path);
        [base.with_extension("rs"), base.join("mod.rs"), base.join("tests.rs")]
    })
}

/// Whether a test of that path is in the source.
fn exists(test: &str) -> bool {
    let words: Vec<&str> = test.split("::").collect();
    let Some((name, module)) = words.split_last() else { return false };
    let declared = format!("fn {name}() {{");
    sources(module).filter_map(|file| fs::read_to_string(file).ok()).any(|text| {
        let mut attributes = text.split("#[test]").skip(1);
        attributes.any(|after| after.trim_start().starts_with(&declared))
    })
}

#[test]
fn every_item_of_the_checklist_has_a_proof() {
    let covered = covered();
    let unproven: Vec<u32> = items()
        .iter()
        .filter(|item| {
            item.tests.is_empty() && !item.not_yet && !covered.contains_key(&item.number)
        })
        .map(|item| item.number)
        .collect();
    assert!(unproven.is_empty(), "neither a fixture nor a test: {unproven:?}");
    let proven_now: Vec<u32> = items()
        .iter()
        .filter(|item| item.not_yet && covered.contains_key(&item.number))
        .map(|item| item.number)
        .collect();
    assert!(proven_now.is_empty(), "not yet, and yet covered: {proven_now:?}");
}

#[test]
fn every_test_that_the_checklist_names_exists() {
    let items = items();
    let missing: BTreeSet<&str> =
        items.iter().flat_map(|item| &item.tests).copied().filter(|test| !exists(test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_fixture_covers_items_of_the_checklist() {
    let numbers: Vec<u32> = items().iter().map(|item| item.number).collect();
    let all: Vec<u32> = (1..=numbers.len() as u32).collect();
    assert_eq!(numbers, all, "the numbers of the checklist are consecutive");
    for (number, files) in covered() {
        assert!(numbers.contains(&number), "{files:?} covers {number}, which is no item");
    }
}
