//! Where the archive goes: names that are taken, full devices, closed directories, readers that leave.

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Trace, assert_says, clear_error, files, fill};
use crate::support::{self, Ran, TestDb, arg, pgx_command, skip};

/// Enough that the archive has several chunks.
const ROWS: u32 = 40_000;

fn filled() -> Option<TestDb> {
    let database = TestDb::new(&support::newest()?);
    fill(&database, ROWS);
    Some(database)
}

fn dump(database: &TestDb, file: &Path, options: &[&str]) -> Ran {
    let uri = database.uri();
    let mut arguments = vec!["dump", &uri, "-f", arg(file)];
    arguments.extend(options);
    support::pgx(&arguments)
}

#[test]
fn a_file_that_exists_is_kept_unless_forced() {
    let Some(database) = filled() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.pgx");
    std::fs::write(&file, "precious").unwrap();
    let error = clear_error(&dump(&database, &file, &[]), 2, "E0207");
    assert_says(&error, &[arg(&file), "--force"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert_eq!(files(directory.path()), ["shop.pgx"]);
    dump(&database, &file, &["--force"]).ok();
    assert_eq!(files(directory.path()), ["shop.pgx"]);
    support::pgx(&["verify", arg(&file)]).ok();
}

#[test]
fn a_forced_dump_that_fails_keeps_the_old_file() {
    let Some(database) = filled() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.pgx");
    std::fs::write(&file, "precious").unwrap();
    clear_error(&dump(&database, &file, &["--force", "-t", "no_such_table"]), 2, "E0204");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert_eq!(files(directory.path()), ["shop.pgx"]);
}

#[test]
fn a_full_device_is_told_and_no_backend_is_left() {
    let Some(database) = filled() else { return };
    let trace = Trace::new(database.server());
    let ran = trace.run(&["dump", &database.uri(), "-f", "/dev/full"]);
    let error = clear_error(&ran, 10, "E1001");
    assert_says(&error, &["bytes", "No space left"]);
    trace.assert_no_backend();
    let mut command = trace.command(&["dump", &database.uri()]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    trace.assert_no_backend();
}

/// A file that may not grow: the signal that comes with it is ignored by the shell, or not.
#[test]
fn a_file_that_may_not_grow_is_told_and_removed() {
    let Some(database) = filled() else { return };
    for signal in ["trap '' XFSZ; ", ""] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("shop.pgx");
        let trace = Trace::new(database.server());
        let script = format!("{signal}ulimit -f 64; exec \"$0\" dump \"$1\" -f \"$2\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_pgx"), &database.uri(), arg(&file)]);
        clean(&mut command, &trace);
        let ran = Ran::of(&mut command);
        assert_says(&clear_error(&ran, 10, "E1001"), &[arg(&file), "File too large"]);
        assert_eq!(files(directory.path()), [""; 0]);
        trace.assert_no_backend();
    }
}

fn clean(command: &mut Command, trace: &Trace) {
    for (name, value) in pgx_command().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PGAPPNAME", &trace.application).stdin(Stdio::null());
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let Some(database) = filled() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("absent/shop.pgx");
    assert_says(&clear_error(&dump(&database, &file, &[]), 10, "E1002"), &[arg(&file)]);
    assert_eq!(files(directory.path()), [""; 0]);
    clear_error(&dump(&database, directory.path(), &["--force"]), 10, "E1002");
    assert_eq!(files(directory.path()), [""; 0]);
}

#[test]
fn a_directory_without_permission_is_named() {
    let Some(database) = filled() else { return };
    let user = ordinary_user();
    if user.is_some_and(|user| user.0 == 0) {
        return skip("there is no ordinary user here");
    }
    let directory = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir();
    let directory = directory.unwrap();
    let program = directory.path().join("pgx");
    std::fs::copy(env!("CARGO_BIN_EXE_pgx"), &program).unwrap();
    let closed = directory.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    let mut command = Command::new(&program);
    clean(&mut command, &Trace::new(database.server()));
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    let file = closed.join("shop.pgx");
    std::fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
    let ran = Ran::of(command.args(["dump", &database.uri(), "-f", arg(&file)]));
    let error = clear_error(&ran, 11, "E1101");
    assert_says(&error, &[arg(&file), "Permission denied"]);
    assert_eq!(files(&closed), [""; 0]);
}

/// As root, whom permissions do not bind, the ids of `nobody`; zeros when there is no such user.
fn ordinary_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let me = std::fs::metadata("/proc/self").unwrap().uid();
    if me != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let nobody = fields
        .filter(|fields| fields[0] == "nobody")
        .find_map(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)));
    Some(nobody.unwrap_or((0, 0)))
}

#[test]
fn a_reader_that_goes_away_ends_the_dump_quietly() {
    let Some(database) = filled() else { return };
    let trace = Trace::new(database.server());
    let mut command = trace.command(&["dump", &database.uri(), "-Z", "none"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut head = [0; 1000];
    child.stdout.take().unwrap().read_exact(&mut head).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    trace.assert_no_backend();
}

#[test]
fn a_reader_of_a_report_that_goes_away_ends_it_quietly() {
    let Some(database) = filled() else { return };
    let archive = super::Archive::of(&database);
    for command in ["inspect", "verify"] {
        let mut process = pgx_command();
        process.args([command, archive.arg()]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 10)), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{output:?}");
    }
}

#[test]
fn a_terminal_gets_no_archive() {
    let Some(database) = filled() else { return };
    let Some(script) = script_program() else { return skip("no program script") };
    let run = format!("'{}' dump '{}'", env!("CARGO_BIN_EXE_pgx"), database.uri());
    let trace = Trace::new(database.server());
    let mut command = Command::new(script);
    clean(&mut command, &trace);
    let output = command.args(["-qec", &run, "/dev/null"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("pgx: error[E0201]: "), "{said}");
    assert_says(&said, &["terminal", "= hint: ", "-f"]);
    assert!(!said.contains("PGX\r"), "{said}");
    trace.assert_no_backend();
}

fn script_program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join("script"))
        .find(|file| file.is_file())
}
