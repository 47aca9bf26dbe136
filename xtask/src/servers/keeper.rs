//! The process that owns the servers: it stops them when told to, or when whoever started it is gone,
//! however it went.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use tempfile::TempDir;

use super::account::Account;
use super::cluster::{Cluster, Place};
use super::obtain::Spec;
use super::state::{self, Server, State};
use crate::stop;

const POLL: Duration = Duration::from_millis(50);
/// More would only wait for each other on a small machine.
const STARTERS: usize = 2;

/// What the keeper is told; not for people.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Go on after whoever started us has ended
    #[arg(long)]
    pub(crate) detached: bool,
    /// Listen on 127.0.0.1 as well
    #[arg(long)]
    pub(crate) tcp: bool,
    /// NAME=MAJOR=DIRECTORY of each server
    #[arg(value_parser = parse_spec)]
    pub(crate) specs: Vec<Spec>,
}

/// One server in the keeper's arguments.
pub(crate) fn spec_argument(spec: &Spec) -> String {
    format!("{}={}={}", spec.name, spec.major, spec.bin.display())
}

/// Starts the servers, says on standard output what runs (or why not), and keeps them until told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    // A Ctrl-C is for the one who started us, who still needs the servers to clean up.
    rustix::process::setsid().context("cannot leave the terminal")?;
    if !arguments.detached {
        thread::spawn(stop_with_starter);
    }
    let dir = directory()?;
    let started = start(arguments, &dir);
    let (reply, clusters) = match started {
        Ok((state, clusters)) => (Ok(state), clusters),
        Err(error) => (Err(format!("{error:#}")), Vec::new()),
    };
    tell(&reply)?;
    while reply.is_ok() && !stop::requested() {
        thread::sleep(POLL);
    }
    clusters.iter().for_each(Cluster::ask_to_stop);
    drop(clusters);
    dir.close().context("cannot remove the servers' directory")
}

fn parse_spec(text: &str) -> Result<Spec> {
    let mut parts = text.splitn(3, '=');
    let mut part = || parts.next().context("expected NAME=MAJOR=DIRECTORY");
    Ok(Spec { name: part()?.into(), major: part()?.parse()?, bin: part()?.into() })
}

fn directory() -> Result<TempDir> {
    let temporary = state::short_temporary_directory();
    tempfile::Builder::new()
        .prefix("pgx-")
        .tempdir_in(&temporary)
        .with_context(|| format!("cannot create a directory in {}", temporary.display()))
}

/// Our standard input is a pipe that nobody writes to: it ends with the process at its other end.
fn stop_with_starter() {
    let _ = io::stdin().read_to_end(&mut Vec::new());
    stop::request();
}

fn tell(reply: &Result<State, String>) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, reply)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

fn start(arguments: &Arguments, dir: &TempDir) -> Result<(State, Vec<Cluster>)> {
    let account = Account::choose()?;
    account.own(dir.path())?;
    let place = Place { dir: dir.path(), account: &account, tcp: arguments.tcp };
    let ports = ports(&arguments.specs, |port| !arguments.tcp || is_free(port));
    let server = |(spec, port): (&Spec, &u16)| Server {
        name: spec.name.clone(),
        major: spec.major,
        socket: dir.path().to_owned(),
        port: *port,
    };
    let servers: Vec<Server> = arguments.specs.iter().zip(&ports).map(server).collect();
    let mut clusters = start_all(&place, &arguments.specs, &ports)?;
    clusters.extend(start_standby(&place, &arguments.specs, &servers)?);
    Ok((State { pid: std::process::id(), dir: dir.path().to_owned(), servers }, clusters))
}

/// Whether nobody listens on 127.0.0.1 there.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// 5400 and the major version; where that is taken, a hundred higher.
fn ports(specs: &[Spec], is_free: impl Fn(u16) -> bool) -> Vec<u16> {
    let mut ports: Vec<u16> = Vec::new();
    for spec in specs {
        let mut port = 5400 + u16::try_from(spec.major).unwrap_or(0);
        while port < u16::MAX - 100 && (ports.contains(&port) || !is_free(port)) {
            port += 100;
        }
        ports.push(port);
    }
    ports
}

/// A few at a time; the first failure ends it, and drops what has been started.
fn start_all(place: &Place<'_>, specs: &[Spec], ports: &[u16]) -> Result<Vec<Cluster>> {
    let queue = Mutex::new(specs.iter().zip(ports).filter(|(spec, _)| !spec.is_standby()));
    let done = Mutex::new(Ok(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..STARTERS {
            scope.spawn(|| {
                while let Some((spec, port)) = next(&queue, &done) {
                    let started = Cluster::start(place, spec, *port)
                        .with_context(|| format!("PostgreSQL {} does not start", spec.name));
                    note(&done, started);
                }
            });
        }
    });
    done.into_inner().expect("no thread panics while it holds the lock")
}

/// The standby copies its primary, which must run by then.
fn start_standby(place: &Place<'_>, specs: &[Spec], servers: &[Server]) -> Result<Option<Cluster>> {
    let Some(at) = specs.iter().position(Spec::is_standby) else { return Ok(None) };
    let primary = servers.iter().find(|server| server.name.ends_with("primary"));
    let primary = primary.context("a standby needs a primary")?;
    let started = Cluster::follow(place, &specs[at], servers[at].port, primary);
    started.map(Some).with_context(|| format!("PostgreSQL {} does not start", specs[at].name))
}

type Done = Mutex<Result<Vec<Cluster>, Error>>;

fn next<T>(queue: &Mutex<impl Iterator<Item = T>>, done: &Done) -> Option<T> {
    let failed = done.lock().expect("no thread panics while it holds the lock").is_err();
    if failed || stop::requested() {
        return None;
    }
    queue.lock().expect("no thread panics while it holds the lock").next()
}

fn note(done: &Done, started: Result<Cluster>) {
    let mut done = done.lock().expect("no thread panics while it holds the lock");
    match (&mut *done, started) {
        (Ok(clusters), Ok(cluster)) => clusters.push(cluster),
        (Ok(_), Err(error)) => *done = Err(error),
        (Err(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str, major: u32) -> Spec {
        Spec { name: name.into(), major, bin: "/a=b/bin".into() }
    }

    #[test]
    fn a_spec_survives_the_command_line() {
        assert_eq!(parse_spec(&spec_argument(&spec("15gis", 15))).unwrap(), spec("15gis", 15));
        assert!(parse_spec("15").is_err());
    }

    #[test]
    fn ports_are_distinct() {
        let specs = [spec("14", 14), spec("15", 15), spec("15gis", 15)];
        assert_eq!(ports(&specs, |_| true), [5414, 5415, 5515]);
        assert_eq!(ports(&specs, |port| port > 5500), [5514, 5515, 5615]);
    }
}
