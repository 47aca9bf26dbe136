//! The catalogs and columns that a server has, against those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{EXCLUDED, all};
use crate::connect::Session;
use crate::error::Result;

/// Which columns the server's catalogs have, and whether the role may read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns(BTreeMap<String, BTreeMap<String, Column>>);

/// A column of a catalog.
#[derive(Clone, Copy, Debug)]
struct Column {
    readable: bool,
    is_oid: bool,
}

/// A catalog, or a column of one that is known, which has no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// A catalog, with its columns that hold OIDs.
    Catalog(String, BTreeSet<String>),
    /// A column.
    Column(String, String),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Catalog(name, _) => write!(f, "catalog {name}"),
            Unknown::Column(catalog, name) => write!(f, "column {catalog}.{name}"),
        }
    }
}

impl Columns {
    /// Reads them from the server.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub(crate) fn read(session: &mut Session) -> Result<Columns> {
        let rows = session.query(
            "SELECT c.relname, a.attname, pg_catalog.has_column_privilege(\
             a.attrelid, a.attnum, 'SELECT') AS readable, a.atttypid = 26 AS is_oid \
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
             WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'r' \
             AND c.oid < 16384 AND (a.attnum > 0 OR a.attname = 'oid') AND NOT a.attisdropped",
        )?;
        let mut columns: BTreeMap<String, BTreeMap<String, Column>> = BTreeMap::new();
        for row in rows {
            let column = Column { readable: row.bool("readable")?, is_oid: row.bool("is_oid")? };
            columns.entry(row.text("relname")?).or_default().insert(row.text("attname")?, column);
        }
        Ok(Columns(columns))
    }

    /// What pgx does not know, by name.
    pub(crate) fn unknown(&self) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        for (name, columns) in &self.0 {
            if EXCLUDED.iter().any(|(excluded, _)| excluded == name) {
                continue;
            }
            match all().find(|catalog| catalog.name == name) {
                Some(catalog) => {
                    let known =
                        |column: &String| catalog.columns.iter().any(|(of, _)| of == column);
                    let strange = columns.keys().filter(|column| !known(column));
                    unknown.extend(strange.map(|c| Unknown::Column(name.clone(), c.clone())));
                }
                None => {
                    let oids = columns.iter().filter(|(_, column)| column.is_oid);
                    let oids = oids.map(|(name, _)| name.clone()).collect();
                    unknown.push(Unknown::Catalog(name.clone(), oids));
                }
            }
        }
        unknown
    }

    /// Whether the server has a column.
    pub(crate) fn has(&self, catalog: &str, column: &str) -> bool {
        self.column(catalog, column).is_some()
    }

    /// Whether the server has a column and the role may read it.
    pub(crate) fn readable(&self, catalog: &str, column: &str) -> bool {
        self.column(catalog, column).is_some_and(|column| column.readable)
    }

    fn column(&self, catalog: &str, column: &str) -> Option<&Column> {
        self.0.get(catalog)?.get(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_rule_is_named() {
        let server = |catalog: &str, column: &str| -> Vec<String> {
            let columns = [(column.to_owned(), Column { readable: true, is_oid: true })];
            let columns = Columns([(catalog.to_owned(), columns.into())].into());
            columns.unknown().iter().map(Unknown::to_string).collect()
        };
        assert!(server("pg_class", "relname").is_empty());
        assert!(server("pg_statistic", "anything").is_empty());
        assert_eq!(server("pg_class", "relnew"), ["column pg_class.relnew"]);
        assert_eq!(server("pg_new", "oid"), ["catalog pg_new"]);
    }
}
