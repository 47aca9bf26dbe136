//! The documentation and the fixtures say what the parser does.

use std::collections::BTreeSet;
use std::path::Path;

use super::{ForeignKeys, Manifest};
use crate::toc::Parts;

const DOCUMENT: &str = include_str!("../../../../docs/manifest.md");
const PACKAGE: &str = include_str!("../../../../tests/fixtures/manifest/package.toml");
const PARCELS: &str = include_str!("../../../../tests/fixtures/manifest/parcels.toml");
const SCHEMA: Parts = Parts { schema: true, data: false, statistics: false };

/// The TOML blocks of the document.
fn blocks() -> Vec<&'static str> {
    let parts = DOCUMENT.split("```toml\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap()).collect()
}

fn texts(manifest: &Manifest, take: Parts) -> BTreeSet<String> {
    let items = manifest.tables.iter().filter(|item| item.take == take);
    items.map(|item| item.pattern.text.clone()).collect()
}

#[test]
fn every_manifest_in_the_document_is_one() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        Manifest::parse("docs/manifest.md", block).unwrap();
    }
}

#[test]
fn the_package_takes_definitions_of_29_tables_and_rows_of_16() {
    let fixture = Manifest::parse("package.toml", PACKAGE).unwrap();
    assert_eq!(fixture.tables.len(), 29);
    assert_eq!(texts(&fixture, Parts::ALL).len(), 16);
    assert!(texts(&fixture, SCHEMA).contains("calendar_v1"));
    let documented = Manifest::parse("docs/manifest.md", blocks()[4]).unwrap();
    assert_eq!(texts(&documented, Parts::ALL), texts(&fixture, Parts::ALL));
    let pattern = &documented.tables[0].pattern;
    let matched = |item: &&super::TableItem| pattern.matches("public", &item.pattern.text);
    assert_eq!(fixture.tables.iter().filter(matched).count(), 29);
    let calendars = Manifest::parse("docs/manifest.md", blocks()[5]).unwrap();
    assert!(texts(&calendars, Parts::ALL).is_subset(&texts(&fixture, SCHEMA)));
}

#[test]
fn the_parcels_patterns_fold_and_quote_as_documented() {
    let fixture = Manifest::parse("parcels.toml", PARCELS).unwrap();
    assert_eq!(fixture.foreign_keys, ForeignKeys::Check);
    let signatures = &fixture.tables[2].pattern;
    assert!(signatures.matches("public", "roi2018_card_signatures"));
    assert!(!signatures.matches("public", "roi2018_CARD_signatures"));
    let quoted = Manifest::parse("docs/manifest.md", blocks()[2]).unwrap();
    assert!(quoted.tables[0].pattern.matches("public", "roi2018_CARD_signatures"));
}

/// File, what the error says, where.
const BROKEN: &[(&str, &str, &str)] = &[
    ("empty-filter", "the row filter is empty", "line 3, column 9"),
    ("empty-name", "an empty name matches nothing", "line 2, column 8"),
    ("filter-without-rows", "parcel_set takes no rows and has a row filter", "line 4, column 9"),
    ("no-name", "missing field `name`", "line 1, column 1"),
    ("no-table", "the manifest names no table", ""),
    ("said-twice", "the manifest contradicts itself about a table", "line 5, column 8"),
    ("syntax", "unclosed", "line 1, column 9"),
    ("taken-and-excluded", "the manifest contradicts itself about a table", "line 5, column 8"),
    ("too-many-dots", "improper qualified name (too many dotted names)", "line 2, column 8"),
    ("unknown-key", "unknown field `names`", "line 2, column 1"),
    ("unknown-policy", "unknown variant `cascade`", "line 1, column 16"),
    ("unknown-word", "unknown variant `rows`", "line 3, column 8"),
    ("version", "manifest version 2 is not known", "line 1, column 11"),
];

#[test]
fn every_broken_manifest_is_refused_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/manifest/broken");
    let files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let known = BROKEN.iter().map(|(name, ..)| format!("{name}.toml")).collect();
    assert_eq!(files, known, "a file without an expectation, or the reverse");
    for (name, what, place) in BROKEN {
        let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        let error = Manifest::parse(name, &text).unwrap_err();
        assert_eq!(error.code(), crate::Code::Manifest, "{name}");
        let whole = format!("{error:?}");
        assert!(whole.contains(what) && whole.contains(place), "{whole}");
    }
}
