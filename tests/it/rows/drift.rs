//! Rows stored as binary, into columns that have other types by now: as if they were text.

use super::across;
use super::cases::{CASES, Case, FROM_12, FROM_14, Fate, POSTGIS};
use crate::support::{self, Archive, Server, TestDb};

/// What the server can take.
fn cases(server: &Server) -> Vec<&'static Case> {
    if server.has_postgis() {
        return POSTGIS.iter().collect();
    }
    let since = [(10, CASES), (12, FROM_12), (14, FROM_14)];
    since.iter().filter(|(major, _)| *major <= server.major).flat_map(|(_, cases)| *cases).collect()
}

/// A schema for each case: `c7.t`, whose row 3 stands between others of more columns.
fn tables(cases: &[&Case], side: impl Fn(&Case) -> &'static str) -> String {
    let one = |(at, case): (usize, &&Case)| {
        let (definitions, kind) = side(case).split_once(" => ").unwrap_or(("SELECT", side(case)));
        format!(
            "CREATE SCHEMA c{at}; SET search_path = c{at}, public; {definitions};
             CREATE TABLE t (a text DEFAULT 'before', v {kind}, z int DEFAULT 9);\n"
        )
    };
    cases.iter().enumerate().map(one).collect()
}

fn rows(cases: &[&Case]) -> String {
    let one = |(at, case): (usize, &&Case)| {
        let literal = |value: &str| match value {
            "NULL" => "NULL".to_owned(),
            value => format!("'{}'", value.replace('\'', "''")),
        };
        let values: Vec<String> = case.values.split('|').map(literal).collect();
        let values: String = values
            .iter()
            .map(|value| format!("INSERT INTO c{at}.t (v) VALUES ({value});\n"))
            .collect();
        format!("SET search_path = c{at}, public; {values}")
    };
    cases.iter().enumerate().map(one).collect()
}

fn extensions(server: &Server, schema: &str) -> String {
    let mut names = vec!["hstore", "citext", "ltree", "cube"];
    names.extend(server.has_postgis().then_some("postgis"));
    let made = names.iter().map(|name| {
        // PostGIS cannot be moved, so its types stay where they are.
        let schema = if *name == "postgis" { "public" } else { schema };
        format!("CREATE EXTENSION {name} SCHEMA {schema};\n")
    });
    made.collect()
}

/// The source's rows in both formats, and a target for each.
struct Drift {
    cases: Vec<&'static Case>,
    binary: Archive,
    text: Archive,
    into_binary: TestDb,
    into_text: TestDb,
}

impl Drift {
    fn new(server: &Server) -> Drift {
        let cases = cases(server);
        let source = TestDb::new(server);
        source.sql(&extensions(server, "public"));
        source.sql(&(tables(&cases, |case| case.from) + &rows(&cases)));
        let target = || {
            let target = TestDb::new(server);
            target.sql(&("CREATE SCHEMA ext;".to_owned() + &extensions(server, "ext")));
            target.sql(&tables(&cases, |case| case.to));
            target
        };
        let archive =
            |format| Archive::with(&source, &["-a", "-t", "c*.t", "--copy-format", format]);
        let (binary, text) = (archive("auto"), archive("text"));
        let (into_binary, into_text) = (target(), target());
        Drift { cases, binary, text, into_binary, into_text }
    }

    fn schemas(&self, taken: bool) -> Vec<String> {
        let cases = self.cases.iter().enumerate();
        let wanted = cases.filter(|(_, case)| (case.fate == Fate::Taken) == taken);
        wanted.map(|(at, _)| format!("c{at}")).collect()
    }
}

/// The rows of a case as text.
fn stored(database: &TestDb, schema: &str) -> String {
    let sql = format!("SELECT string_agg(t::text || coalesce(v::text, '-'), '|') FROM {schema}.t");
    database.value(&sql)
}

/// `table c7.t, column v, row 2`: which row is refused, and for what.
fn refused(said: &str) -> &str {
    let (_, object) = said.lines().next().unwrap().split_once("; ").unwrap();
    object.split(':').next().unwrap()
}

