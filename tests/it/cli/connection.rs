//! The same words reach the same server as the same user with the same password, be it with psql or pgx.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::conninfo_table::{PASSFILE, REFUSED, SERVICES, WAYS, Way};
use super::impostor::{Impostor, Visit};
use crate::support::{self, Ran, TestDb, pgx_command};

/// The impostor and what stands for it in the table.
struct Scene {
    impostor: Impostor,
    words: Vec<(&'static str, String)>,
}

impl Scene {
    fn new() -> Scene {
        let impostor = Impostor::new();
        let dir = support::arg(impostor.directory()).to_owned();
        let pass = format!("{dir}/passwords");
        let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let words = vec![
            ("{%dir}", dir.replace('/', "%2F")),
            ("{dir}", dir),
            ("{port}", impostor.port().to_string()),
            ("{dead}", dead.to_string()),
            ("{me}", me()),
            ("{pass}", pass),
        ];
        let scene = Scene { impostor, words };
        scene.write_password_files();
        scene
    }

    fn write_password_files(&self) {
        let home = self.impostor.directory().join("home");
        fs::create_dir(&home).unwrap();
        let passwords = self.filled("{pass}");
        let text = self.filled(PASSFILE);
        write(Path::new(&passwords), &text, 0o600);
        write(Path::new(&format!("{passwords}.open")), &text, 0o644);
        write(&home.join(".pgpass"), &text, 0o600);
        let services = self.filled(SERVICES);
        write(&home.join(".pg_service.conf"), &services, 0o644);
        let system = self.impostor.directory().join("etc");
        fs::create_dir(&system).unwrap();
        write(&system.join("pg_service.conf"), &services.replace("nightly", "weekly"), 0o644);
    }

    fn filled(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }

