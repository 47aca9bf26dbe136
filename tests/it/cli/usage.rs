//! Help, and command lines that contradict themselves.

use crate::support::{self, arg, pgx};

/// Every command with its subcommands.
const COMMANDS: &[&[&str]] =
    &[&["dump"], &["restore"], &["verify"], &["inspect"], &["manifest"], &["manifest", "init"]];

#[test]
fn every_command_shows_examples_and_its_options() {
    for command in COMMANDS {
        for help in ["--help", "-?"] {
            let ran = pgx(&[command, &[help][..]].concat()).ok();
            let text = ran.stdout_text();
            assert!(text.contains("\nExamples:\n  pgx "), "{command:?}: {text}");
            assert!(text.contains("Usage: pgx "), "{command:?}: {text}");
            assert!(text.contains("--quiet"), "{command:?}: {text}");
            assert!(ran.stderr.is_empty(), "{command:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn the_help_of_pgx_lists_commands_and_exit_codes() {
    let ran = pgx(&["--help"]).ok();
    for word in COMMANDS {
        assert!(ran.stdout_text().contains(&format!("\n  {} ", word[0])), "{word:?}");
    }
    assert!(ran.stdout_text().contains("Exit codes:\n    0  done\n"), "{}", ran.stdout_text());
}

#[test]
fn without_a_command_help_goes_to_stderr() {
    for nothing in [&[][..], &["manifest"]] {
        let ran = pgx(nothing);
        assert!(ran.stdout.is_empty(), "{nothing:?}");
        assert!(ran.fails(2).contains("Usage: pgx "), "{nothing:?}");
    }
}

/// An archive that goes into a database: one of roles goes into any cluster.
const OF_A_DATABASE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/definitions.pgx");

/// A command line and a word of the sentence that refuses it. No server is asked.
const REFUSED: &[(&[&str], &str)] = &[
    (&["undump"], "undump"),
    (&["dump", "--frobnicate"], "--frobnicate"),
    (&["dump", "-X"], "-X"),
    (&["dump", "a", "b"], "'b'"),
    (&["dump", "-d", "a", "b"], "twice"),
    (&["dump", "-s", "-a"], "--schema-only and --data-only"),
    (&["dump", "-q", "-v"], "--quiet and --verbose"),
    (&["dump", "-t"], "--table"),
    (&["dump", "-Z", "xz"], "zstd"),
    (&["dump", "--all-databases", "-t", "x"], "-t is about one database"),
    (&["dump", "--all-databases", "-n", "x"], "-n is about one database"),
    (&["dump", "--all-databases", "--tables-from", "x.toml"], "--tables-from"),
    (&["dump", "--all-databases", "-a"], "--data-only"),
    (&["dump", "--all-databases", "-g"], "--globals-only"),
    (&["dump", "--all-databases", "--exclude-database", "a.b"], "too many dotted"),
    (&["dump", "--exclude-database", "a"], "--all-databases"),
    (&["restore", "--database", "a", "--only-database", "b"], "--only-database"),
    (&["inspect", "x.pgx", "--database", "a", "--globals-only"], "--globals-only"),
    (&["dump", "-Z", "lz4:3"], "level"),
    (&["dump", "-j", "0"], "--jobs"),
    (&["dump", "-Z", "zstd:20"], "1 to 19"),
    (&["dump", "--lock-wait-timeout", "soon"], "--lock-wait-timeout"),
    (&["dump", "--tables-format", "toml"], "--tables-from"),
    (&["dump", "--tables-format", "yaml", "--tables-from", "x"], "yaml"),
    (&["dump", "--tables-from", "no/such/file"], "no/such/file"),
    (&["restore", "x", "-s", "-a", "-d", "a"], "--schema-only and --data-only"),
    (&["restore", "x", "--owner", "ann", "-d", "a"], "--create"),
    (&["restore", "x", "--maintenance-db", "p", "-d", "a"], "--create"),
    (&["restore", OF_A_DATABASE], "-d"),
    (&["restore", "x", "y"], "'y'"),
    (&["verify"], "ARCHIVE"),
    (&["inspect"], "ARCHIVE"),
    (&["inspect", "x", "-d", "shop"], "-d"),
    (&["manifest", "finish"], "finish"),
    (&["manifest", "init", "--foreign-keys", "perhaps"], "perhaps"),
];

#[test]
fn unknown_options_and_contradictions_are_refused_with_a_sentence() {
    for (command, word) in REFUSED {
        let ran = pgx(command);
        assert!(ran.stdout.is_empty(), "{command:?}");
        let said = ran.fails(2);
        let first = said.lines().next().unwrap_or_default();
        assert!(first.starts_with("pgx: error[E020"), "{command:?}: {said}");
        assert!(said.contains(word), "{command:?}: {said}");
        assert!(said.lines().last().unwrap().starts_with("  = hint: "), "{command:?}: {said}");
    }
}

#[test]
fn options_may_stand_anywhere_and_be_run_together() {
    let Some(server) = support::newest() else { return };
    let database = support::TestDb::new(&server);
    database.sql("CREATE TABLE t (a int); CREATE TABLE u (a int)");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.pgx");
    let uri = database.uri();
    let spellings: [&[&str]; 3] = [
        &["dump", &uri, "-sqf", arg(&file), "-tt"],
        &["-q", "dump", "--file", arg(&file), "--table=t", "--schema-only", "--dbname", &uri],
        &["dump", "-st", "t", "-f", arg(&file), "--", &uri],
    ];
    let mut listed = Vec::new();
    for spelling in spellings {
        pgx(spelling).ok();
        let text = pgx(&["inspect", arg(&file)]).ok().stdout_text().to_owned();
        // What follows are the archive's own name and times.
        listed.push(text.split_once("\nserver ").unwrap().1.to_owned());
        std::fs::remove_file(&file).unwrap();
    }
    assert!(listed[0].contains("-t t --schema-only"), "{}", listed[0]);
    assert!(listed.iter().all(|text| *text == listed[0]), "{listed:#?}");
}
