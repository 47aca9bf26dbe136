//! A database and its copy: the three proofs that they are equal.

use std::path::{Path, PathBuf};

use pgx_core::verify::fingerprint::{self, Fingerprint};
use tempfile::TempDir;

use super::alike::{self, brief, normalised};
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
    let found = alike::archives(a.path(), b.path());
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
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
        found.extend(alike::differences("text", &normalised(&a), &normalised(&b)));
    }
    found
}
