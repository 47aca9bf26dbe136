//! Text of the archive that names a schema. What a definition refers to follows the schema to its new
//! name; bodies of functions, settings and strings do not.

use super::literals::{Literal, literals};
use crate::connect::quote::literal;
use crate::toc::{DatabaseSpec, Entry, Kind, NameMap};

/// Types whose literals are kept as references.
const FOLLOWED: &[&str] = &[
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regtype",
];

/// How the clause of a function or a database begins that lists schemas.
const SEARCH_PATH: &str = "SET \"search_path\" TO ";

/// The schemas of `map` that texts of `entry` name.
pub(super) fn named_by<'m>(entry: &Entry, map: &'m NameMap) -> Vec<&'m str> {
    // Labels of an enum are values; statistics are read while schemas have their old names.
    if entry.kind == Kind::StatisticsData || is_enum(entry) {
        return Vec::new();
    }
    let stays = |sql: &String| {
        let listed = search_path(sql);
        let listed = listed.as_ref().map_or(&[][..], |list| list);
        let texts = literals(sql).into_iter();
        let texts = texts.filter(|text| !is_followed(&sql[text.end..]) && !listed.contains(text));
        texts.map(|literal| literal.text).collect::<Vec<String>>()
    };
    let texts: Vec<String> = entry.create.iter().flat_map(stays).collect();
    named(&texts, map)
}

/// The schemas of `map` that settings of the database name otherwise than in a search path.
pub(super) fn named_by_settings<'m>(database: &DatabaseSpec, map: &'m NameMap) -> Vec<&'m str> {
    let of_roles = database.role_settings.iter().map(|setting| &setting.setting);
    let settings = database.settings.iter().chain(of_roles);
    let texts: Vec<String> = settings.filter(|sql| search_path(sql).is_none()).cloned().collect();
    named(&texts, map)
}

/// Maps the search paths that are set for the database.
pub(super) fn map_settings(database: &mut DatabaseSpec, map: &NameMap) {
    let of_roles = database.role_settings.iter_mut().map(|setting| &mut setting.setting);
    for setting in database.settings.iter_mut().chain(of_roles) {
        if let Some(mapped) = mapped_search_path(setting, map) {
            *setting = mapped;
        }
    }
}

/// The statement that gives a function its search path with new names, if that holds an old one. It is
/// for the function under its old name.
pub(super) fn new_search_path(entry: &Entry, map: &NameMap) -> Option<String> {
    if !matches!(entry.kind, Kind::Function | Kind::Procedure) {
        return None;
    }
    let mapped = mapped_search_path(entry.create.first()?, map)?;
    Some(format!("ALTER {} {mapped}", entry.address))
}

/// The clause of a statement that sets a search path, with new names, if it holds an old one.
fn mapped_search_path(sql: &str, map: &NameMap) -> Option<String> {
    let schemas = search_path(sql)?;
    if !schemas.iter().any(|schema| map.get(&schema.text).is_some()) {
        return None;
    }
    let mapped =
        schemas.iter().map(|schema| literal(map.get(&schema.text).unwrap_or(&schema.text)));
    Some(format!("{SEARCH_PATH}{}", mapped.collect::<Vec<_>>().join(", ")))
}

/// The schemas of the clause of a statement that sets a search path.
fn search_path(sql: &str) -> Option<Vec<Literal>> {
    let mut literals = literals(sql).into_iter();
    let first = literals.by_ref().find(|first| sql[..first.start].ends_with(SEARCH_PATH))?;
    let mut list = vec![first];
    for next in literals {
        let end = list.last().map_or(0, |last| last.end);
        if sql.get(end..next.start) != Some(", ") {
            break;
        }
        list.push(next);
    }
    Some(list)
}

fn named<'m>(texts: &[String], map: &'m NameMap) -> Vec<&'m str> {
    let says = |name: &str| texts.iter().any(|text| is_word_of(name, text));
    map.iter().filter(|(from, to)| from != to && says(from)).map(|(from, _)| from).collect()
}

fn is_enum(entry: &Entry) -> bool {
    let start = format!("CREATE {} AS ENUM", entry.address);
    entry.kind == Kind::Type && entry.create.first().is_some_and(|sql| sql.starts_with(&start))
}

/// Whether a literal before `rest` is kept as a reference.
fn is_followed(rest: &str) -> bool {
    let Some(cast) = rest.strip_prefix("::") else { return false };
    let end = cast.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(cast.len());
    FOLLOWED.contains(&&cast[..end])
}

/// Whether `text` holds `name` as a word of its own. A name that needs no quotes may be written in
/// capitals.
fn is_word_of(name: &str, text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let folded = if name.chars().all(plain) { text.to_ascii_lowercase() } else { text.to_owned() };
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && folded.match_indices(name).any(|(at, _)| {
            !folded[..at].ends_with(in_word) && !folded[at + name.len()..].starts_with(in_word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Ref};

    fn map() -> NameMap {
        NameMap::parse("--map-schema", &["app=new".into(), "Odd one=o".into()]).unwrap()
    }

    fn named_in(kind: Kind, sql: &str) -> Vec<String> {
        let mut entry = Entry::new(kind, CatalogId::default(), Ref::new("app", "f"));
        entry.address = "TYPE \"app\".\"f\"".into();
        entry.create = vec![sql.into()];
        named_by(&entry, &map()).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn words_in_texts_are_found_and_references_are_not() {
        let of_view = |sql| named_in(Kind::View, sql);
        assert_eq!(of_view("CREATE VIEW app.v AS SELECT 'apple', 'wapp', app.x"), [""; 0]);
        assert_eq!(of_view("SELECT nextval('app.s'::regclass), 'app.c'::regconfig"), [""; 0]);
        assert_eq!(of_view("SELECT ('app.s'::text)::regclass"), ["app"]);
        assert_eq!(of_view("SELECT 'x APP.t'"), ["app"]);
        assert_eq!(of_view("SELECT 'from \"Odd one\".t'"), ["Odd one"]);
        assert_eq!(named_in(Kind::Type, "CREATE TYPE \"app\".\"f\" AS ENUM ('app')"), [""; 0]);
        let body = "CREATE FUNCTION \"app\".\"f\"() AS $$SELECT * FROM app.t$$";
        assert_eq!(named_in(Kind::Function, body), ["app"]);
    }

    #[test]
    fn a_search_path_is_mapped_name_by_name() {
        let mut entry = Entry::new(Kind::Function, CatalogId::default(), Ref::new("app", "f"));
        entry.address = "FUNCTION \"app\".\"f\"()".into();
        let sql = |path: &str| {
            format!("CREATE FUNCTION \"app\".\"f\"()\n    {SEARCH_PATH}{path}\nAS $$SELECT 1$$")
        };
        entry.create = vec![sql("'app', 'it''s', 'Odd one'")];
        assert_eq!(named_by(&entry, &map()), [""; 0]);
        assert_eq!(
            new_search_path(&entry, &map()).as_deref(),
            Some("ALTER FUNCTION \"app\".\"f\"() SET \"search_path\" TO 'new', 'it''s', 'o'")
        );
        entry.create = vec![sql("'apple'")];
        assert_eq!(new_search_path(&entry, &map()), None);
        let mut database = DatabaseSpec {
            settings: vec![format!("{SEARCH_PATH}'app', 'x'"), "SET \"my.x\" TO 'app'".into()],
            ..DatabaseSpec::default()
        };
        map_settings(&mut database, &map());
        assert_eq!(database.settings[0], "SET \"search_path\" TO 'new', 'x'");
        assert_eq!(named_by_settings(&database, &map()), ["app"]);
    }
}
