//! Servers that cheat.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Ran, pgx_command};

/// A server that says its lines, each after something has come, and notes what came.
struct Liar {
    port: u16,
    heard: Receiver<Vec<u8>>,
}

impl Liar {
    fn new(lines: &[&[u8]]) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        let (sender, heard) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = sender.send(speak(stream, &lines));
            }
        });
        Liar { port, heard }
    }

    fn told(&self, said: &str) -> String {
        let conninfo = format!("host=127.0.0.1 port={} user=ann dbname=shop {said}", self.port);
        Ran::of(pgx_command().args(["dump", &conninfo])).fails(4)
    }
}

fn speak(mut stream: TcpStream, lines: &[Vec<u8>]) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    for line in lines {
        match stream.read(&mut buffer) {
            Ok(read @ 1..) => heard.extend_from_slice(&buffer[..read]),
            _ => return heard,
        }
        let _ = stream.write_all(line);
    }
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        heard.extend_from_slice(&buffer[..read]);
    }
    heard
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
}

fn authentication(kind: u32, data: &[u8]) -> Vec<u8> {
    message(b'R', &[&kind.to_be_bytes()[..], data].concat())
}

#[test]
fn what_a_server_says_before_tls_is_never_shown() {
    let error = message(b'E', b"SFATAL\0C28000\0Mplease visit evil.example\0\0");
    for mode in ["prefer", "require"] {
        let told = Liar::new(&[&error]).told(&format!("sslmode={mode}"));
        assert!(told.starts_with("pgx: error[E040"), "{told}");
        assert!(!told.contains("evil"), "{told}");
    }
}

#[test]
fn bytes_slipped_in_before_tls_are_not_taken_for_the_servers() {
    let welcome = [authentication(0, b""), message(b'Z', b"I")].concat();
    let told = Liar::new(&[&[b"S", &welcome[..]].concat()]).told("sslmode=require");
    assert!(told.starts_with("pgx: error[E0406]: the TLS handshake failed"), "{told}");
}

#[test]
fn a_server_without_tls_gets_nothing_when_tls_is_demanded() {
    for mode in ["require", "verify-ca sslrootcert=system2", "verify-full"] {
        let liar = Liar::new(&[b"N"]);
        let told = liar.told(&format!("sslmode={mode} password=s3cr3t"));
        assert!(told.contains("the server does not offer TLS, which sslmode demands"), "{told}");
        let heard = liar.heard.recv_timeout(Duration::from_secs(2)).unwrap();
        assert_eq!(heard, [0, 0, 0, 8, 4, 210, 22, 47]);
    }
}

#[test]
fn a_password_goes_only_to_who_may_have_it() {
    for (rule, request) in [
        ("require_auth=scram-sha-256", authentication(3, b"")),
        ("require_auth=!password,!md5", authentication(5, b"salt")),
        ("channel_binding=require", authentication(3, b"")),
    ] {
        let liar = Liar::new(&[&request]);
        let told = liar.told(&format!("sslmode=disable password=s3cr3t {rule}"));
        assert!(told.starts_with("pgx: error[E0406]: "), "{told}");
        let heard = liar.heard.recv_timeout(Duration::from_secs(2)).unwrap();
        let text = String::from_utf8_lossy(&heard);
        assert!(!text.contains("s3cr3t") && !text.contains("md5"), "{text:?}");
    }
}

#[test]
fn a_server_proves_that_it_knows_the_password() {
    let offer = authentication(10, b"SCRAM-SHA-256\0\0");
    let welcome = [authentication(0, b""), message(b'Z', b"I")].concat();
    let cheats: [&[&[u8]]; 3] = [
        &[&offer, &welcome],
        &[&offer, &authentication(11, b"r=nonsense,s=QSXCR+Q6sek8bf92,i=4096")],
        &[&offer, &authentication(12, b"v=AAAA")],
    ];
    for cheat in cheats {
        let told = Liar::new(cheat).told("sslmode=disable password=s3cr3t");
        assert!(told.starts_with("pgx: error[E0406]: "), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
    let plus = authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    let told = Liar::new(&[&plus]).told("sslmode=disable password=s3cr3t");
    assert!(told.contains("a connection without TLS"), "{told}");
}

#[test]
fn what_is_no_server_is_told_apart() {
    for lines in [&[b"HTTP/1.1 400 Bad Request\r\n\r\n" as &[u8]][..], &[b"N", b"\0\0\0\0\0\0"]] {
        let told = Liar::new(lines).told("sslmode=prefer");
        assert!(told.starts_with("pgx: error[E040"), "{told}");
        assert!(!told.contains("Bad Request"), "{told}");
    }
    for method in [7, 9] {
        let told = Liar::new(&[&authentication(method, b"")]).told("sslmode=disable");
        assert!(told.starts_with("pgx: error[E0405]: the server asks for "), "{told}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    for said in ["sslmode=disable", "sslmode=require"] {
        let started = Instant::now();
        // It listens once more than it speaks.
        let told = Liar::new(&[]).told(&format!("{said} connect_timeout=2"));
        assert!(told.starts_with("pgx: error[E0401]: the server cannot be reached"), "{told}");
        assert!(told.contains("timed out"), "{told}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_server_that_says_nothing_is_left_for_the_next() {
    let Some(server) = support::newest() else { return };
    let silent = Liar::new(&[]);
    let conninfo = format!(
        "host=127.0.0.1,{} port={},{} user={} dbname=postgres connect_timeout=2",
        server.host(),
        silent.port,
        server.port(),
        server.user()
    );
    Ran::of(pgx_command().args(["dump", "-s", "-t", "nosuch*", &conninfo])).fails(2);
}
