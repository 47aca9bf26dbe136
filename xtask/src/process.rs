//! Running other programs: said before it happens, stopped when this process is asked to stop.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::stop;

/// How long a child may take to stop after a Ctrl-C that it has seen itself.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// Where cargo puts the binaries of a profile: this program lies in `debug` there.
pub(crate) fn built(profile: &str) -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let target = ours.parent().and_then(Path::parent).context("not built by cargo")?;
    Ok(target.join(profile))
}

/// Cargo, the one that started us, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Prints the command as a person would type it.
pub(crate) fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

/// Runs a command on our terminal.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let child = command.spawn().with_context(|| cannot_run(command))?;
    Ok(wait(child)?.status)
}

/// Runs a command on our terminal; failing is an error.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    ensure!(status.success(), "`{}` failed: {status}", shown(command));
    Ok(())
}

/// Runs a command silently and returns what it printed; failing is an error that ends with its last words.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = captured(command)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &text;
        bail!("`{}` failed: {}\n{}", shown(command), output.status, last_lines(&said, 15));
    }
    Ok(text)
}

/// Runs a command silently, whatever comes of it.
pub(crate) fn captured(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().with_context(|| cannot_run(command))?;
    wait(child)
}

/// The last lines of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A program on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Sends a signal to a process of ours.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // The process may be gone already, which is what a signal is for.
        let _ = kill_process(pid, signal);
    }
}

/// What the shell would report for a status.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Removes settings of libpq and the server from a command's environment.
pub(crate) fn without_pg_environment(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") && !name.as_encoded_bytes().contains(&b'_') {
            command.env_remove(name);
        }
    }
    command
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(quoted);
    words.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run {}", command.get_program().to_string_lossy())
}

fn wait(child: Child) -> Result<Output> {
    let pid = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receive(&receiver, pid)?;
    stop::check()?;
    Ok(output)
}

fn receive(receiver: &Receiver<io::Result<Output>>, pid: u32) -> Result<Output> {
    let mut since = None;
    loop {
        match receiver.recv_timeout(POLL) {
            Ok(output) => return Ok(output?),
            Err(RecvTimeoutError::Disconnected) => bail!("lost sight of process {pid}"),
            Err(RecvTimeoutError::Timeout) if !stop::requested() => {}
            Err(RecvTimeoutError::Timeout) => {
                let since = *since.get_or_insert_with(Instant::now);
                if !stop::by_terminal() || since.elapsed() > GRACE {
                    signal(pid, Signal::TERM);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("/usr/bin/pgx");
        command.args(["dump", "-d", "postgresql:///a?b", "it's"]);
        assert_eq!(shown(&command), r"pgx dump -d 'postgresql:///a?b' 'it'\''s'");
    }

    #[test]
    fn failing_ends_with_the_last_words() {
        let error = output(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().ends_with("why"), "{error}");
    }

    #[test]
    fn last_lines_are_the_last() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}