fn taken_as_text_is(server: &Server) {
    let drift = Drift::new(server);
    let schemas = drift.schemas(true);
    let mut options = vec!["-a"];
    schemas.iter().for_each(|schema| options.extend(["-n", schema]));
    drift.binary.restore(&drift.into_binary, &options).ok();
    drift.text.restore(&drift.into_text, &options).ok();
    for schema in &schemas {
        let case = drift.cases[schema[1..].parse::<usize>().unwrap()];
        let (binary, text) = (stored(&drift.into_binary, schema), stored(&drift.into_text, schema));
        assert_eq!(binary, text, "{} to {}", case.from, case.to);
        assert!(!text.is_empty(), "{} to {}", case.from, case.to);
    }
}

fn refused_as_text_is(server: &Server, with_text: bool) {
    let drift = Drift::new(server);
    for schema in drift.schemas(false) {
        let case = drift.cases[schema[1..].parse::<usize>().unwrap()];
        let what = format!("{} to {} on {}", case.from, case.to, server.name);
        let said = |archive: &Archive, target: &TestDb| {
            let ran = archive.restore(target, &["-a", "-n", &schema]);
            assert_eq!(ran.code, Some(8), "{what}: {}", ran.stderr);
            assert_eq!(stored(target, &schema), "", "{what}");
            ran.stderr
        };
        let binary = said(&drift.binary, &drift.into_binary);
        let Fate::Refused(row) = case.fate else { unreachable!() };
        let table = format!("table {schema}.t, ");
        assert!(refused(&binary).starts_with(&table), "{what}: {binary}");
        assert!(refused(&binary).ends_with(&format!(", row {row}")), "{what}: {binary}");
        if with_text {
            let text = said(&drift.text, &drift.into_text);
            assert_eq!(refused(&binary), refused(&text), "{what}:\n{binary}{text}");
        }
    }
}

#[test]
fn a_column_that_takes_the_text_takes_binary_rows_with_the_same_result() {
    across().iter().chain(&support::gis()).for_each(taken_as_text_is);
}

#[test]
fn a_column_that_refuses_the_text_refuses_binary_rows_by_the_same_row_and_column() {
    support::newest().iter().for_each(|newest| refused_as_text_is(newest, true));
    let others = support::server(10).into_iter().chain(support::gis());
    others.for_each(|server| refused_as_text_is(&server, false));
}

/// Types whose binary form older servers do not receive.
const NEWER: &str = "
    CREATE EXTENSION ltree; CREATE EXTENSION cube; CREATE EXTENSION hstore;
    CREATE TABLE trees (l ltree, c cube, h hstore); INSERT INTO trees VALUES ('a.b', '(1,2)', 'a=>1');
    CREATE TABLE spans (i interval, s int4range, a timestamptz[]);
    INSERT INTO spans VALUES ('1 mon -2 days 00:00:01.5', '[1,3)', '{2000-01-01 00:00:00+00}');";

#[test]
fn an_older_server_takes_binary_rows_whose_types_it_cannot_receive() {
    let Some(newest) = support::newest() else { return };
    let source = TestDb::new(&newest);
    source.sql(NEWER);
    let archive = Archive::of(&source);
    assert!(super::listed(&archive).values().all(|table| table["format"] == "binary"));
    for server in [10, 12, 14].into_iter().filter_map(support::server) {
        for copy in [archive.restored_into_empty(&server), archive.restored_with_create(&server)] {
            assert_eq!(super::rows_of(&copy), super::rows_of(&source), "{}", server.name);
            archive.rows_equal(&copy);
        }
    }
}

/// Before 17 no interval is infinite; the bytes of one are those of 178 million years.
#[test]
fn an_infinite_interval_is_refused_where_there_are_none() {
    let Some(newest) = support::newest().filter(|server| server.major >= 17) else { return };
    let source = TestDb::new(&newest);
    source.sql("CREATE TABLE t (v interval); INSERT INTO t VALUES ('1 day'), ('infinity')");
    let archive = Archive::of(&source);
    assert_eq!(super::listed(&archive)["t"]["format"], "binary");
    for server in [10, 16].into_iter().filter_map(support::server) {
        let target = TestDb::new(&server);
        let said = archive.restore(&target, &[]).fails(8);
        assert!(said.contains("table public.t, column v, row 2"), "{said}");
    }
}
