//! `pgx diff`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{self, Ran, Role, Server, TestDb, arg, pgx, scenario};

const TABLES: &str = r#"
CREATE TABLE client (id int PRIMARY KEY, name text NOT NULL, tags text[]);
CREATE TABLE bill (id serial PRIMARY KEY, client int REFERENCES client, "at" date);
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql AS 'SELECT 2 * a';
COMMENT ON TABLE client IS 'people';
INSERT INTO client VALUES (1, 'ann', '{a,b}'), (2, 'bob', NULL);
INSERT INTO bill (client, "at") VALUES (1, '2020-01-01'), (2, '2020-01-02');
SELECT lo_from_bytea(4711, 'abc');
"#;

fn dumped(database: &TestDb, dir: &Path, name: &str) -> PathBuf {
    let file = dir.join(name);
    pgx(&["dump", &database.uri(), "-q", "-f", arg(&file)]).ok();
    file
}

fn diff(a: &str, b: &str, options: &[&str]) -> Ran {
    pgx(&[&["diff", a, b], options].concat())
}

/// Both say that there is nothing to say.
#[track_caller]
fn assert_equal(a: &str, b: &str) {
    let ran = diff(a, b, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout_text(), ran.stderr);
    assert!(ran.stdout_text().starts_with("no difference: "), "{}", ran.stdout_text());
}