    /// What the impostor sees of a program.
    fn seen(&self, mut program: Command, way: &Way) -> String {
        program.envs(way.env.iter().map(|(name, value)| (name, self.filled(value))));
        program.args(way.args.iter().map(|arg| self.filled(arg)));
        let ran = Ran::of(&mut program);
        assert_ne!(ran.code, Some(0), "{}", way.name);
        self.impostor.visit().map_or(ran.stderr, |visit| text(&visit))
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn me() -> String {
    let output = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Programs put their own name where the user says none.
fn text(visit: &Visit) -> String {
    let mut text = format!("{} {} {}", visit.way, visit.user, visit.database);
    let name = visit.application_name.as_ref().filter(|name| !["pgx", "psql"].contains(&&***name));
    for (what, value) in
        [("password", &visit.password), ("options", &visit.options), ("name", &name.cloned())]
    {
        if let Some(value) = value {
            text += &format!(" {what}={value}");
        }
    }
    text
}

/// psql in the environment in which `pgx` is run.
fn psql() -> Option<Command> {
    let mut psql = Command::new(support::psql()?);
    psql.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    psql.args(["-w", "-X", "-c", ""]).env("HOME", "/nonexistent").stdin(Stdio::null());
    Some(psql)
}

fn dump() -> Command {
    let mut dump = pgx_command();
    dump.arg("dump");
    dump
}

#[test]
fn every_way_to_connect_is_understood_as_documented() {
    let scene = Scene::new();
    let failed: Vec<String> = WAYS
        .iter()
        .map(|way| (way.name, scene.seen(dump(), way), scene.filled(way.seen)))
        .filter(|(_, seen, wanted)| seen != wanted)
        .map(|(name, seen, wanted)| format!("{name}: {seen}, not {wanted}"))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_way_to_connect_is_understood_as_by_psql() {
    let scene = Scene::new();
    for way in WAYS {
        let Some(psql) = psql() else { return };
        assert_eq!(scene.seen(psql, way), scene.filled(way.seen), "{}", way.name);
    }
}

#[test]
fn malformed_settings_are_refused_before_anybody_is_asked() {
    let scene = Scene::new();
    for args in REFUSED {
        let args: Vec<String> = args.iter().map(|arg| scene.filled(arg)).collect();
        let said = Ran::of(dump().args(&args)).fails(2);
        assert!(said.starts_with("pgx: error[E0202]: "), "{args:?}: {said}");
        assert!(said.contains("\n  = hint: ") || said.lines().count() == 1, "{args:?}: {said}");
        if let Some(mut psql) = psql() {
            assert_eq!(Ran::of(psql.args(&args)).code, Some(2), "{args:?}");
        }
        assert!(scene.impostor.is_alone(), "{args:?}");
    }
}

#[test]
fn a_password_is_never_repeated() {
    let scene = Scene::new();
    let port = scene.impostor.port();
    let right = format!("postgres://ann:s3cr3t@127.0.0.1:{port}/shop");
    for args in [
        vec![right.clone()],
        vec![format!("{right}?nosuch=1")],
        vec![format!("{right}%zz")],
        vec![right.replace("postgres:", "postgrse:")],
        vec!["shop".to_owned(), right.clone()],
        vec!["-d".to_owned(), "shop".to_owned(), right.clone()],
        vec!["password=s3cr3t s3cr3t=x".to_owned()],
        vec!["--dbnam".to_owned(), right],
    ] {
        let ran = Ran::of(dump().arg("-v").args(&args));
        assert!(matches!(ran.code, Some(2 | 4)), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("s3cr3t"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_password_file_that_is_not_used_is_a_warning() {
    let scene = Scene::new();
    let file = scene.filled("{pass}.open");
    let uri = scene.filled("postgres://ann@{%dir}:{port}/shop");
    let said = Ran::of(dump().arg(uri).env("PGPASSFILE", &file)).fails(4);
    let warning = format!("pgx: warning: the password file {file} is not used: ");
    assert!(said.starts_with(&warning), "{said}");
}

#[test]
fn every_command_connects_by_the_same_rules() {
    let scene = Scene::new();
    let string = scene.filled("host={dir} port={port} user=ann dbname=shop");
    let commands: [&[&str]; 4] = [
        &["dump", &string],
        &["dump", "-d", &string],
        &["manifest", "init", &string],
        &["manifest", "init", "-d", &string],
    ];
    for args in commands {
        support::pgx(args).fails(4);
        assert_eq!(text(&scene.impostor.visit().unwrap()), "socket ann shop", "{args:?}");
    }
}

#[test]
fn restore_and_verify_connect_by_the_same_rules() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE t (a int)");
    let scene = Scene::new();
    let archive = scene.impostor.directory().join("a.pgx");
    let archive = support::arg(&archive);
    support::pgx(&["dump", "-d", &database.uri(), "-f", archive]).ok();
    let string = scene.filled("host={dir} port={port} user=ann dbname=shop");
    let uri = scene.filled("postgres://ann:pw@127.0.0.1:{port}/shop");
    let commands: [(&[&str], &str); 4] = [
        (&["restore", archive, "-d", &string], "socket ann shop"),
        (&["restore", archive, "-d", &uri], "tcp ann shop password=pw"),
        (&["verify", archive, "--against", &string], "socket ann shop"),
        (&["verify", archive, "--against", &uri], "tcp ann shop password=pw"),
    ];
    for (args, seen) in commands {
        support::pgx(args).fails(4);
        assert_eq!(text(&scene.impostor.visit().unwrap()), seen, "{args:?}");
    }
}

/// Variables that ask for what pgx does not do.
const DEMANDS: &[(&str, &str)] = &[
    ("PGSSLCERTMODE", "require"),
    ("PGSSLMAXPROTOCOLVERSION", "TLSv1.1"),
    ("PGGSSENCMODE", "require"),
    ("PGGSSDELEGATION", "1"),
    ("PGREQUIREPEER", "postgres"),
    ("PGMINPROTOCOLVERSION", "3.2"),
];

/// Variables that ask for more than the impostor has.
const UNMET: &[(&str, &str)] = &[
    ("PGSSLMODE", "require"),
    ("PGSSLMODE", "verify-full"),
    ("PGREQUIRESSL", "1"),
    ("PGSSLROOTCERT", "system"),
    ("PGCHANNELBINDING", "require"),
    ("PGREQUIREAUTH", "scram-sha-256"),
    ("PGREQUIREAUTH", "none"),
];

#[test]
fn what_a_server_does_not_meet_is_no_connection() {
    let scene = Scene::new();
    let uri = scene.filled("postgres://ann:pw@127.0.0.1:{port}/shop");
    for (name, value) in UNMET {
        let said = Ran::of(dump().arg(&uri).env(name, value)).fails(4);
        assert!(said.starts_with("pgx: error[E0406]: "), "{name}: {said}");
        assert!(said.contains("\n  = hint: "), "{name}: {said}");
        let visit = scene.impostor.visit_now();
        assert!(visit.is_none_or(|visit| visit.password.is_none()), "{name}: {said}");
    }
}

#[test]
fn what_pgx_would_not_do_is_refused_and_never_ignored() {
    let scene = Scene::new();
    let uri = scene.filled("postgres://ann@127.0.0.1:{port}/shop");
    for (name, value) in DEMANDS {
        let said = Ran::of(dump().arg(&uri).env(name, value)).fails(4);
        assert!(said.starts_with("pgx: error[E0405]: "), "{name}: {said}");
        assert!(said.contains("\n  = hint: "), "{name}: {said}");
        assert!(scene.impostor.is_alone(), "{name}");
    }
}

#[test]
fn the_server_sees_the_user_and_database_that_psql_shows() {
    let Some(server) = support::newest() else { return };
    let role = support::Role::new(&server, "visitor", "LOGIN");
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE seen (fact text); GRANT SELECT ON seen TO public");
    let facts = "current_user || ' ' || current_database() || ' ' || current_setting('port') || ' ' \
                 || current_setting('application_name')";
    let (user, name, port) = (role.name(), database.name(), server.port());
    database.sql(&format!("INSERT INTO seen VALUES ('{user} {name} {port} nightly')"));
    let manifest = tempfile::tempdir().unwrap();
    let file = manifest.path().join("seen.toml");
    fs::write(&file, format!("[[table]]\nname = 'seen'\nwhere = \"fact = {facts}\"\n")).unwrap();
    let mut dump = pgx_command();
    dump.args(["dump", "-a", "-v", "--tables-from", support::arg(&file)]);
    dump.env("PGHOST", server.host()).env("PGPORT", port.to_string());
    dump.env("PGUSER", user).env("PGDATABASE", name).env("PGAPPNAME", "nightly");
    let ran = Ran::of(&mut dump).ok();
    assert!(ran.stderr.contains("public.seen: 1 row in"), "{}", ran.stderr);
    let Some(mut psql) = psql() else { return };
    let uri = format!("{}&application_name=nightly", database.uri_as(user));
    psql.args(["-d", &uri, "-Atc", &format!("SELECT {facts} = fact FROM seen")]);
    assert_eq!(Ran::of(&mut psql).ok().stdout_text(), "t\n");
}
