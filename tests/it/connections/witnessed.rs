//! Everything that is said about encryption and authentication, against servers with TLS; psql is the
//! witness.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::site::{Site, with};
use super::table::{CASES, Case, Comes};
use crate::support::{self, Ran, Server, arg, pgx_command};

/// The oldest server and the newest.
fn sites(test: impl Fn(&Site)) {
    let all = support::servers();
    let plain = |server: &&Server| server.name.parse() == Ok(server.major);
    let mut ends: Vec<&Server> = all.iter().filter(plain).collect();
    ends.sort_by_key(|server| server.major);
    ends.dedup_by_key(|server| server.major);
    for server in ends.first().into_iter().chain(ends.last().filter(|_| ends.len() > 1)) {
        if let Some(site) = Site::new(server) {
            test(&site);
        }
    }
}

fn newest_site(test: impl Fn(&Site)) {
    if let Some(site) = support::newest().as_ref().and_then(Site::new) {
        test(&site);
    }
}

#[test]
fn who_is_let_in_is_who_is_let_in_with_psql() {
    sites(|site| {
        let cases = CASES.iter().filter(|case| case.server <= site.major());
        let failed: Vec<String> = cases.filter_map(|case| fault(site, case)).collect();
        assert!(failed.is_empty(), "PostgreSQL {}: {failed:#?}", site.major());
    });
}

/// What is not as in the table.
fn fault(site: &Site, case: &Case) -> Option<String> {
    let conninfo = site.conninfo(case.said);
    let env = [("PGPASSWORD", case.password)];
    let mut ran = None;
    let seen = site.logins(|| {
        let mut dump = pgx_command();
        let dump = with(&mut dump, &env).args(["dump", "-w", "-f", "/dev/null", &conninfo]);
        ran = Some(Ran::of(dump));
    });
    let ran = ran?;
    let as_wanted = match &case.comes {
        Comes::In(login) => ran.code == Some(0) && seen == [*login],
        Comes::Refused(code, text) => {
            let told = ran.stderr.starts_with(&format!("pgx: error[{code}]: "));
            told && ran.code == Some(4) && ran.stderr.contains(text)
        }
    };
    if !as_wanted {
        return Some(format!("{}: {seen:?} {}", case.said, ran.stderr));
    }
    // What psql makes of it does not depend on the server.
    let newest = support::newest().is_some_and(|newest| newest.major == site.major());
    let (psql, version) = newest.then(support::psql_with_tls)??;
    if case.psql.is_none_or(|oldest| version < oldest) {
        return None;
    }
    let mut let_in = None;
    let with_psql = site.logins(|| {
        let mut psql = Command::new(psql);
        let psql = with(&mut psql, &env).args(["-w", "-X", "-c", "", "-d", &conninfo]);
        let_in = Some(Ran::of(psql.stdin(Stdio::null())).code == Some(0));
    });
    let same = let_in == Some(ran.code == Some(0)) && (let_in == Some(false) || with_psql == seen);
    (!same).then(|| format!("{}: {seen:?}, with psql {with_psql:?}", case.said))
}

