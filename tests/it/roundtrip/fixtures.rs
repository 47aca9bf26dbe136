//! Every schema fixture, on every version.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{
    self, Archive, Server, TestDb, assert_same, assert_same_contents, brief, differences,
};

/// The files of a folder of fixtures, in the order of their names.
pub(super) fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(folder);
    let entries = fs::read_dir(folder)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "sql")).collect();
    files.sort();
    files
}

/// The text of a fixture whose first line is `-- from N`, if the server is new enough.
pub(super) fn text_for(server: &Server, path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).expect("fixtures are UTF-8");
    let first = text.lines().next().and_then(|line| line.strip_prefix("-- from "));
    let from: u32 =
        first.expect("a fixture begins with `-- from N`").parse().expect("a major version");
    (from <= server.major).then_some(text)
}

/// All fixtures that fit in one database: each has schemas of its own.
pub(crate) fn filled(server: &Server) -> TestDb {
    filled_without(server, &[])
}

/// The same without files of these names.
pub(super) fn filled_without(server: &Server, left_out: &[&str]) -> TestDb {
    let database = TestDb::new(server);
    for path in files("schema") {
        if left_out.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if let Some(text) = text_for(server, &path) {
            database.sql(&text);
        }
    }
    database
}

/// There and back twice: into a new database, and from there into an empty one.
fn comes_back(major: u32) {
    let Some(server) = support::server(major) else { return };
    let original = filled(&server);
    let archive = Archive::of(&original);
    let made = archive.restored_with_create(&server);
    assert_same(&original, &made);
    archive.rows_equal(&made);
    let again = Archive::of(&made);
    assert_same_contents(&archive, &again);
    let existing = again.restored_into_empty(&server);
    assert_same(&original, &existing);
    archive.rows_equal(&existing);
    assert_same_contents(&archive, &Archive::of(&existing));
}

macro_rules! versions {
    ($($name:ident $major:literal)*) => {
        $(#[test]
        fn $name() {
            comes_back($major);
        })*
    };
}

mod every_schema_fixture_comes_back_the_same {
    use super::comes_back;

    versions! { on_10 10 on_11 11 on_12 12 on_13 13 on_14 14 on_15 15 on_16 16 on_17 17 on_18 18 on_19 19 }
}

/// What is known not to come back, each with the beginnings of all its differences.
const KNOWN: &[(&str, &[&str])] = &[
    (
        // Whether a NOT NULL below one that is not valid came from there or is the child's own as well.
        "114-not-null-below-not-valid.sql",
        &[
            "pg_constraint | not null later_a on nnbelow.",
            "pg_constraint | not null other_a on nnbelow.",
            "pg_depend | table constraint later_a on nnbelow.",
            "pg_depend | table constraint other_a on nnbelow.",
        ],
    ),
    (
        // Blanks in front of VALUES and a name for a constant.
        "155-respelled.sql",
        &[
            "pg_rewrite | \"_RETURN\" on respelled.listed | ev_action = ",
            "pg_proc | respelled.change() | prosqlbody = ",
            "text |    FROM (",
            "text |              'z'::text",
            "text |   UPDATE respelled.t SET ",
        ],
    ),
    (
        "243-inherited-default.sql",
        &[
            "pg_depend | type domdef.still | on = n type domdef.whole",
            "pg_type | domdef.still | typdefault",
            "text | CREATE DOMAIN domdef.still AS ",
        ],
    ),
];

#[test]
fn what_does_not_come_back_is_known() {
    for server in [12, 18].into_iter().filter_map(support::server) {
        for path in files("schema/known") {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            let known = KNOWN.iter().find(|(file, _)| *file == name);
            let (_, beginnings) = known.unwrap_or_else(|| panic!("say what {name} loses"));
            if let Some(text) = text_for(&server, &path) {
                loses(&server, &text, beginnings);
            }
        }
    }
}

fn loses(server: &Server, text: &str, beginnings: &[&str]) {
    let original = TestDb::new(server);
    original.sql(text);
    let archive = Archive::of(&original);
    let copy = archive.restored_into_empty(server);
    archive.rows_equal(&copy);
    let found = differences(&original, &copy);
    assert!(!found.is_empty(), "nothing is lost any more: move the fixture\n{text}");
    let told = |line: &&String| beginnings.iter().any(|start| line[2..].starts_with(start));
    let more: Vec<String> = found.iter().filter(|line| !told(line)).cloned().collect();
    assert!(more.is_empty(), "{}", brief(&more));
}
