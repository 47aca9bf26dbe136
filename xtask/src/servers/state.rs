//! What runs: told by the keeper to whoever started it, and kept in a file by `servers up`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// One running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// `10`, or `15gis`.
    pub(crate) name: String,
    /// Major version.
    pub(crate) major: u32,
    /// The directory of its socket.
    pub(crate) socket: PathBuf,
    /// Its port.
    pub(crate) port: u16,
}

/// All servers of one keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The keeper: SIGTERM makes it stop everything.
    pub(crate) pid: u32,
    /// The one directory that holds everything.
    pub(crate) dir: PathBuf,
    /// The servers, in the order asked for.
    pub(crate) servers: Vec<Server>,
}

impl Server {
    /// The URI of a database on this server.
    pub(crate) fn uri(&self, database: &str) -> String {
        let socket = self.socket.display();
        format!("postgresql://postgres@/{database}?host={socket}&port={}", self.port)
    }

    /// Whether PostGIS can be created.
    pub(crate) fn has_postgis(&self) -> bool {
        self.name.ends_with("gis")
    }
}

impl State {
    /// The value of `PGX_TEST_SERVERS`.
    pub(crate) fn environment(&self) -> String {
        let entry = |server: &Server| format!("{}={}", server.name, server.uri("postgres"));
        self.servers.iter().map(entry).collect::<Vec<_>>().join(" ")
    }

    /// Whether the keeper still runs.
    pub(crate) fn is_alive(&self) -> bool {
        let words = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        self.dir.is_dir() && words.split(|byte| *byte == 0).any(|word| word == b"keep")
    }

    /// The servers started by `servers up`, if they still run.
    pub(crate) fn recorded() -> Result<Option<State>> {
        let file = file();
        let Ok(metadata) = fs::symlink_metadata(&file) else { return Ok(None) };
        let ours = metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw();
        ensure!(ours, "{} belongs to somebody else", file.display());
        let state: State = serde_json::from_slice(&fs::read(&file)?)
            .with_context(|| format!("{} is damaged; remove it", file.display()))?;
        Ok(Some(state).filter(State::is_alive))
    }

    /// Remembers the servers for `servers down`.
    pub(crate) fn record(&self) -> Result<()> {
        let mut unfinished = tempfile::NamedTempFile::new_in(short_temporary_directory())?;
        unfinished.write_all(&serde_json::to_vec(self)?)?;
        unfinished.persist(file())?;
        Ok(())
    }
}

/// Forgets the servers.
pub(crate) fn forget() {
    let _ = fs::remove_file(file());
}

/// A socket's path has at most 107 bytes, and TMPDIR may take most of them.
pub(crate) fn short_temporary_directory() -> PathBuf {
    let short = Path::new("/tmp");
    if tempfile::Builder::new().tempfile_in(short).is_ok() {
        return short.to_owned();
    }
    std::env::temp_dir()
}

fn file() -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    short_temporary_directory().join(format!("pgx-servers-{user}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_one_uri_for_each_name() {
        let server = |name: &str, major, port| Server {
            name: name.into(),
            major,
            socket: "/tmp/p".into(),
            port,
        };
        let servers = vec![server("10", 10, 5410), server("15gis", 15, 5515)];
        let state = State { pid: 0, dir: "/tmp/p".into(), servers };
        assert_eq!(
            state.environment(),
            "10=postgresql://postgres@/postgres?host=/tmp/p&port=5410 \
             15gis=postgresql://postgres@/postgres?host=/tmp/p&port=5515"
        );
        assert!(state.servers[1].has_postgis() && !state.servers[0].has_postgis());
    }

    #[test]
    fn this_process_is_no_keeper() {
        let dir = tempfile::tempdir().unwrap();
        let state = State { pid: std::process::id(), dir: dir.path().into(), servers: vec![] };
        assert!(!state.is_alive());
    }
}
