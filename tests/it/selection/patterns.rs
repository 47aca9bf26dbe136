//! `-t -T -n -N` choose what they choose with pg_dump.

use std::collections::BTreeSet;

use serde_json::Value;

use super::switch_sets::{NAMES, REFUSED, SETS};
use crate::support::{self, Role, Server, TestDb, pgx_command};

/// Kinds of pg_dump's table of contents that name something chosen.
const KINDS: [&str; 19] = [
    "TABLE",
    "VIEW",
    "MATERIALIZED VIEW",
    "SEQUENCE",
    "SCHEMA",
    "TABLE DATA",
    "SEQUENCE SET",
    "MATERIALIZED VIEW DATA",
    "TYPE",
    "SHELL TYPE",
    "PROCEDURAL LANGUAGE",
    "TRANSFORM",
    "CAST",
    "ACCESS METHOD",
    "CONVERSION",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH CONFIGURATION",
];

/// Kind, schema, name.
type Names = BTreeSet<(String, String, String)>;

/// A database of tricky names and the role that dumps it.
struct Scene {
    database: TestDb,
    role: Role,
}

impl Scene {
    fn new(server: &Server) -> Scene {
        let role = Role::new(server, "chooser", "SUPERUSER LOGIN");
        let database = TestDb::with(server, "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        database.sql(NAMES);
        // A table that both schemas have is found in the first of the path.
        let sql = format!(
            "ALTER ROLE {} IN DATABASE {} SET search_path = app, public, nowhere",
            role.name(),
            database.name()
        );
        database.sql(&sql);
        Scene { database, role }
    }

    fn uri(&self) -> String {
        self.database.uri_as(self.role.name())
    }

    fn filled(&self, set: &[&str]) -> Vec<String> {
        set.iter().map(|word| word.replace("{database}", self.database.name())).collect()
    }

    fn chosen_by_pgx(&self, set: &[&str]) -> Names {
        let mut dump = pgx_command();
        let file = tempfile::tempdir().unwrap();
        let file = file.path().join("a.pgx");
        dump.args(["dump", "-f", support::arg(&file), "-d", &self.uri()]).args(self.filled(set));
        support::Ran::of(&mut dump).ok();
        let listed = support::pgx(&["inspect", "--json", support::arg(&file)]).ok();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        let text =
            |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().replace('\n', " ");
        let entries = listed["entries"].as_array().unwrap().iter();
        entries
            .map(|entry| (text(entry, "kind"), text(entry, "schema"), text(entry, "name")))
            .filter(|(kind, ..)| KINDS.contains(&kind.as_str()))
            .filter(|chosen| !is_system(chosen))
            .map(|(kind, schema, name)| match kind.as_str() {
                // The language is quoted only where it must be.
                "TRANSFORM" => (kind, schema, name.replace('"', "")),
                _ => (kind, schema, name),
            })
            .collect()
    }

    fn chosen_by_pg_dump(&self, set: &[&str]) -> Option<Names> {
        let set = self.filled(set);
        let uri = self.uri();
        let mut args = vec!["--strict-names", "-d", &uri];
        args.extend(set.iter().map(String::as_str));
        let text = support::pg_dump(&self.database, &args)?;
        let lines = text.lines().filter_map(|line| {
            line.strip_prefix("-- Name: ").or_else(|| line.strip_prefix("-- Data for Name: "))
        });
        let chosen = lines.map(header).filter(|(kind, ..)| KINDS.contains(&kind.as_str()));
        Some(chosen.filter(|chosen| !is_system(chosen)).collect())
    }
}

/// `t; Type: TABLE; Schema: public; Owner: postgres`; the kind may be part of the name.
fn header(line: &str) -> (String, String, String) {
    let (name, rest) = line.split_once("; Type: ").unwrap();
    let (kind, rest) = rest.split_once("; Schema: ").unwrap();
    let (schema, _) = rest.split_once("; Owner: ").unwrap();
    let name = name.strip_prefix(kind).map_or(name, str::trim_start);
    (kind.to_owned(), schema.trim_start_matches('-').to_owned(), name.to_owned())
}

/// pgx never takes what belongs to the system, where pg_dump would; that there is a schema `public` is no
/// choice of either.
fn is_system((kind, schema, name): &(String, String, String)) -> bool {
    let schema = if kind == "SCHEMA" { name } else { schema };
    schema.starts_with("pg_")
        || schema == "information_schema"
        || (kind == "SCHEMA" && schema == "public")
}

/// Compares every `step`th set: the server's version plays a small part.
fn check(server: &Server, step: usize) {
    let scene = Scene::new(server);
    let mut differing = Vec::new();
    for set in SETS.iter().step_by(step) {
        let Some(theirs) = scene.chosen_by_pg_dump(set) else { return };
        let ours = scene.chosen_by_pgx(set);
        if ours != theirs {
            let missing: Vec<_> = theirs.difference(&ours).collect();
            let more: Vec<_> = ours.difference(&theirs).collect();
            differing.push(format!("{set:?}: missing {missing:?}, more {more:?}"));
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn switches_choose_what_they_choose_with_pg_dump_on_10() {
    support::server(10).iter().for_each(|server| check(server, 5));
}

#[test]
fn switches_choose_what_they_choose_with_pg_dump_on_14() {
    support::server(14).iter().for_each(|server| check(server, 4));
}

#[test]
fn switches_choose_what_they_choose_with_pg_dump_on_the_newest() {
    support::newest().iter().for_each(|server| check(server, 1));
}

#[test]
fn switches_that_choose_nothing_are_refused_with_a_sentence() {
    let Some(server) = support::newest() else { return };
    let scene = Scene::new(&server);
    let mut silent = Vec::new();
    for set in REFUSED {
        let mut dump = pgx_command();
        dump.args(["dump", "-d", &scene.uri()]).args(scene.filled(set));
        let ran = support::Ran::of(&mut dump);
        assert!(ran.stdout.is_empty(), "{set:?} wrote something");
        let said = ran.fails(2);
        if !said.starts_with("pgx: error[E020") || !said.contains("\n  = ") {
            silent.push(format!("{set:?}: {said}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}
