//! Patterns against a database: the server's own regular expressions decide.

use std::collections::BTreeSet;

use super::pattern::Pattern;
use super::suggest;
use crate::catalog::Listing;
use crate::connect::{Session, quote};
use crate::error::{Code, Error, Result};

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Relation,
    Schema,
    Extension,
    Server,
    Database,
}

impl Target {
    /// One word for messages.
    fn noun(self) -> &'static str {
        match self {
            Target::Relation => "table",
            Target::Schema => "schema",
            Target::Extension => "extension",
            Target::Server => "foreign server",
            Target::Database => "database",
        }
    }

    /// The parts of a qualified name; one more names the database.
    fn parts(self) -> usize {
        match self {
            Target::Relation => 2,
            Target::Schema | Target::Extension | Target::Server | Target::Database => 1,
        }
    }

    /// The query without its condition, and the column the name is matched with.
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Target::Relation => (
                "SELECT c.oid FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ",
                "c.relname",
            ),
            Target::Schema => ("SELECT oid FROM pg_catalog.pg_namespace WHERE ", "nspname"),
            Target::Extension => ("SELECT oid FROM pg_catalog.pg_extension WHERE ", "extname"),
            Target::Server => ("SELECT oid FROM pg_catalog.pg_foreign_server WHERE ", "srvname"),
            Target::Database => ("SELECT oid FROM pg_catalog.pg_database WHERE ", "datname"),
        }
    }
}

/// What each of `patterns` matches, in their order; nothing of the system's schemas. Children are
/// added where a pattern asks for them.
///
/// # Errors
/// [`Code::Usage`] ([`Code::Manifest`] from a file): another database is named, or a regular
/// expression is malformed.
pub(super) fn relations(
    patterns: &[&Pattern],
    listing: &Listing,
    session: &mut Session,
) -> Result<Vec<BTreeSet<u32>>> {
    let mut matches = by_server(Target::Relation, patterns, session)?;
    let children = listing.children();
    for (pattern, oids) in patterns.iter().zip(&mut matches) {
        oids.retain(|oid| listing.relations.contains_key(oid));
        if pattern.and_children {
            let mut open: Vec<u32> = oids.iter().copied().collect();
            while let Some(oid) = open.pop() {
                let below = children.get(&oid).into_iter().flatten().copied();
                open.extend(below.filter(|child| oids.insert(*child)));
            }
        }
    }
    Ok(matches)
}

/// What each of `patterns` matches among schemas, extensions or servers, in their order.
///
/// # Errors
/// As [`relations`].
pub(super) fn by_server(
    target: Target,
    patterns: &[&Pattern],
    session: &mut Session,
) -> Result<Vec<BTreeSet<u32>>> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    refuse_other_databases(target, patterns, session)?;
    let sql = statements(target, patterns, session.major());
    let sets = session.query_sets(&sql).map_err(|error| bad_regex(error, patterns))?;
    // The first and the last set are those of the search path.
    if sets.len() != patterns.len() + 2 {
        return Err(Error::internal("a pattern has no answer"));
    }
    let oids = |set: &Vec<crate::connect::Row>| set.iter().map(|row| row.oid("oid")).collect();
    sets[1..=patterns.len()].iter().map(oids).collect()
}

/// What each of `patterns` matches among the databases of the server, in their order.
///
/// # Errors
/// As [`relations`].
pub fn databases(patterns: &[Pattern], session: &mut Session) -> Result<Vec<BTreeSet<u32>>> {
    by_server(Target::Database, &patterns.iter().collect::<Vec<_>>(), session)
}

/// The union of what patterns match that all must match something.
///
/// # Errors
/// [`Code::NoMatch`] naming each pattern that matches nothing, with near names.
pub(super) fn all_must_match(
    target: Target,
    patterns: &[Pattern],
    matches: &[BTreeSet<u32>],
    listing: &Listing,
) -> Result<BTreeSet<u32>> {
    let empty: Vec<&Pattern> = patterns
        .iter()
        .zip(matches)
        .filter(|(_, oids)| oids.is_empty())
        .map(|(pattern, _)| pattern)
        .collect();
    if empty.is_empty() {
        return Ok(matches.iter().flatten().copied().collect());
    }
    Err(no_match(target, &empty, listing))
}

