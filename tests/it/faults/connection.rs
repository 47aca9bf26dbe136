//! Reaching the server: nobody there, refused, no such database.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Archive, assert_says, clear_error, fill};
use crate::support::{self, Ran, Server, TestDb, arg, pgx_command, skip};

/// The role that servers of `cargo xtask test` ask for its password.
const ROLE: &str = "pgx_password";

#[test]
fn nobody_behind_a_socket_or_a_port_is_told_by_every_command_that_connects() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    fill(&database, 5);
    let archive = Archive::of(&database);
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let socket = arg(directory.path());
    for (host, port) in [(socket, "5999"), ("127.0.0.1", free.as_str())] {
        let uri = format!("postgresql://someone@/shop?host={host}&port={port}");
        let out = directory.path().join("out.pgx");
        let runs = [
            support::pgx(&["dump", &uri, "-f", arg(&out)]),
            support::pgx(&["restore", archive.arg(), "-d", &uri]),
            support::pgx(&["restore", archive.arg(), "-d", &uri, "--create"]),
            support::pgx(&["verify", archive.arg(), "--against", &uri]),
        ];
        for ran in runs {
            assert_says(&clear_error(&ran, 4, "E0401"), &[host, port]);
        }
        assert_eq!(super::files(directory.path()), [""; 0]);
    }
}

#[test]
fn a_missing_database_is_named() {
    support::each_version(|server| {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out.pgx");
        let ran = support::pgx(&["dump", &server.uri("no_such_database"), "-f", arg(&out)]);
        let error = clear_error(&ran, 4, "E0403");
        assert_says(&error, &["\"no_such_database\"", "[3D000]"]);
        assert_eq!(super::files(directory.path()), [""; 0]);
    });
}

#[test]
fn a_missing_target_database_is_named() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    fill(&database, 5);
    let archive = Archive::of(&database);
    let ran = support::pgx(&["restore", archive.arg(), "-d", &server.uri("no_such_database")]);
    assert_says(&clear_error(&ran, 4, "E0403"), &["\"no_such_database\"", "[3D000]", "--create"]);
}

#[test]
fn a_role_the_server_does_not_know_is_named() {
    let Some(server) = support::newest() else { return };
    let uri = server.uri_as("no_such_role", "postgres");
    let directory = tempfile::tempdir().unwrap();
    let ran = support::pgx(&["dump", &uri, "-f", arg(&directory.path().join("out.pgx"))]);
    assert_says(&clear_error(&ran, 4, "E0402"), &["no_such_role", "[28000]"]);
}

/// A server that answers in another protocol is no server.
#[test]
fn somebody_else_behind_the_port_is_no_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(1) {
            let _ =
                std::io::Write::write_all(&mut stream.unwrap(), b"HTTP/1.1 400 Bad Request\r\n");
        }
    });
    let ran = support::pgx(&["dump", &format!("postgresql://someone@127.0.0.1:{port}/shop")]);
    assert_says(&clear_error(&ran, 4, "E0401"), &["127.0.0.1"]);
}

/// One test, since the role is the server's.
#[test]
fn passwords_are_asked_for_refused_and_found() {
    let rule = format!(
        "SELECT FROM pg_hba_file_rules WHERE user_name @> ARRAY['{ROLE}'] AND auth_method = 'md5'"
    );
    let asks = |server: &&Server| {
        !server.name.ends_with("standby") && !server.session().query(&rule).unwrap().is_empty()
    };
    let all = support::servers();
    let asking: Vec<&Server> = all.iter().filter(asks).collect();
    if asking.is_empty() && !all.is_empty() {
        skip("no server asks for a password");
    }
    asking.into_iter().for_each(passwords);
}

fn passwords(server: &Server) {
    let login = Login::new(server);
    let wrong = |ran: Ran| {
        let error = clear_error(&ran, 4, "E0402");
        assert_says(&error, &[ROLE, "[28P01]"]);
        assert!(!ran.stderr.contains("tr0ub4dor") && !ran.stderr.contains("wrong-one"), "{error}");
    };
    let ran = login.dump(&[]);
    assert_says(&clear_error(&ran, 4, "E0402"), &[ROLE, "PGPASSWORD"]);
    wrong(login.dump(&[("PGPASSWORD", "wrong-one")]));
    login.dump(&[("PGPASSWORD", "tr0ub4dor")]).ok();
    let right = login.passfile("right", "tr0ub4dor", 0o600);
    let stale = login.passfile("stale", "wrong-one", 0o600);
    let open = login.passfile("open", "tr0ub4dor", 0o644);
    login.dump(&[("PGPASSFILE", arg(&right))]).ok();
    wrong(login.dump(&[("PGPASSFILE", arg(&stale))]));
    login.dump(&[("PGPASSFILE", arg(&stale)), ("PGPASSWORD", "tr0ub4dor")]).ok();
    let ran = login.dump(&[("PGPASSFILE", arg(&open))]);
    clear_error(&ran, 4, "E0402");
    let warned = ran.stderr.lines().next().unwrap();
    assert_says(warned, &["pgx: warning: ", arg(&open), "chmod 600"]);
    assert!(!ran.stderr.contains("tr0ub4dor"), "{}", ran.stderr);
}

/// The role with a password, and a database it may dump.
struct Login {
    database: TestDb,
    directory: TempDir,
}

impl Login {
    fn new(server: &Server) -> Login {
        let database = TestDb::new(server);
        database.sql(&format!("DROP ROLE IF EXISTS {ROLE}"));
        database.sql(&format!("CREATE ROLE {ROLE} LOGIN PASSWORD 'tr0ub4dor'"));
        database
            .sql("CREATE TABLE t (a int); INSERT INTO t VALUES (1); GRANT SELECT ON t TO public");
        Login { database, directory: tempfile::tempdir().unwrap() }
    }

    fn dump(&self, environment: &[(&str, &str)]) -> Ran {
        let mut command = pgx_command();
        command.envs(environment.iter().copied());
        Ran::of(command.args(["dump", &self.database.uri_as(ROLE)]))
    }

    fn passfile(&self, name: &str, password: &str, mode: u32) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, format!("*:*:*:{ROLE}:{password}\n")).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let mut session = self.database.session();
        let _ = session.execute(&format!("DROP OWNED BY {ROLE}; DROP ROLE {ROLE}"));
    }
}

/// A role's limits are for its everyday statements, not for reading a catalog or making a database.
#[test]
fn the_limits_of_a_database_do_not_stop_a_session() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        let name = database.name();
        database.sql(&format!("ALTER DATABASE {name} SET statement_timeout = '1h'"));
        database.sql(&format!("ALTER DATABASE {name} SET lock_timeout = '1h'"));
        let limits =
            "current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')";
        assert_eq!(database.value(&format!("SELECT {limits}")), "0 0");
    });
}

/// In an encoding of clients only, a character may end in a backslash's byte, and a name of a foreign
/// archive could leave its quotes.
#[test]
fn text_is_never_sent_in_an_encoding_that_no_database_has() {
    let Some(server) = support::newest() else { return };
    let mut session = server.session();
    let error = session.set_encoding(&pgx_core::connect::Encoding::new("SJIS")).unwrap_err();
    assert!(error.to_string().contains("SJIS"), "{error}");
    assert_eq!(
        session.query_one("SHOW client_encoding").unwrap().str("client_encoding").unwrap(),
        "UTF8"
    );
}
