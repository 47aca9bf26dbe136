//! The catalog fingerprint: everything the catalogs of one database say about its users' objects,
//! by name.
//!
//! Two databases made by the same definitions give equal fingerprints, whatever their OIDs are. It
//! sees what a dump's text cannot: states of triggers, names of inherited constraints, detached
//! partitions. The columns are those the server has; each needs a rule (`catalog::known`), and a column
//! without one is an error, so nothing that a new version brings is overlooked.

mod difference;
mod identity;
mod query;
mod rule;
mod sequences;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::catalog::known::{self, Catalog, Columns, Rule};
use crate::connect::{Row, Session};
use crate::error::{Code, Error, Result, ResultExt, ServerError};

/// One value of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The catalog, as `pg_class`.
    pub catalog: &'static str,
    /// The object, as `public.parcels`.
    pub object: Arc<str>,
    /// The catalog's column, or what is read besides the columns.
    pub column: &'static str,
    /// The value with names instead of OIDs.
    pub value: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { catalog, object, column, value } = self;
        let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        write!(f, "{catalog} | {} | {column} = {value}", object.replace('\n', "\\n"))
    }
}

/// What the catalogs of a database say. NULLs have no line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    major: u32,
    /// The catalogs' columns that were read.
    known: BTreeSet<(&'static str, &'static str)>,
    lines: Vec<Line>,
}

impl Fingerprint {
    /// Every line, sorted.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The same without the catalogs named: `pg_database` where two databases are meant to differ.
    #[must_use]
    pub fn without(mut self, catalogs: &[&str]) -> Fingerprint {
        self.lines.retain(|line| !catalogs.contains(&line.catalog));
        self
    }

    /// What `a` and `b` do not have in common, as `- line of a` and `+ line of b`, sorted by
    /// object.
    ///
    /// Only columns that were read on both sides are compared; between major versions, those whose
    /// meaning or text a version has changed are left out as well.
    pub fn difference(a: &Fingerprint, b: &Fingerprint) -> Vec<String> {
        difference::difference(a, b)
    }
}

/// Reads the fingerprint of the session's database, in one statement per catalog and in one
/// snapshot (that of the transaction that is open, if one is).
///
/// What the role may not read (user mappings, a subscription's connection string) is left out of
/// the comparison.
///
/// # Errors
/// A catalog or a column for which pgx has no rule; what the server refuses.
pub fn read(session: &mut Session) -> Result<Fingerprint> {
    let (begin, end) = match session.in_transaction() {
        true => ("SAVEPOINT fingerprint", "ROLLBACK TO SAVEPOINT fingerprint; RELEASE fingerprint"),
        false => ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "ROLLBACK"),
    };
    session.execute(&format!("{begin}; {PINNED}"))?;
    let read = read_pinned(session);
    // Going back restores the settings; after a failure the failure is what counts.
    match session.execute(end) {
        Ok(()) => read.map_err(vanished),
        Err(error) => read.and(Err(error)),
    }
}

/// Deparsing looks at the catalogs of this moment, not of the snapshot, and fails on what is gone.
fn vanished(error: Error) -> Error {
    let gone = |server: &ServerError| server.message.starts_with("cache lookup failed");
    match error.server_error().is_some_and(gone) {
        true => error
            .with_code(Code::SourceChanged)
            .hint("an object was dropped while the catalogs were being read; try again"),
        false => error,
    }
}

/// Settings that change how the server spells names and constants.
const PINNED: &str = "SET LOCAL search_path = ''; SET LOCAL standard_conforming_strings = on; \
    SET LOCAL DateStyle = 'ISO, YMD'; \
    SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'; \
    SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; \
    SET LOCAL quote_all_identifiers = off";

