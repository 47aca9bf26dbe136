//! pgbouncer between: refused in transaction mode, as good as the server itself in session mode.

use std::fs::Permissions;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{
    Archive, Trace, assert_says, assert_unchanged, clear_error, contents, files, fill, fingerprint,
    occupy,
};
use crate::support::{self, Server, TestDb, arg, skip};

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running pgbouncer; ended when dropped.
struct Pooler {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Pooler {
    fn start(server: &Server, mode: &str) -> Option<Pooler> {
        let program = support::pgbouncer()?;
        let directory = tempfile::Builder::new().tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = directory.path().join("pgbouncer.ini");
        std::fs::write(&config, configuration(server, mode, port)).unwrap();
        let mut command = Command::new(program);
        command.arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            let Some((user, group)) = ordinary_user() else {
                skip("pgbouncer does not run as root, and there is no other user");
                return None;
            };
            own(directory.path(), &config, user, group);
            command.uid(user).gid(group);
        }
        let process = command.spawn().expect("pgbouncer runs");
        let pooler = Pooler { process, port, _directory: directory };
        pooler.wait();
        Some(pooler)
    }

    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < READY_WITHIN, "pgbouncer does not listen");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn uri(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(server: &Server, mode: &str, port: u16) -> String {
    format!(
        "[databases]\n* = host={} port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n\
         default_pool_size = 4\nserver_idle_timeout = 1\n\
         ignore_startup_parameters = extra_float_digits,options\n",
        server.host(),
        server.port()
    )
}

/// The user that servers run as under root.
fn ordinary_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

fn own(directory: &Path, config: &Path, user: u32, group: u32) {
    for path in [directory, config] {
        chown(path, Some(user), Some(group)).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_on_either_side() {
    let Some(server) = support::newest() else { return };
    let Some(pooler) = Pooler::start(&server, "transaction") else { return };
    let source = TestDb::new(&server);
    fill(&source, 20);
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    occupy(&target);
    let before = fingerprint(&target);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    let trace = Trace::new(&server);
    let place = format!("127.0.0.1:{}", pooler.port);
    for _ in 0..3 {
        let ran = trace.run(&["dump", &pooler.uri(source.name()), "-f", arg(&file)]);
        assert_says(&clear_error(&ran, 4, "E0404"), &[&place, "session mode"]);
        let ran = trace.run(&["restore", archive.arg(), "-d", &pooler.uri(target.name())]);
        assert_says(&clear_error(&ran, 4, "E0404"), &[&place, "session mode"]);
        let ran = trace.run(&["verify", archive.arg(), "--against", &pooler.uri(target.name())]);
        clear_error(&ran, 4, "E0404");
    }
    assert_eq!(files(directory.path()), [""; 0]);
    assert_unchanged(&target, &before);
}

/// Sessions that the pooler has dealt out before do not hide it.
#[test]
fn a_pooler_in_transaction_mode_is_refused_while_others_use_it() {
    let Some(server) = support::newest() else { return };
    let Some(pooler) = Pooler::start(&server, "transaction") else { return };
    let source = TestDb::new(&server);
    fill(&source, 20);
    let uri = pooler.uri(source.name());
    let runs: Vec<_> = thread::scope(|scope| {
        let run = || scope.spawn(|| support::pgx(&["dump", &uri]));
        let runs: Vec<_> = (0..6).map(|_| run()).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for ran in runs {
        clear_error(&ran, 4, "E0404");
    }
}

#[test]
fn a_pooler_in_session_mode_serves_dump_restore_and_comparison() {
    let Some(server) = support::newest() else { return };
    let Some(pooler) = Pooler::start(&server, "session") else { return };
    let source = TestDb::new(&server);
    fill(&source, 500);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.pgx");
    support::pgx(&["dump", &pooler.uri(source.name()), "-f", arg(&file)]).ok();
    let target = TestDb::new(&server);
    support::pgx(&["restore", arg(&file), "-d", &pooler.uri(target.name())]).ok();
    assert_eq!(contents(&target), contents(&source));
    let against = pooler.uri(target.name());
    support::pgx(&["verify", arg(&file), "--against", &against]).ok();
}
