//! Sums of rows: equal for equal rows, whatever server they come from, and by no other order of bytes.

use std::process::Stdio;

use super::{across, listed};
use crate::support::{Archive, Ran, TestDb, arg, pgx, pgx_command, scenario};

/// The sum of each table.
fn sums(archive: &Archive) -> Vec<(String, String, String)> {
    let sums = listed(archive).into_iter().map(|(name, table)| {
        (name, table["format"].to_string(), table["row_sum"].as_str().unwrap().to_owned())
    });
    sums.collect()
}

#[test]
fn equal_rows_of_every_version_have_equal_sums_in_each_format() {
    let servers = across();
    let filled = |server| {
        let database = TestDb::new(server);
        database.sql(scenario("types").sql);
        // From 18 on `\v` in a literal is a tabulator.
        database.sql("DELETE FROM strings WHERE id = 7");
        database
    };
    let databases: Vec<TestDb> = servers.iter().map(filled).collect();
    for format in ["auto", "text"] {
        let archive = |database| Archive::with(database, &["--copy-format", format]);
        let archives: Vec<Archive> = databases.iter().map(archive).collect();
        let Some(first) = archives.first().map(sums) else { return };
        let binary = first.iter().filter(|(_, format, _)| format == "\"binary\"").count();
        assert!(first.len() > 15 && (binary > 10) == (format == "auto"), "{first:?}");
        for (archive, server) in archives.iter().zip(&servers) {
            assert_eq!(sums(archive), first, "{} as {format}", server.name);
            // Also of another version than the archive.
            databases.iter().for_each(|database| archive.rows_equal(database));
        }
    }
}

fn against(archive: &Archive, database: &TestDb) -> Ran {
    pgx(&["verify", arg(archive.path()), "--against", &database.uri()])
}

fn against_from_pipe(archive: &Archive, database: &TestDb) -> Ran {
    let file = std::fs::File::open(archive.path()).unwrap();
    let uri = database.uri();
    Ran::of(pgx_command().args(["verify", "-", "--against", &uri]).stdin(Stdio::from(file)))
}

/// What is said of a table.
fn verdict(ran: &Ran, table: &str) -> String {
    let line = ran.stdout_text().lines().find(|line| line.starts_with(&format!("public.{table} ")));
    let words: Vec<&str> = line.unwrap().split_whitespace().skip(2).collect();
    words.join(" ")
}

const KEPT: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE same (a int, b timestamptz); INSERT INTO same VALUES (1, '2000-01-01 00:00:00+00');
    CREATE TABLE wide (a int, m mood, v varchar(9), j jsonb, d date, r int[]);
    INSERT INTO wide VALUES (1, 'sad', E'tab\\t', '{\"a\": [1, \"x\"]}', '2000-01-01', '{1,NULL}'),
        (NULL, NULL, NULL, NULL, NULL, NULL), (-7, 'ok', '', '[]', 'infinity', '{}');
    CREATE TABLE moved (a int, t timestamp); INSERT INTO moved VALUES (1, '2000-01-01 12:00');
    CREATE TABLE fewer (a int, b int); INSERT INTO fewer VALUES (1, 2), (3, 4);";

const DRIFTED: &str = "
    CREATE TABLE same (b timestamptz, a int); INSERT INTO same VALUES ('2000-01-01 01:00:00+01', 1);
    CREATE TABLE wide (a int8, m text, v text, j json, d text, r int8[]);
    INSERT INTO wide VALUES (-7, 'ok', '', '[]', 'infinity', '{}'),
        (1, 'sad', E'tab\\t', '{\"a\": [1, \"x\"]}', '2000-01-01', '{1,NULL}'),
        (NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE TABLE moved (a int, t timestamptz); INSERT INTO moved VALUES (1, '2000-01-01 12:00+00');
    CREATE TABLE fewer (a int8, b int); INSERT INTO fewer VALUES (1, 2)";

#[test]
fn rows_in_columns_of_other_types_are_compared_as_text() {
    for server in across() {
        let (source, target) = (TestDb::new(&server), TestDb::new(&server));
        source.sql(KEPT);
        target.sql(DRIFTED);
        let archive = Archive::of(&source);
        let ran = against(&archive, &target);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert_eq!(verdict(&ran, "same"), "equal");
        assert_eq!(verdict(&ran, "wide"), "equal");
        assert_eq!(verdict(&ran, "moved"), "DIFFERENT: as many rows, other values");
        assert_eq!(verdict(&ran, "fewer"), "DIFFERENT: 1 row in the database");
        let ran = against_from_pipe(&archive, &target);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert_eq!(verdict(&ran, "same"), "equal");
        for table in ["wide", "moved", "fewer"] {
            assert!(verdict(&ran, table).starts_with("OTHER TYPES"), "{}", ran.stdout_text());
        }
        target.sql("UPDATE wide SET m = 'Ok' WHERE a = -7; UPDATE same SET a = 2");
        let ran = against(&archive, &target);
        assert_eq!(verdict(&ran, "wide"), "DIFFERENT: as many rows, other values");
        assert_eq!(verdict(&ran, "same"), "DIFFERENT: as many rows, other values");
    }
}

/// An array that once held a NULL says so in its binary form, until it is stored anew.
#[test]
fn arrays_are_equal_whatever_they_held_before() {
    for server in across() {
        let source = TestDb::new(&server);
        source.sql(
            "CREATE TABLE t (a int[], b text[]);
             INSERT INTO t VALUES ('{NULL,2}', '{a,b,NULL}'); UPDATE t SET a[1] = 1, b = b[1:2]",
        );
        assert_eq!(source.value("SELECT array_send(a)::text FROM t").chars().nth(17), Some('1'));
        let archive = Archive::of(&source);
        assert_eq!(listed(&archive)["t"]["format"], "binary");
        archive.rows_equal(&source);
        let copy = archive.restored_into_empty(&server);
        assert_eq!(copy.value("SELECT array_send(a)::text FROM t").chars().nth(17), Some('0'));
        archive.rows_equal(&copy);
        copy.sql("UPDATE t SET a[2] = 7");
        let ran = against(&archive, &copy);
        assert_eq!(verdict(&ran, "t"), "DIFFERENT: as many rows, other values");
    }
}
