//! A database and its copy: the three proofs that they are equal.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use pgx_core::archive::FileReader;
use pgx_core::toc::{CatalogId, Entry, EntryId, Section};
use pgx_core::verify::fingerprint::{self, Fingerprint};
use tempfile::TempDir;

use super::{Ran, Server, TestDb, arg, pg_dump, pgx, unique};

/// An archive that ends with the test.
pub(crate) struct Archive {
    path: PathBuf,
    _folder: TempDir,
}

impl Archive {
    /// The whole database.
    #[track_caller]
    pub(crate) fn of(database: &TestDb) -> Archive {
        Archive::with(database, &[])
    }

    /// What `pgx dump` writes with these options.
    #[track_caller]
    pub(crate) fn with(database: &TestDb, options: &[&str]) -> Archive {
        let (archive, ran) = Archive::attempt(database, options);
        ran.ok();
        archive
    }

    /// What `pgx dump` writes, or why it does not.
    pub(crate) fn attempt(database: &TestDb, options: &[&str]) -> (Archive, Ran) {
        Archive::attempt_from(&database.uri(), options)
    }

    /// The same from a URI, which names a role too.
    pub(crate) fn attempt_from(uri: &str, options: &[&str]) -> (Archive, Ran) {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("dump.pgx");
        let ran = pgx(&[&["dump", "-d", uri, "-f", arg(&path)], options].concat());
        (Archive { path, _folder: folder }, ran)
    }

    /// What `pgx dump --tables-from` writes for a manifest.
    #[track_caller]
    pub(crate) fn by_manifest(database: &TestDb, manifest: &str) -> Archive {
        let (archive, ran) = Archive::attempt_manifest(database, manifest);
        ran.ok();
        archive
    }

