//! Servers for as long as a value lives.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::keeper;
use super::obtain::Spec;
use super::state::{Server, State};
use crate::stop;

const POLL: Duration = Duration::from_millis(50);

/// Running servers; dropping them stops them and removes all they wrote.
pub(crate) struct Fleet {
    keeper: Child,
    state: State,
}

impl Fleet {
    /// Starts the servers and waits until all are ready.
    pub(crate) fn start(specs: &[Spec]) -> Result<Fleet> {
        let mut keeper = Keeper(Some(command(specs).stdin(Stdio::piped()).spawn()?));
        let state = keeper.reply()?;
        let keeper = keeper.0.take().expect("the keeper was put in above");
        Ok(Fleet { keeper, state })
    }

    /// What runs.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The first server.
    pub(crate) fn server(&self) -> &Server {
        &self.state.servers[0]
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        end(&mut self.keeper);
    }
}

/// Starts servers that outlive this process.
pub(crate) fn detach(specs: &[Spec], tcp: bool) -> Result<State> {
    let mut command = command(specs);
    command.arg("--detached").args(tcp.then_some("--tcp")).stdin(Stdio::null());
    let mut keeper = Keeper(Some(command.spawn()?));
    let state = keeper.reply();
    match &state {
        Ok(_) => keeper.0 = None,
        Err(_) => keeper.ask_to_stop(),
    }
    state
}

/// A keeper that has not told yet what runs; dropping it ends it.
struct Keeper(Option<Child>);

impl Keeper {
    fn reply(&mut self) -> Result<State> {
        let output = self.0.as_mut().and_then(|child| child.stdout.take());
        let line = first_line(output.context("the keeper's output is not ours")?)?;
        let reply: Result<State, String> =
            serde_json::from_str(&line).context("the servers' keeper ended early")?;
        reply.map_err(|text| anyhow!(text))
    }

    fn ask_to_stop(&self) {
        if let Some(child) = &self.0 {
            crate::process::signal(child.id(), rustix::process::Signal::TERM);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            end(child);
        }
    }
}

/// The end of its standard input tells the keeper to stop everything.
fn end(keeper: &mut Child) {
    drop(keeper.stdin.take());
    let _ = keeper.wait();
}

/// This very program, which may have been replaced on disk by a build since.
fn command(specs: &[Spec]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["servers", "keep"]).args(specs.iter().map(keeper::spec_argument));
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn first_line(output: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        sender.send(read.map(|_| line))
    });
    loop {
        stop::check()?;
        match receiver.recv_timeout(POLL) {
            Ok(line) => return Ok(line?),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("the servers' keeper is gone"),
        }
    }
}
