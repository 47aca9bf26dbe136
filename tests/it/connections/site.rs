//! A cluster with TLS, roles for every way of pg_hba.conf, and a client's files.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::authority::{self, Authority};
use crate::support::{Cluster, Server, arg};

const CONF: &str = "ssl = on\nssl_ca_file = 'ca.crt'\nlog_connections = on\n";

const HBA: &str = "\
local all postgres trust
hostssl all ann 127.0.0.1/32 cert
hostssl all scram 127.0.0.1/32 scram-sha-256
hostssl all md 127.0.0.1/32 md5
host all plain 127.0.0.1/32 password
hostnossl all clear 127.0.0.1/32 scram-sha-256
host all free 127.0.0.1/32 trust
host all late 127.0.0.1/32 scram-sha-256
";

/// `free` needs no password; that of every other role is `sesame`.
const ROLES: &[&str] = &[
    "CREATE ROLE ann LOGIN",
    "CREATE ROLE free LOGIN",
    "SET password_encryption = 'scram-sha-256'; CREATE ROLE scram LOGIN PASSWORD 'sesame'; \
     CREATE ROLE plain LOGIN PASSWORD 'sesame'; CREATE ROLE clear LOGIN PASSWORD 'sesame'; \
     CREATE ROLE late LOGIN PASSWORD 'sesame' VALID UNTIL '2020-01-01'",
    "SET password_encryption = 'md5'; CREATE ROLE md LOGIN PASSWORD 'sesame'",
];

/// A login takes its time to be in the log.
const LOGGED_WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Site {
    cluster: Cluster,
    dir: TempDir,
}

impl Site {
    pub(super) fn new(beside: &Server) -> Option<Site> {
        let authority = Authority::new("an authority");
        let server = authority.sign("somebody", &["localhost", "127.0.0.1"]);
        let files = [
            ("server.crt", &*server.certificate),
            ("server.key", &server.key),
            ("ca.crt", &authority.pem()),
            ("pg_hba.conf", HBA),
            ("postgresql.auto.conf", CONF),
        ];
        let cluster = Cluster::over_tcp(beside, &files)?;
        cluster.sql(ROLES);
        let site = Site { cluster, dir: tempfile::tempdir().unwrap() };
        site.write_files(&authority);
        Some(site)
    }

    fn write_files(&self, authority: &Authority) {
        let (ann, bob) = (authority.sign_for_client("ann"), authority.sign_for_client("bob"));
        let stranger = Authority::new("a stranger").sign_for_client("ann");
        let files = [
            ("ca", &authority.pem(), 0o644),
            ("ann.crt", &ann.certificate, 0o644),
            ("ann.key", &ann.key, 0o600),
            ("open.key", &ann.key, 0o644),
            ("bob.crt", &bob.certificate, 0o644),
            ("bob.key", &bob.key, 0o600),
            ("stranger.crt", &stranger.certificate, 0o644),
            ("stranger.key", &stranger.key, 0o600),
            ("text", &"a text\n".to_owned(), 0o600),
        ];
        for (name, text, mode) in files {
            authority::write(&self.dir.path().join(name), text, mode);
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(super) fn major(&self) -> u32 {
        self.cluster.server().major
    }

    pub(super) fn port(&self) -> u16 {
        self.cluster.server().port()
    }

    /// A place for files.
    pub(super) fn directory(&self) -> &Path {
        self.dir.path()
    }

    /// The database `postgres` by TCP; `{dir}` is where the client's files are.
    pub(super) fn conninfo(&self, said: &str) -> String {
        let said = said.replace("{dir}", arg(self.dir.path()));
        format!("host=localhost hostaddr=127.0.0.1 port={} dbname=postgres {said}", self.port())
    }

    /// What the server logs of logins while `act` runs: `ann TLS`, `free`; each once, sorted. Its own are
    /// not among them: they are the superuser's.
    pub(super) fn logins(&self, act: impl FnOnce()) -> Vec<String> {
        let before = self.cluster.log().len();
        act();
        let mark = format!("mark {before}");
        self.cluster.sql(&[&format!("DO $$BEGIN RAISE LOG '{mark}'; END$$")]);
        let started = Instant::now();
        let log = loop {
            let log = self.cluster.log().split_off(before);
            if log.contains(&mark) {
                break log;
            }
            assert!(started.elapsed() < LOGGED_WITHIN, "{log}");
            thread::sleep(Duration::from_millis(10));
        };
        let mut logins: Vec<String> = log.lines().filter_map(login).collect();
        logins.sort();
        logins.dedup();
        logins
    }
}

fn login(line: &str) -> Option<String> {
    let (_, said) = line.split_once("connection authorized: user=")?;
    let user = said.split(' ').next().filter(|user| *user != "postgres")?;
    let tls = if said.contains("SSL enabled") { " TLS" } else { "" };
    Some(format!("{user}{tls}"))
}

/// `command` without settings of this machine, but with these.
pub(super) fn with<'c>(command: &'c mut Command, env: &[(&str, &str)]) -> &'c mut Command {
    command.env_clear().env("HOME", "/nonexistent").envs(env.iter().copied())
}