    /// The same, or why it is refused.
    pub(crate) fn attempt_manifest(database: &TestDb, manifest: &str) -> (Archive, Ran) {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("manifest.toml");
        std::fs::write(&file, manifest).expect("a file in a temporary directory");
        Archive::attempt(database, &["--tables-from", arg(&file)])
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Restores it into a database that exists.
    pub(crate) fn restore(&self, target: &TestDb, options: &[&str]) -> Ran {
        let uri = target.uri();
        pgx(&[&["restore", arg(&self.path), "-d", &uri], options].concat())
    }

    /// Restores it into a database that exists and is empty.
    #[track_caller]
    pub(crate) fn restored_into_empty(&self, server: &Server) -> TestDb {
        let copy = TestDb::new(server);
        self.restore(&copy, &[]).ok();
        copy
    }

    /// Restores it into a database that this makes.
    #[track_caller]
    pub(crate) fn restored_with_create(&self, server: &Server) -> TestDb {
        let copy = TestDb::adopt(server, &unique("made"));
        self.restore(&copy, &["--create"]).ok();
        copy
    }

    /// Its rows and those of a database are equal, table by table.
    #[track_caller]
    pub(crate) fn rows_equal(&self, database: &TestDb) {
        let uri = database.uri();
        let ran = pgx(&["verify", "--deep", arg(&self.path), "--against", &uri]);
        let told = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(ran.code, Some(0), "{}\n{told}", ran.stderr);
    }
}

/// What two archives hold is equal: the entries in their order, and the sum of every table's rows.
#[track_caller]
pub(crate) fn assert_same_contents(a: &Archive, b: &Archive) {
    let (a, b) = (contents(a), contents(b));
    let differs = a.iter().zip(&b).position(|(a, b)| a != b);
    let at = differs.unwrap_or(a.len().min(b.len()));
    assert!(a == b, "entry {at}:\n- {:?}\n+ {:?}", a.get(at), b.get(at));
}

/// One text per entry, in the order of the archive; of the same definitions and rows the same texts.
pub(crate) fn contents(archive: &Archive) -> Vec<String> {
    let reader = FileReader::open(&archive.path).expect("a readable archive");
    let sums: HashMap<EntryId, (u64, u128)> =
        reader.streams().iter().map(|s| (s.id, (s.rows, s.row_sum))).collect();
    let labels: HashMap<EntryId, String> =
        reader.toc().iter().map(|entry| (entry.id, entry.label())).collect();
    let text = |entry: &Entry| {
        let deps: BTreeSet<&String> = entry.deps.iter().map(|id| &labels[id]).collect();
        format!("{:?} {deps:?} {:?}", portable(entry), sums.get(&entry.id))
    };
    let mut texts: Vec<(Section, String)> =
        reader.toc().iter().map(|entry| (entry.section, text(entry))).collect();
    // The largest table comes first, and a copy's tables have no dead rows.
    texts.sort_by(|a, b| match (a.0, b.0) {
        (Section::Data, Section::Data) => a.1.cmp(&b.1),
        (a, b) => a.cmp(&b),
    });
    texts.into_iter().map(|(_, text)| text).collect()
}

/// An entry without what belongs to the database it came from: numbers, OIDs, bytes on disk.
fn portable(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    entry.id = EntryId::default();
    entry.deps.clear();
    entry.catalog = CatalogId::default();
    if let Some(data) = &mut entry.data {
        data.bytes_estimate = 0;
        data.columns.iter_mut().for_each(|column| column.type_oid = 0);
    }
    entry
}

/// What the catalogs of a database say.
pub(crate) fn fingerprint_of(database: &TestDb) -> Fingerprint {
    fingerprint::read(&mut database.session()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The definitions and rows of two databases are equal for pg_dump and for the catalogs.
#[track_caller]
pub(crate) fn assert_same(original: &TestDb, copy: &TestDb) {
    let found = differences(original, copy);
    assert!(found.is_empty(), "{} differences\n{}", found.len(), brief(&found));
}

/// How pg_dump and the catalogs tell two databases apart.
pub(crate) fn differences(original: &TestDb, copy: &TestDb) -> Vec<String> {
    let mut found = Fingerprint::difference(&fingerprint_of(original), &fingerprint_of(copy));
    if let (Some(a), Some(b)) = (pg_dump(original, &[]), pg_dump(copy, &[])) {
        found.extend(text_differences(&normalised(&a), &normalised(&b)));
    }
    found
}

/// The first of many differences, each cut to a length that can be read.
pub(crate) fn brief(differences: &[String]) -> String {
    let lines = differences.iter().take(40).map(|line| line.chars().take(300).collect());
    lines.collect::<Vec<String>>().join("\n")
}

/// pg_dump's text without what differs from run to run.
fn normalised(text: &str) -> Vec<&str> {
    let differs = |line: &&str| {
        // A random key.
        line.starts_with("\\restrict ")
            || line.starts_with("\\unrestrict ")
            // The OID of a trigger behind a key.
            || line.contains("RI_ConstraintTrigger_")
            // A number that servers from 15.20 on give each column, which older pg_dumps take for an option.
            || line.contains(" ALTER COLUMN ") && line.contains(" SET (pg_attver=")
    };
    text.lines().filter(|line| !differs(line)).collect()
}

/// Lines that only one text has; or the first that stands elsewhere.
fn text_differences(a: &[&str], b: &[&str]) -> Vec<String> {
    let mut surplus: HashMap<&str, i64> = HashMap::new();
    a.iter().for_each(|line| *surplus.entry(line).or_default() += 1);
    b.iter().for_each(|line| *surplus.entry(line).or_default() -= 1);
    let mut found: Vec<String> = Vec::new();
    // Frames of pg_dump's comments tell nothing beside the comments.
    for line in a.iter().chain(b).filter(|line| !matches!(**line, "" | "--")) {
        match surplus.remove(line) {
            Some(n) if n > 0 => found.push(format!("- text | {line}")),
            Some(n) if n < 0 => found.push(format!("+ text | {line}")),
            _ => {}
        }
    }
    if found.is_empty()
        && let Some(at) = a.iter().zip(b).position(|(a, b)| a != b)
    {
        found.push(format!("- text | line {}: {}", at + 1, a[at]));
        found.push(format!("+ text | line {}: {}", at + 1, b[at]));
    }
    found
}