/// The one line that tells of a difference.
#[track_caller]
fn one_line(a: &str, b: &str) -> String {
    let ran = diff(a, b, &[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout_text(), ran.stderr);
    assert!(ran.stderr.contains("E0101"), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout_text().lines().collect();
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    (*line).to_owned()
}

/// A database as of before, and what it was changed to: as archives, and on the server.
struct Changed {
    database: TestDb,
    dir: tempfile::TempDir,
    before: PathBuf,
}

impl Changed {
    fn new(server: &Server) -> Changed {
        let database = TestDb::new(server);
        database.sql(TABLES);
        let dir = tempfile::tempdir().unwrap();
        let before = dumped(&database, dir.path(), "before.pgx");
        Changed { database, dir, before }
    }

    /// One change is one line, whether it is read from archives or from the server, and from which side.
    #[track_caller]
    fn told(self, sql: &str, expected: &str) {
        self.database.sql(sql);
        let (before, uri) = (arg(&self.before), self.database.uri());
        let after = dumped(&self.database, self.dir.path(), "after.pgx");
        assert_eq!(one_line(before, arg(&after)), expected, "two archives");
        assert_eq!(one_line(before, &uri), expected, "an archive and a database");
        let turned = one_line(&uri, before);
        assert_eq!(turned, one_line(arg(&after), before), "the other way round");
        assert_ne!(turned, "");
    }
}

#[test]
fn a_dump_and_its_like_are_equal_whatever_their_scenario() {
    support::each_version(|server| {
        let name = if server.major >= 14 { "types_14" } else { "types" };
        for name in [name, "application", "cycles"] {
            let scenario = scenario(name);
            if !scenario.fits(server) {
                continue;
            }
            let (database, dir) = (TestDb::new(server), tempfile::tempdir().unwrap());
            database.sql(scenario.sql);
            let one = dumped(&database, dir.path(), "one.pgx");
            let two = dumped(&database, dir.path(), "two.pgx");
            assert_equal(arg(&one), arg(&one));
            assert_equal(arg(&one), arg(&two));
            assert_equal(arg(&one), &database.uri());
            assert_equal(&database.uri(), &database.uri());
        }
    });
}

#[test]
fn rows_as_text_and_as_binary_are_the_same_rows() {
    let Some(server) = support::newest() else { return };
    let Changed { database, dir, before } = Changed::new(&server);
    let file = dir.path().join("text.pgx");
    pgx(&["dump", &database.uri(), "--copy-format", "text", "-f", arg(&file)]).ok();
    assert_equal(arg(&before), arg(&file));
    database.sql("UPDATE client SET name = 'eve' WHERE id = 2");
    pgx(&["dump", &database.uri(), "--copy-format", "text", "--force", "-f", arg(&file)]).ok();
    assert_eq!(one_line(arg(&before), arg(&file)), "differs: rows of public.client: values");
}

#[test]
fn a_restored_database_is_equal_to_its_archive() {
    support::each_version(|server| {
        let changed = Changed::new(server);
        let copy = TestDb::new(server);
        pgx(&["restore", arg(&changed.before), "-q", "-d", &copy.uri()]).ok();
        assert_equal(arg(&changed.before), &copy.uri());
        assert_equal(&copy.uri(), &changed.database.uri());
    });
}

#[test]
fn an_added_column_is_one_line() {
    support::each_version(|server| {
        let expected = "differs: TABLE public.client: definition + \"note\" text";
        Changed::new(server).told("ALTER TABLE client ADD COLUMN note text", expected);
    });
}

#[test]
fn a_grant_is_one_line() {
    support::each_version(|server| {
        let expected = "differs: TABLE public.client: grants \
                        + GRANT SELECT ON TABLE \"public\".\"client\" TO PUBLIC";
        Changed::new(server).told("GRANT SELECT ON client TO PUBLIC", expected);
    });
}

#[test]
fn another_comment_is_one_line() {
    support::each_version(|server| {
        let expected = "differs: TABLE public.client: comments \
            - COMMENT ON TABLE \"public\".\"client\" IS 'people' \
            + COMMENT ON TABLE \"public\".\"client\" IS 'clients'";
        Changed::new(server).told("COMMENT ON TABLE client IS 'clients'", expected);
    });
}

#[test]
fn an_updated_row_is_one_line_without_its_values() {
    support::each_version(|server| {
        let expected = "differs: rows of public.client: values";
        Changed::new(server).told("UPDATE client SET name = 'eve' WHERE id = 2", expected);
    });
}

#[test]
fn a_deleted_row_is_one_line_with_both_numbers() {
    support::each_version(|server| {
        let expected = "differs: rows of public.bill: number of rows - 2 + 1";
        Changed::new(server).told("DELETE FROM bill WHERE id = 2", expected);
    });
}

#[test]
fn a_dropped_table_is_one_line_with_all_that_was_on_it() {
    support::each_version(|server| {
        let changed = Changed::new(server);
        // Rows, key, foreign key; sequence, its owner and its value.
        let expected = "only in A: TABLE public.bill, and 6 entries with it";
        changed.told("DROP TABLE bill", expected);
    });
}

#[test]
fn functions_large_objects_and_sequences_are_one_line() {
    let Some(server) = support::newest() else { return };
    let told = |sql, expected| Changed::new(&server).told(sql, expected);
    told(
        "CREATE FUNCTION twice(a text) RETURNS text LANGUAGE sql AS 'SELECT a'",
        "only in B: FUNCTION public.twice(a text)",
    );
    told(
        "SELECT setval('bill_id_seq', 7)",
        "differs: value of sequence public.bill_id_seq: value - 2 + 7",
    );
    told("SELECT lo_put(4711, 0, 'x')", "differs: large objects: values");
}

#[test]
fn owners_are_told_unless_they_are_left_out() {
    let Some(server) = support::newest() else { return };
    let role = Role::new(&server, "owner", "");
    let changed = Changed::new(&server);
    let uri = changed.database.uri();
    changed.database.sql(&format!("ALTER FUNCTION twice OWNER TO {}", role.name()));
    let line = one_line(arg(&changed.before), &uri);
    let expected = format!(
        "differs: FUNCTION public.twice(a integer): owner - {} + {}",
        server.user(),
        role.name()
    );
    assert_eq!(line, expected);
    diff(arg(&changed.before), &uri, &["--no-owner"]).ok();
}

#[test]
fn json_says_the_same() {
    let Some(server) = support::newest() else { return };
    let changed = Changed::new(&server);
    changed.database.sql("DROP TABLE bill; UPDATE client SET name = 'eve'");
    let ran = diff(arg(&changed.before), &changed.database.uri(), &["--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let found: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(found["equal"], false);
    let [bill, client] = found["differences"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!((&bill["only_in"], &bill["with"]), (&"a".into(), &6.into()));
    assert_eq!((&client["kind"], &client["name"]), (&"TABLE DATA".into(), &"client".into()));
    assert_eq!(
        (&client["only_in"], &client["changes"][0]["what"]),
        (&Value::Null, &"values".into())
    );
}

#[test]
fn what_is_neither_archive_nor_database_is_refused() {
    let Some(server) = support::newest() else { return };
    let changed = Changed::new(&server);
    diff(arg(&changed.before), "missing.pgx", &[]).fails(7);
    diff(arg(&changed.before), &server.uri("pgx_no_such_database"), &[]).fails(4);
    diff("-", "-", &[]).fails(2);
}
