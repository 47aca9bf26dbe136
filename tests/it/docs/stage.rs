//! The place where commands of the documentation run: databases of the names it uses, and `pgx` on PATH.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use pgx_core::connect::Session;
use tempfile::TempDir;

use crate::support::{self, Ran, Server, TestDb, pgx_command};

/// The databases of the documentation. Their names cannot be this test's own, so a comment says whose they
/// are: a database of somebody who has one of that name is left alone.
const DATABASES: [&str; 11] = [
    "parcels",
    "parcels_clone",
    "parcels_copy",
    "parcels_elsewhere",
    "parcels_fast",
    "parcels_indexed",
    "parcels_mine",
    "parcels_planned",
    "parcels_steps",
    "shop",
    "shop_copy",
];
const OURS: &str = "made by the tests of pgx";
/// Only one test at a time, of whatever run, has these databases.
const LOCK: &str = "SELECT pg_advisory_lock(5432001800)";

/// Databases and a directory of one test.
pub(super) struct Stage {
    server: Server,
    dir: TempDir,
    /// Dropped before the lock is given back, which comes last.
    databases: Vec<TestDb>,
    _lock: Session,
}

impl Stage {
    /// With the sample in `parcels` and `shop`.
    pub(super) fn new() -> Option<Stage> {
        let server = support::newest()?;
        let mut lock = server.session();
        lock.query(LOCK).unwrap();
        for name in DATABASES {
            refuse_others(&mut lock, name);
        }
        let databases = DATABASES.map(|name| TestDb::adopt(&server, name)).into();
        let dir = tempfile::tempdir().unwrap();
        make_programs(&dir.path().join("bin"));
        let stage = Stage { server, dir, databases, _lock: lock };
        stage.fill("parcels", "");
        stage.fill("shop", "CREATE TABLE orders (id int PRIMARY KEY, item text)");
        Some(stage)
    }

    fn fill(&self, name: &str, more: &str) {
        self.anew(name);
        support::fill_parcels(self.database(name), 2000);
        self.database(name).sql(more);
    }

    /// An empty database of that name.
    pub(super) fn anew(&self, name: &str) {
        self.without(name);
        let mut session = self.server.session();
        session.execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).unwrap();
        session.execute(&format!("COMMENT ON DATABASE {name} IS '{OURS}'")).unwrap();
    }

    /// No database of that name.
    pub(super) fn without(&self, name: &str) {
        assert!(DATABASES.contains(&name), "{name}");
        drop(TestDb::adopt(&self.server, name));
    }

    /// One of the documentation's databases.
    pub(super) fn database(&self, name: &str) -> &TestDb {
        self.databases.iter().find(|database| database.name() == name).unwrap()
    }

    /// A new directory.
    pub(super) fn directory(&self) -> PathBuf {
        let directory = self.dir.path().join(support::unique("cwd"));
        fs::create_dir(&directory).unwrap();
        directory
    }

    /// Runs a text of shell commands, as they stand.
    pub(super) fn run(&self, directory: &Path, text: &str) -> Ran {
        let mut shell = Command::new("bash");
        shell.args(["-e", "-o", "pipefail", "-c", text]).current_dir(directory);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let bin = self.dir.path().join("bin");
        let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path)));
        let like_pgx = pgx_command();
        for (name, value) in like_pgx.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell
            .env("PATH", path.unwrap())
            .env("PGUSER", self.server.user())
            .env("PGDATABASE", "parcels");
        shell.env("PGHOST", self.server.host()).env("PGPORT", self.server.port().to_string());
        Ran::of(&mut shell)
    }
}

/// A leftover of ours carries our comment, or is a copy of one that does.
fn refuse_others(session: &mut Session, name: &str) {
    let sql = format!(
        "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database \
         WHERE datname = '{name}'"
    );
    for row in session.query(&sql).unwrap() {
        let comment = row.opt("comment").unwrap();
        assert_eq!(comment, Some(OURS), "database {name} is not ours; this test needs the name");
    }
}

/// `pgx`; an `ssh` that stays here; a `jq` where there is none.
fn make_programs(bin: &Path) {
    fs::create_dir(bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_pgx"), bin.join("pgx")).unwrap();
    program(&bin.join("ssh"), "#!/bin/sh\nshift\nexec sh -c \"$1\"\n");
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    if !has_jq {
        program(&bin.join("jq"), "#!/bin/sh\nexec cat\n");
    }
}

fn program(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}
