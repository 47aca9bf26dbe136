//! Passwords that are typed.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::{Ran, pgx_command};

/// A server that asks for the password in clear, and passes on what it is told.
fn asker() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, told) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            if let Some(password) = ask(&mut stream) {
                let _ = sender.send(password);
            }
        }
    });
    (port, told)
}

fn ask(stream: &mut TcpStream) -> Option<String> {
    let mut buffer = [0; 4096];
    stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").ok()?;
    let read = stream.read(&mut buffer).ok().filter(|read| *read > 5)?;
    let password = String::from_utf8_lossy(&buffer[5..read - 1]).into_owned();
    let body = b"SFATAL\0VFATAL\0C28P01\0Mnobody is let in\0\0";
    stream.write_all(&[b"E", &(body.len() as u32 + 4).to_be_bytes()[..], body].concat()).ok()?;
    Some(password)
}

/// `pgx` on a terminal of its own.
struct OnTerminal {
    child: Child,
    terminal: File,
}

impl OnTerminal {
    fn start(arguments: &[&str]) -> OnTerminal {
        let terminal: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let other = File::options().read(true).write(true).open(name).unwrap();
        let pgx = pgx_command();
        // It makes its input the terminal of a session of its own.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(pgx.get_program()).args(arguments);
        command.env_clear().env("HOME", "/nonexistent");
        command.stdin(Stdio::from(other)).stdout(Stdio::null()).stderr(Stdio::null());
        OnTerminal { child: command.spawn().expect("setsid runs"), terminal: terminal.into() }
    }

    /// Reads up to `prompt`, and types.
    fn answer(&mut self, prompt: &str, line: &str) {
        let mut shown = String::new();
        let mut buffer = [0; 256];
        while !shown.contains(prompt) {
            let read = self.terminal.read(&mut buffer).expect("the terminal is open");
            shown.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        assert_eq!(shown, prompt);
        self.terminal.write_all(line.as_bytes()).unwrap();
    }

    /// Its exit code, and what the terminal showed since.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut shown = Vec::new();
        let mut buffer = [0; 256];
        // A terminal that nobody holds any more is an error to read.
        while let Ok(read @ 1..) = self.terminal.read(&mut buffer) {
            shown.extend_from_slice(&buffer[..read]);
        }
        (code, String::from_utf8_lossy(&shown).into_owned())
    }
}

fn conninfo(port: u16) -> String {
    format!("host=127.0.0.1 port={port} user=ann dbname=shop sslmode=disable")
}

#[test]
fn a_server_that_asks_for_a_password_has_the_user_asked() {
    let (port, told) = asker();
    let mut pgx = OnTerminal::start(&["dump", &conninfo(port)]);
    pgx.answer("Password for user ann: ", "open sesame\n");
    let (code, shown) = pgx.end();
    assert_eq!(told.recv_timeout(Duration::from_secs(2)).unwrap(), "open sesame");
    assert_eq!(code, Some(4));
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn a_password_can_be_asked_for_before_anybody_is_called() {
    let (port, told) = asker();
    let mut pgx = OnTerminal::start(&["dump", "-W", &conninfo(port)]);
    pgx.answer("Password: ", "sesame\n");
    assert_eq!(pgx.end().0, Some(4));
    assert_eq!(told.recv_timeout(Duration::from_secs(2)).unwrap(), "sesame");
}

#[test]
fn nobody_is_asked_without_a_terminal_or_against_the_users_will() {
    let (port, told) = asker();
    let conninfo = conninfo(port);
    let (code, shown) = OnTerminal::start(&["dump", "-w", &conninfo]).end();
    assert_eq!((code, &*shown), (Some(4), ""));
    let mut alone = Command::new("setsid");
    alone.args(["--wait"]).arg(pgx_command().get_program()).args(["dump", &conninfo]);
    let said = Ran::of(alone.env_clear().stdin(Stdio::null())).fails(4);
    assert!(said.starts_with("pgx: error[E0402]: the server asks for a password"), "{said}");
    let said = Ran::of(pgx_command().args(["dump", "-w", "-W", &conninfo])).fails(2);
    assert!(said.starts_with("pgx: error[E0201]: "), "{said}");
    assert!(told.try_recv().is_err());
}
