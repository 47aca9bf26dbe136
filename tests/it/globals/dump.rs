//! What a dump holds, and what it shows.

use super::{Dumped, make_tablespaces, source};
use crate::support::{arg, newest, pgx, server};

#[test]
fn no_password_is_shown_anywhere() {
    let Some(beside) = newest() else { return };
    let Some(source) = source(&beside) else { return };
    let dumped = Dumped::of(source.server(), &["-g"]);
    let secrets = "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL";
    let rows = source.server().session().query(secrets).unwrap();
    let secrets: Vec<&str> = rows.iter().map(|row| row.str("rolpassword").unwrap()).collect();
    assert_eq!(secrets.len(), 2);
    let path = dumped.path();
    let shown = [
        pgx(&["inspect", arg(&path)]).ok(),
        pgx(&["inspect", "--json", arg(&path)]).ok(),
        pgx(&["verify", "--deep", arg(&path)]).ok(),
        pgx(&["restore", arg(&path), "--dry-run"]).ok(),
        dumped.restore_as("postgres", source.server(), &["--verbose"]).ok(),
    ];
    for ran in shown {
        for secret in &secrets {
            let beginning = &secret[..20];
            assert!(!ran.stdout_text().contains(beginning) && !ran.stderr.contains(beginning));
        }
    }
}

#[test]
fn parts_are_left_out_at_the_dump_and_at_the_restore() {
    let Some(beside) = newest() else { return };
    let Some(source) = source(&beside) else { return };
    make_tablespaces(&source, &source.directory("space"));
    let whole = Dumped::of(source.server(), &["-g"]);
    for (option, gone) in [
        ("--no-role-passwords", "PASSWORD"),
        ("--no-comments", "COMMENT"),
        ("--no-privileges", "PARAMETER"),
        ("--no-tablespaces", "CREATE TABLESPACE"),
        ("--no-owner", "OWNER"),
    ] {
        assert!(whole.plan(&[]).contains(gone), "{gone}");
        let at_restore = whole.plan(&[option]);
        assert!(!at_restore.contains(gone) && at_restore.contains("CREATE ROLE \"plain\""));
        let at_dump = Dumped::of(source.server(), &["-g", option]).plan(&[]);
        assert_eq!(at_dump, at_restore, "{option}");
    }
    let roles = Dumped::of(source.server(), &["-r"]).plan(&[]);
    let spaces = Dumped::of(source.server(), &["--tablespaces-only"]).plan(&[]);
    assert!(roles.contains(" ROLE ") && !roles.contains("TABLESPACE "), "{roles}");
    assert!(spaces.contains("CREATE TABLESPACE ") && !spaces.contains(" ROLE "), "{spaces}");
}

#[test]
fn roles_and_tablespaces_are_mapped_wherever_they_are_named() {
    let Some(beside) = newest() else { return };
    let Some(source) = source(&beside) else { return };
    make_tablespaces(&source, &source.directory("space"));
    let dumped = Dumped::of(source.server(), &["-g"]);
    let plan = dumped.plan(&["--map-role", "plain=other", "--map-tablespace", "sp ace=far"]);
    assert!(!plan.contains("\"plain\"") && !plan.contains("\"sp ace\""), "{plan}");
    for line in [
        "CREATE ROLE \"other\"",
        "COMMENT ON ROLE \"other\"",
        "GRANT \"other\" TO \"third\"",
        "ALTER ROLE \"other\" SET \"search_path\"",
        "GRANT SET ON PARAMETER \"work_mem\" TO \"other\"",
        "SET SESSION AUTHORIZATION \"other\"",
        "CREATE TABLESPACE \"far\" OWNER \"other\"",
        "ALTER TABLESPACE \"far\" SET",
    ] {
        assert!(plan.contains(line), "{line}: {plan}");
    }
    let path = dumped.path();
    let wrong = pgx(&["restore", arg(&path), "--dry-run", "--map-role", "nobody=x"]).fails(2);
    assert!(wrong.contains("the archive has no role"), "{wrong}");
}

#[test]
fn a_grantor_that_is_gone_or_may_grant_no_more_is_named() {
    if let Some(source) = server(10).as_ref().and_then(source) {
        source.sql(&["GRANT plain TO first GRANTED BY second", "DROP ROLE second"]);
        let said = dump(&source.server().uri("postgres"));
        assert!(
            said.contains("the membership of first in plain was granted by a role that is gone")
        );
    }
    let Some(source) = newest().as_ref().and_then(source) else { return };
    source.sql(&["GRANT staff TO first WITH ADMIN FALSE"]);
    let said = dump(&source.server().uri("postgres"));
    assert!(said.contains("was granted by first, who may not grant it any more"), "{said}");
}

fn dump(uri: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    pgx(&["dump", uri, "-g", "-f", arg(&dir.path().join("g.pgx"))]).ok().stderr
}

#[test]
fn globals_are_no_part_of_a_database() {
    let nowhere = "postgresql://nobody@/nothing?host=/nonexistent";
    for (options, said) in [
        (&["-g", "-t", "x"][..], "-t chooses from a database"),
        (&["-g", "--schema-only"], "--schema-only chooses from a database"),
        (&["-r", "--tables-from", "x"], "--tables-from chooses from a database"),
        (&["-g", "-r"], "--globals-only and --roles-only contradict each other"),
        (&["--no-role-passwords"], "a database holds no passwords of roles"),
        (&["--tablespaces-only", "--no-role-passwords"], "tablespaces have no passwords"),
    ] {
        let ran = pgx(&[&["dump", nowhere], options].concat()).fails(2);
        assert!(ran.contains(said), "{said}: {ran}");
    }
    let Some(server) = newest() else { return };
    let dumped = Dumped::of(&server, &["-g", "--no-role-passwords"]);
    let path = dumped.path();
    for option in [&["--create"][..], &["-t", "x"], &["-n", "x"], &["--section=data"]] {
        let ran = pgx(&[&["restore", arg(&path), "--dry-run"], option].concat()).fails(2);
        assert!(ran.contains("the archive holds roles and tablespaces"), "{option:?}: {ran}");
    }
    let against = pgx(&["verify", arg(&path), "--against", &server.uri("postgres")]).fails(2);
    assert!(against.contains("the archive holds roles and tablespaces"), "{against}");
}
