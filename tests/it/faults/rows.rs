//! Rows that the target rejects: which table, constraint and row; the values only on request.

use super::{Archive, Trace, assert_says, assert_unchanged, clear_error, fingerprint};
use crate::support::{self, Server, TestDb};

/// What a target has against a row, and what must be said of it.
struct Case {
    name: &'static str,
    /// Makes the target's table `app.t`.
    table: &'static str,
    says: &'static [&'static str],
    /// A part of the row, which is told on request.
    shows: &'static str,
}

/// Row 7 has the code 7 and the words `secret-7`; row 3 has no word.
const CASES: [Case; 6] = [
    Case {
        name: "unique",
        table: "CREATE TABLE app.t (id serial, code text UNIQUE, word text);
                INSERT INTO app.t (code) VALUES ('7')",
        says: &["[23505]", "constraint t_code_key", "row 7"],
        shows: "(7)",
    },
    Case {
        name: "check",
        table: "CREATE TABLE app.t (id serial, code text, word text,
                CONSTRAINT no_seven CHECK (word <> 'secret-7'))",
        says: &["[23514]", "constraint no_seven", "row 7"],
        shows: "secret-7",
    },
    Case {
        name: "not null",
        table: "CREATE TABLE app.t (id serial, code text, word text NOT NULL)",
        says: &["[23502]", "column word", "row 3"],
        shows: "(3, 3, null)",
    },
    Case {
        name: "foreign key",
        table: "CREATE TABLE app.words (word text PRIMARY KEY);
                INSERT INTO app.words SELECT 'secret-' || n FROM generate_series(1, 6) n;
                CREATE TABLE app.t (id serial, code text, word text REFERENCES app.words)",
        says: &["[23503]", "constraint t_word_fkey"],
        shows: "secret-7",
    },
    Case {
        name: "type",
        table: "CREATE TABLE app.t (id serial, code int, word int)",
        says: &["[22P02]", "column word", "row 1"],
        shows: "secret-1",
    },
    Case {
        name: "length",
        table: "CREATE TABLE app.t (id serial, code text, word varchar(8))",
        says: &["[22001]", "column word", "row 10"],
        shows: "secret-10",
    },
];

fn source(server: &Server) -> TestDb {
    let source = TestDb::new(server);
    source.sql(
        "CREATE SCHEMA app; CREATE SEQUENCE app.counter START 500; SELECT nextval('app.counter');
         CREATE TABLE app.t (id serial, code text, word text);
         INSERT INTO app.t (code, word)
             SELECT n, CASE WHEN n <> 3 THEN 'secret-' || n END FROM generate_series(1, 50) n",
    );
    source
}

#[test]
fn a_rejected_row_names_table_constraint_and_row_and_changes_nothing() {
    support::each_version(|server| {
        let archive = Archive::with(&source(server), &["-a"]);
        let target = TestDb::new(server);
        for case in CASES {
            target.sql("DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app");
            target.sql("CREATE SEQUENCE app.counter START 5");
            target.sql(case.table);
            let before = fingerprint(&target);
            let trace = Trace::new(server);
            let uri = target.uri();
            let ran = trace.run(&["restore", archive.arg(), "-a", "-d", &uri]);
            let error = clear_error(&ran, 8, "E0805");
            assert_says(error.lines().next().unwrap(), &["app.t"]);
            assert_says(error.lines().next().unwrap(), case.says);
            assert!(!ran.stderr.contains("secret"), "{}: {error}", case.name);
            assert_says(&error, &["--show-row-values"]);
            trace.assert_no_backend();
            assert_unchanged(&target, &before);
            let shown =
                trace.run(&["restore", archive.arg(), "-a", "-d", &uri, "--show-row-values"]);
            let error = clear_error(&shown, 8, "E0805");
            assert_says(&error, &[case.shows]);
            assert_unchanged(&target, &before);
        }
    });
}

/// The same while definitions and rows are restored: an index that rows break, on a target whose
/// function judges otherwise than the source's did.
#[test]
fn a_constraint_that_is_made_after_the_rows_is_named_with_its_table() {
    support::each_version(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE SCHEMA app; CREATE TABLE app.words (w text PRIMARY KEY);
             CREATE TABLE app.t (id serial PRIMARY KEY, word text REFERENCES app.words);
             INSERT INTO app.words VALUES ('secret-1');
             INSERT INTO app.t (word) VALUES ('secret-1');
             ALTER TABLE app.words DISABLE TRIGGER ALL; DELETE FROM app.words",
        );
        let archive = Archive::of(&source);
        let target = TestDb::new(server);
        super::occupy(&target);
        let before = fingerprint(&target);
        let trace = Trace::new(server);
        let ran = trace.run(&["restore", archive.arg(), "-d", &target.uri()]);
        let error = clear_error(&ran, 8, "E0805");
        assert_says(error.lines().next().unwrap(), &["app.t", "t_word_fkey", "[23503]"]);
        assert!(!ran.stderr.contains("secret"), "{error}");
        trace.assert_no_backend();
        assert_unchanged(&target, &before);
        let made = TestDb::adopt(server, &support::unique("made"));
        let ran = trace.run(&["restore", archive.arg(), "--create", "-d", &made.uri()]);
        clear_error(&ran, 8, "E0805");
        assert_eq!(super::databases(server, made.name()), [""; 0]);
        trace.assert_no_backend();
    });
}

#[test]
fn a_target_without_the_table_or_its_column_is_told_before_a_row_is_sent() {
    let Some(server) = support::newest() else { return };
    let archive = Archive::with(&source(&server), &["-a"]);
    let cases = [("SELECT", "app.t"), ("CREATE TABLE app.t (id serial, code text)", "word")];
    for (table, word) in cases {
        let target = TestDb::new(&server);
        target.sql("CREATE SCHEMA app; CREATE SEQUENCE app.counter START 5");
        target.sql(table);
        let before = fingerprint(&target);
        let ran = support::pgx(&["restore", archive.arg(), "-a", "-d", &target.uri()]);
        assert_says(&clear_error(&ran, 8, "E0807"), &[word]);
        assert_unchanged(&target, &before);
    }
}