#[test]
fn every_session_of_a_dump_and_a_restore_is_encrypted() {
    sites(|site| {
        site.cluster().sql(&[
            "CREATE DATABASE shop",
            "GRANT ALL ON DATABASE shop TO scram",
            "ALTER ROLE scram CREATEDB",
        ]);
        let mut session = site.cluster().server().session_in("shop");
        let fill = "CREATE SCHEMA own AUTHORIZATION scram; SET ROLE scram; \
                    CREATE TABLE own.a AS SELECT g, repeat('x', 500) AS t FROM generate_series(1, 20000) g; \
                    CREATE TABLE own.b AS SELECT * FROM own.a";
        session.execute(fill).unwrap();
        let archive = site.directory().join("a.pgx");
        let archive = arg(&archive);
        let binding = if site.major() > 10 { "require" } else { "prefer" };
        let conninfo = site.conninfo(&format!(
            "user=scram sslmode=verify-full sslrootcert={{dir}}/ca channel_binding={binding}"
        ));
        let shop = format!("{conninfo} dbname=shop");
        let commands: [&[&str]; 3] = [
            &["dump", "-j", "3", "-n", "own", "-f", archive, &shop],
            &[
                "restore",
                "--create",
                "--no-owner",
                "-d",
                &format!("{conninfo} dbname=copy"),
                archive,
            ],
            &["verify", archive, "--against", &format!("{conninfo} dbname=copy")],
        ];
        for command in commands {
            let seen = site.logins(|| {
                let mut pgx = pgx_command();
                Ran::of(with(&mut pgx, &[("PGPASSWORD", "sesame")]).args(command)).ok();
            });
            assert_eq!(seen, ["scram TLS"], "{command:?}");
        }
    });
}

/// Passes connections on, and keeps the first bytes of each.
fn listener_before(port: u16) -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let first = Arc::new(Mutex::new(Vec::new()));
    let noted = first.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let pairs = [(&client, &server), (&server, &client)];
            let noted = noted.clone();
            for (at, (from, to)) in pairs.into_iter().enumerate() {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let noted = noted.clone();
                thread::spawn(move || {
                    let mut buffer = [0; 16 * 1024];
                    let mut fresh = at == 0;
                    while let Ok(read @ 1..) = from.read(&mut buffer) {
                        if std::mem::take(&mut fresh) {
                            noted.lock().unwrap().push(buffer[..read].to_vec());
                        }
                        if to.write_all(&buffer[..read]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    (own, first)
}

#[test]
fn a_request_to_cancel_is_encrypted_as_the_session_is() {
    newest_site(|site| {
        let mut session = site.cluster().server().session_in("postgres");
        session.execute("CREATE TABLE held (); GRANT SELECT ON held TO free").unwrap();
        session.execute("BEGIN; LOCK TABLE held").unwrap();
        let (port, first) = listener_before(site.port());
        let conninfo =
            format!("host=127.0.0.1 port={port} dbname=postgres user=free sslmode=require");
        let mut dump = pgx_command();
        let dump = dump.args(["dump", "-f", "/dev/null", &conninfo]).stderr(Stdio::piped());
        let mut child = dump.spawn().unwrap();
        let waiting = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted";
        let started = Instant::now();
        let mut looker = site.cluster().server().session();
        while looker.query_one(waiting).unwrap().int::<i64>("n").unwrap() == 0 {
            assert!(started.elapsed() < Duration::from_secs(20), "nobody waits for the lock");
            thread::sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        drop(session);
        assert!(site.cluster().log().contains("canceling statement due to user request"));
        let first = first.lock().unwrap();
        assert!(first.len() >= 2, "no connection of the request's own");
        for bytes in first.iter() {
            assert_eq!(bytes[..8], [0, 0, 0, 8, 4, 210, 22, 47], "not a request for TLS");
        }
    });
}

#[test]
fn no_message_holds_a_password_or_a_key() {
    newest_site(|site| {
        let key = fs::read_to_string(site.directory().join("ann.key")).unwrap();
        let line = key.lines().nth(1).unwrap();
        for said in [
            "user=scram password=s3cr3t",
            "user=md password=s3cr3t",
            "user=plain password=s3cr3t sslmode=disable",
            "user=ann password=s3cr3t sslcert={dir}/ann.key sslkey={dir}/ann.key sslmode=require",
            "user=ann password=s3cr3t sslcert={dir}/ann.crt sslkey={dir}/ann.crt sslmode=require",
            "user=scram password=s3cr3t sslrootcert={dir}/ann.key sslmode=require",
        ] {
            let told = Ran::of(pgx_command().args(["dump", "-v", &site.conninfo(said)])).fails(4);
            assert!(!told.contains("s3cr3t") && !told.contains(line), "{said}: {told}");
        }
    });
}