fn read_pinned(session: &mut Session) -> Result<Fingerprint> {
    let columns = Columns::read(session)?;
    if let Some(name) = columns.unknown().first() {
        return Err(unknown(format!("unknown {name}")));
    }
    let major = session.major();
    let mut reading = Reading { major, columns, known: BTreeSet::new(), lines: Vec::new() };
    for catalog in known::all() {
        reading.catalog(session, catalog)?;
    }
    reading.dependencies(session)?;
    reading.sequences(session)?;
    reading.lines.sort_unstable();
    Ok(Fingerprint { major, known: reading.known, lines: reading.lines })
}

/// What is not compared: `catalog` or `catalog.column`, and why.
pub fn excluded() -> Vec<(String, &'static str)> {
    let whole = known::EXCLUDED.iter().map(|&(name, reason)| (name.to_owned(), reason));
    let columns = known::all().flat_map(|catalog| {
        catalog.columns.iter().filter_map(|&(column, rule)| match rule {
            Rule::Excluded(reason) => Some((format!("{}.{column}", catalog.name), reason)),
            _ => None,
        })
    });
    whole.chain(columns).collect()
}

fn unknown(what: String) -> Error {
    Error::new(Code::ServerUnsupported, what)
        .hint("the fingerprint needs a rule for it: the server is newer than this pgx")
}

struct Reading {
    major: u32,
    columns: Columns,
    known: BTreeSet<(&'static str, &'static str)>,
    lines: Vec<Line>,
}

impl Reading {
    fn catalog(&mut self, session: &mut Session, catalog: &Catalog) -> Result<()> {
        let name = catalog.name;
        // What names the rows is not everybody's to read: in pg_user_mapping, up to 13 in
        // pg_subscription.
        if !self.columns.readable(name, catalog.object.1) {
            return Ok(());
        }
        let present = |column: &str| self.columns.readable(name, column);
        let users = query::users(catalog, self.major, present);
        let altered = query::altered(catalog, self.major, present);
        for (sql, columns) in [Some(users), altered].into_iter().flatten() {
            let rows = session.query(&sql).note(|| format!("reading {name}"))?;
            self.keep(name, &columns, &rows)?;
        }
        Ok(())
    }

    fn dependencies(&mut self, session: &mut Session) -> Result<()> {
        let rows = session.query(&query::dependencies(self.major))?;
        self.keep("pg_depend", &["on"], &rows)
    }

    fn sequences(&mut self, session: &mut Session) -> Result<()> {
        for sql in sequences::queries(session)? {
            let rows = session.query(&sql)?;
            self.keep("pg_sequence", sequences::COLUMNS, &rows)?;
        }
        Ok(())
    }

    /// The values of `rows`, whose first column is the object's identity.
    fn keep(
        &mut self,
        catalog: &'static str,
        columns: &[&'static str],
        rows: &[Row],
    ) -> Result<()> {
        self.known.extend(columns.iter().map(|&column| (catalog, column)));
        for row in rows {
            let object: Arc<str> = row.text("identity")?.into();
            for (&column, value) in columns.iter().zip(row.values().into_iter().skip(1)) {
                if let Some(value) = value {
                    self.lines.push(Line { catalog, object: object.clone(), column, value });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_one_rule_and_every_exclusion_a_reason() {
        let mut names = BTreeSet::new();
        for catalog in known::all() {
            assert!(names.insert(catalog.name), "{} twice", catalog.name);
            let mut columns = BTreeSet::new();
            for (column, _) in catalog.columns {
                assert!(columns.insert(column), "{}.{column} twice", catalog.name);
            }
        }
        assert!(known::EXCLUDED.iter().all(|(name, _)| names.insert(name)));
        assert!(excluded().iter().all(|(_, reason)| !reason.is_empty()));
    }

    #[test]
    fn a_line_stays_one_line() {
        let line = Line {
            catalog: "pg_proc",
            object: "public.f()".into(),
            column: "prosrc",
            value: "a\n\\b".into(),
        };
        assert_eq!(line.to_string(), "pg_proc | public.f() | prosrc = a\\n\\\\b");
    }
}
