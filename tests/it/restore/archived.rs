//! An archive in a directory of its own.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use crate::support::{Ran, TestDb, arg, pgx, pgx_command};

/// An archive that ends with the test.
pub(super) struct Archived {
    directory: tempfile::TempDir,
}

impl Archived {
    /// Dumps a database, with options of `pgx dump`.
    pub(super) fn new(source: &TestDb, options: &[&str]) -> Archived {
        let archived = Archived { directory: tempfile::tempdir().unwrap() };
        let (uri, file) = (source.uri(), archived.file());
        let mut arguments = vec!["dump", "-q", "-d", &uri, "-f", arg(&file)];
        arguments.extend(options);
        pgx(&arguments).ok();
        archived
    }

    /// Dumps by a TOML manifest.
    pub(super) fn by_manifest(source: &TestDb, manifest: &str) -> Archived {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("manifest.toml");
        std::fs::write(&file, manifest).unwrap();
        Archived::new(source, &["--tables-from", arg(&file)])
    }

    /// Where it is.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.path().join("archive.pgx")
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    /// Restores it into a database, as the superuser, with options of `pgx restore`.
    pub(super) fn restore(&self, target: &TestDb, options: &[&str]) -> Ran {
        self.restore_to(&target.uri(), options)
    }

    /// The same, with the target as a URI.
    pub(super) fn restore_to(&self, uri: &str, options: &[&str]) -> Ran {
        let file = self.file();
        let mut arguments = vec!["restore", "-q", arg(&file), "-d", uri];
        arguments.extend(options);
        pgx(&arguments)
    }

    /// The same, from standard input.
    pub(super) fn restore_from_stdin(&self, target: &TestDb, options: &[&str]) -> Ran {
        let mut command = pgx_command();
        command.args(["restore", "-q", "-d", &target.uri()]).args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A restore that fails early closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(&self.bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Compares a database with it.
    pub(super) fn verify(&self, database: &TestDb) -> Ran {
        self.verify_at(&database.uri())
    }

    /// The same, with the database as a URI.
    pub(super) fn verify_at(&self, uri: &str) -> Ran {
        pgx(&["verify", arg(&self.file()), "--against", uri])
    }
}
