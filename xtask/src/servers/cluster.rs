//! One throw-away server: made, started, stopped.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use super::account::Account;
use super::obtain::Spec;
use super::standby;
use super::state::Server;
use crate::{process, stop};

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);

/// Nothing of these servers survives, so nothing need reach the disk.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 64MB
max_connections = 100
log_destination = 'stderr'
logging_collector = off
";

/// The role pgx_password must give its password, for tests of refused passwords; all others are trusted.
const ACCESS: &str = "
local all pgx_password               md5
host  all pgx_password 127.0.0.1/32  md5
local all,replication all            trust
host  all all          127.0.0.1/32  trust
";

/// Where a server lives and how it is reached.
pub(crate) struct Place<'a> {
    /// Holds the sockets, the data directories and the logs of all servers.
    pub(crate) dir: &'a Path,
    /// The user that servers run as.
    pub(crate) account: &'a Account,
    /// Whether it listens on 127.0.0.1 as well.
    pub(crate) tcp: bool,
}

/// A running server; dropping it stops it.
pub(crate) struct Cluster {
    postmaster: Child,
}

impl Cluster {
    /// Makes a data directory and starts a server that is ready when this returns.
    pub(crate) fn start(place: &Place<'_>, spec: &Spec, port: u16) -> Result<Cluster> {
        let data = place.dir.join(&spec.name);
        initialise(place, spec, &data)?;
        configure(place, &data, port)?;
        Cluster::run(place, spec, port)
    }

    /// Copies a running primary and starts the copy as its standby.
    pub(crate) fn follow(
        place: &Place<'_>,
        spec: &Spec,
        port: u16,
        primary: &Server,
    ) -> Result<Cluster> {
        standby::copy(place, primary, &place.dir.join(&spec.name), port)?;
        Cluster::run(place, spec, port)
    }

    fn run(place: &Place<'_>, spec: &Spec, port: u16) -> Result<Cluster> {
        let log = place.dir.join(format!("{}.log", spec.name));
        let mut cluster = launch(place, spec, &log)?;
        cluster.wait_until_ready(&place.dir.join(format!(".s.PGSQL.{port}")), &log)?;
        Ok(cluster)
    }

    /// Tells the server to end all sessions and stop, and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        process::signal(self.postmaster.id(), Signal::INT);
    }

    fn wait_until_ready(&mut self, socket: &Path, log: &Path) -> Result<()> {
        let start = Instant::now();
        while !answers(socket) {
            stop::check()?;
            if let Some(status) = self.postmaster.try_wait()? {
                bail!("the server did not start ({status})\n{}", tail(log));
            }
            ensure!(start.elapsed() < READY_WITHIN, "the server is not ready\n{}", tail(log));
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn gone_within(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if !matches!(self.postmaster.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(POLL);
        }
        false
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.ask_to_stop();
        if !self.gone_within(STOPPED_WITHIN) {
            process::signal(self.postmaster.id(), Signal::QUIT);
            self.gone_within(STOPPED_WITHIN);
        }
    }
}

/// Not every server knows C.UTF-8: it must be a locale of the machine, or the server newer than 16.
fn initialise(place: &Place<'_>, spec: &Spec, data: &Path) -> Result<()> {
    if initdb(place, spec, data, "C.UTF-8").is_ok() {
        return Ok(());
    }
    stop::check()?;
    match fs::remove_dir_all(data) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => initdb(place, spec, data, "C"),
    }
}

fn initdb(place: &Place<'_>, spec: &Spec, data: &Path, locale: &str) -> Result<()> {
    let mut command = place.account.command(&spec.bin.join("initdb"), place.dir);
    command.arg("-D").arg(data).args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]);
    command.arg(format!("--locale={locale}"));
    process::output(&mut command).map(drop)
}

fn configure(place: &Place<'_>, data: &Path, port: u16) -> Result<()> {
    let addresses = if place.tcp { "127.0.0.1" } else { "" };
    let socket = place.dir.display();
    let mut file = File::options().append(true).open(data.join("postgresql.conf"))?;
    file.write_all(SETTINGS.as_bytes())?;
    writeln!(file, "unix_socket_directories = '{socket}'\nport = {port}")?;
    writeln!(file, "listen_addresses = '{addresses}'")?;
    fs::write(data.join("pg_hba.conf"), ACCESS)?;
    Ok(())
}

fn launch(place: &Place<'_>, spec: &Spec, log: &PathBuf) -> Result<Cluster> {
    let output = File::create(log)?;
    let mut command = place.account.command(&spec.bin.join("postgres"), place.dir);
    command.arg("-D").arg(place.dir.join(&spec.name)).stdin(Stdio::null());
    command.stdout(output.try_clone()?).stderr(output);
    let postmaster = command.spawn().context("cannot run postgres")?;
    Ok(Cluster { postmaster })
}

/// Whether a session can start: a bare start-up message is answered by an authentication request.
fn answers(socket: &Path) -> bool {
    const START: &[u8] = b"\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let mut kind = [0];
    let asked = UnixStream::connect(socket).and_then(|mut stream| {
        stream.set_read_timeout(Some(READY_WITHIN))?;
        stream.write_all(START)?;
        stream.read_exact(&mut kind)
    });
    asked.is_ok() && kind == *b"R"
}

fn tail(log: &Path) -> String {
    process::last_lines(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()), 10)
}