/// An unqualified table pattern matches what the user sees, so the user's own search path holds
/// while the patterns are matched: all statements of one message are one transaction, and the last
/// one puts the empty path back where the message is part of a longer transaction. One statement
/// per pattern, because the planner makes an index condition of a constant expression only.
fn statements(target: Target, patterns: &[&Pattern], major: u32) -> String {
    let mut sql = String::from(
        "SELECT pg_catalog.set_config('search_path', reset_val, true) \
         FROM pg_catalog.pg_settings WHERE name = 'search_path'",
    );
    let (source, column) = target.source();
    for pattern in patterns {
        sql.push_str("; ");
        sql.push_str(source);
        sql.push_str(&condition(column, &pattern.name_regex(), major));
        if target == Target::Relation {
            sql.push_str(" AND ");
            sql.push_str(&match pattern.schema_regex() {
                Some(regex) => condition("n.nspname", &regex, major),
                None => "pg_catalog.pg_table_is_visible(c.oid)".to_owned(),
            });
        }
    }
    sql.push_str("; SELECT pg_catalog.set_config('search_path', '', true)");
    sql
}

/// Names have the collation C from version 12 on, in which no letter but ASCII ones has a class.
fn condition(column: &str, regex: &str, major: u32) -> String {
    let collation = if major >= 12 { " COLLATE pg_catalog.default" } else { "" };
    format!("{column} OPERATOR(pg_catalog.~) {}{collation}", quote::literal(regex))
}

fn refuse_other_databases(
    target: Target,
    patterns: &[&Pattern],
    session: &mut Session,
) -> Result<()> {
    let named: Vec<_> = patterns
        .iter()
        .filter_map(|pattern| Some((*pattern, pattern.database(target.parts())?)))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let row = session.query_one("SELECT pg_catalog.current_database() AS name")?;
    let current = row.str("name")?;
    match named.iter().find(|(_, database)| database != current) {
        None => Ok(()),
        Some((pattern, _)) => {
            Err(Error::new(code(pattern), "cross-database references are not implemented")
                .object(pattern.to_string())
                .hint(format!("the connection is to database {}", quote::ident(current))))
        }
    }
}

/// The code of an error in what a user wrote: on the command line or in a file.
fn code(pattern: &Pattern) -> Code {
    if pattern.place.is_some() { Code::Manifest } else { Code::Usage }
}

/// The server does not say which of the patterns it could not read.
fn bad_regex(error: Error, patterns: &[&Pattern]) -> Error {
    const INVALID_REGULAR_EXPRESSION: &str = "2201B";
    if error.sqlstate() != Some(INVALID_REGULAR_EXPRESSION) {
        return error;
    }
    let suspects: Vec<_> = patterns.iter().filter(|pattern| pattern.needs_server()).collect();
    let code = suspects.first().map_or(Code::Usage, |pattern| code(pattern));
    let error = error.with_code(code).with_what("a pattern is no valid regular expression");
    suspects
        .iter()
        .fold(error, |error, pattern| error.note(format!("pattern {pattern}")))
        .hint("put characters that shall mean themselves between double quotes")
}

/// Names each pattern that matches nothing, and what its author may have meant.
fn no_match(target: Target, patterns: &[&Pattern], listing: &Listing) -> Error {
    let noun = target.noun();
    match patterns {
        [one] => {
            let error = Error::new(Code::NoMatch, format!("no {noun} matches {}", one.text));
            let error = match &one.place {
                Some(place) => error.object(place.to_string()),
                None => error,
            };
            match near(target, one, listing) {
                Some(near) => error.hint(near),
                None => error.hint(DEFAULT_HINT),
            }
        }
        _ => {
            let what = format!("{} names match no {noun}", patterns.len());
            let error = Error::new(Code::NoMatch, what).hint(DEFAULT_HINT);
            let notes = patterns.iter().map(|pattern| explain(target, pattern, listing));
            notes.fold(error, Error::note)
        }
    }
}

const DEFAULT_HINT: &str =
    "check the spelling, and write schema.name for what is not in the search path";

fn explain(target: Target, pattern: &Pattern, listing: &Listing) -> String {
    match near(target, pattern, listing) {
        Some(near) => format!("{pattern} matches nothing; {near}"),
        None => format!("{pattern} matches nothing"),
    }
}

fn near(target: Target, pattern: &Pattern, listing: &Listing) -> Option<String> {
    let near = match target {
        Target::Relation => suggest::relations(pattern, listing),
        Target::Schema => suggest::schemas(pattern, listing),
        Target::Extension | Target::Server | Target::Database => Vec::new(),
    };
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}
