//! A database against an archive: per table the number of rows and their order-free hash.
//!
//! The database's rows are streamed by the same COPY as a dump's, with the same settings, in the
//! archive's format and encoding, so equal rows are equal bytes (floats of servers before 12 are
//! rewritten by [`StreamSum`]). Where the archive's rows are binary and a column has another type in the
//! database, or a type whose equal values may differ in binary form, both sides are compared as text. Rows that an archive loads through a partitioned ancestor are compared there: which
//! partition a row belongs to may differ, and sums of several tables add up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::contents::Contents;
use super::large_objects;
use super::texts::Texts;
use crate::catalog::Shapes;
use crate::connect::{Config, Encoding, Session, is_closed, pinned_settings, quote};
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Event, Observer};
use crate::rows::{RowSum, StreamSum};
use crate::toc::{Content, DataSpec, Entry, EntryId, Kind, Leaf, NameMap, Ref, RowFormat, Shape};

/// A database compared with an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Every table whose rows are in the archive, by name.
    pub tables: Vec<TableComparison>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableComparison {
    /// The table.
    pub table: Ref,
    /// Its rows in the archive.
    pub rows: u64,
    /// How the database's table compares.
    pub verdict: Verdict,
}

/// How a table of the database compares with the archive's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same rows.
    Equal,
    /// Another number of rows: this one.
    Rows(u64),
    /// As many rows, but not the same.
    Hash,
    /// The database has no such table.
    Missing,
    /// The database has other large objects.
    LargeObjects {
        /// How many of the archive's it lacks.
        missing: u64,
        /// How many it has besides.
        more: u64,
    },
    /// The database's table lacks these columns.
    MissingColumns(Vec<String>),
    /// Columns of the database's table have other types, and the archive's rows, which came through a
    /// pipe, cannot be read again as text.
    Types,
}

impl Verdict {
    /// Of the rows found, and the number and sum of those wanted.
    pub(super) fn of(found: &RowSum, wanted: (u64, u128)) -> Verdict {
        match (found.rows() == wanted.0, found.value() == wanted.1) {
            (false, _) => Verdict::Rows(found.rows()),
            (true, false) => Verdict::Hash,
            (true, true) => Verdict::Equal,
        }
    }
}

impl Comparison {
    /// How many tables differ.
    pub fn differing(&self) -> usize {
        self.tables.iter().filter(|table| table.verdict != Verdict::Equal).count()
    }

    /// The error of a comparison that found differences.
    ///
    /// # Errors
    /// [`Code::Differs`].
    pub fn result(&self) -> Result<()> {
        match self.differing() {
            0 => Ok(()),
            n => Err(Error::new(
                Code::Differs,
                format!(
                    "the database differs from the archive in {n} of {} tables",
                    self.tables.len()
                ),
            )
            .hint("see the tables listed")),
        }
    }
}

/// What the archive says of one table, or of all partitions that are loaded through one ancestor.
struct Expected<'a> {
    spec: &'a DataSpec,
    rows: u64,
    sum: u128,
    streams: Vec<EntryId>,
}

/// A table of the database.
struct Found {
    kind: char,
    /// With the binary form of their types.
    columns: HashMap<String, Option<Shape>>,
}

/// Compares the database of `config` with the contents of an archive. Reads, in one snapshot, and
/// writes nothing. A row filter of the archive is evaluated in the database.
///
/// # Errors
/// Codes 4xx and 5xx: the database cannot be reached or read.
pub(super) fn compare(
    contents: &Contents,
    mut texts: Option<Texts>,
    config: &Config,
    schemas: &NameMap,
    observer: &dyn Observer,
) -> Result<Comparison> {
    if contents.meta.content == Content::Globals {
        return Err(Error::new(Code::Usage, "the archive holds roles and tablespaces, no rows")
            .hint("leave --against out: a restore compares them, and changes only what differs"));
    }
    let expected = expected(contents, schemas)?;
    let mut session = Session::open(config)?;
    let pins = pinned_settings(session.major());
    session.execute(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{pins}"))?;
    session.set_encoding(&Encoding::new(&contents.meta.encoding))?;
    let found = tables(&mut session, expected.keys())?;
    let mut tables = Vec::new();
    for (table, expected) in expected {
        config.interrupt.check()?;
        let verdict = match found.get(&table) {
            None => Verdict::Missing,
            Some(found) => verdict(&mut session, &table, found, &expected, &mut texts)
                .object(|| format!("table {table}"))?,
        };
        let (rows, name) = (expected.rows, table.to_string());
        observer.event(&Event::Detail(format!("compared {name}")));
        tables.push(TableComparison { table, rows, verdict });
    }
    tables.extend(large_objects::compare(contents, &mut session)?);
    session.execute("COMMIT")?;
    Ok(Comparison { tables })
}

/// By the table that is read: the table itself, or the ancestor its rows are loaded through.
fn expected<'c>(contents: &'c Contents, schemas: &NameMap) -> Result<BTreeMap<Ref, Expected<'c>>> {
    let (mut expected, mut met) = (BTreeMap::new(), BTreeSet::new());
    for (entry, stream) in contents.tables()? {
        // Large objects are compared apart. Statistics are as of a moment, and nobody's rows.
        if matches!(entry.kind, Kind::LargeObjects | Kind::StatisticsData) {
            continue;
        }
        let spec = condition(entry)?;
        let mut table = spec.via_root.as_ref().unwrap_or(&entry.name).clone();
        if let Some(to) = table.schema.as_deref().and_then(|schema| schemas.get(schema)) {
            met.extend(table.schema.replace(to.to_owned()));
        }
        let none = Expected { spec, rows: 0, sum: 0, streams: Vec::new() };
        let one = expected.entry(table).or_insert(none);
        one.streams.push(entry.id);
        one.rows = one.rows.saturating_add(stream.end.rows);
        one.sum = one.sum.wrapping_add(stream.end.row_sum);
    }
    if let Some((from, _)) = schemas.iter().find(|(from, _)| !met.contains(*from)) {
        let what = format!("the archive has no rows in the schema {}", quote::ident(from));
        return Err(Error::new(Code::NoMatch, what)
            .object(format!("--map-schema {from}"))
            .hint("write the name as the archive has it: pgx inspect lists what it holds"));
    }
    Ok(expected)
}

/// How the rows of `entry` are read: what an archive calls a row filter is put into a statement, and
/// must not be able to leave its place there.
fn condition(entry: &Entry) -> Result<&DataSpec> {
    let spec = spec(entry)?;
    if spec.filter.as_deref().is_none_or(is_closed) {
        return Ok(spec);
    }
    Err(Error::new(Code::ArchiveDamaged, "the row filter in the archive is more than a condition")
        .object(entry.label())
        .hint("the archive was not written by pgx as it is; do not trust it"))
}

fn spec(entry: &Entry) -> Result<&DataSpec> {
    entry.data.as_ref().ok_or_else(|| {
        Error::new(Code::ArchiveDamaged, "the archive has rows without columns")
            .object(entry.label())
    })
}

/// Which of the tables the database has, in two queries.
fn tables<'a>(
    session: &mut Session,
    wanted: impl Iterator<Item = &'a Ref>,
) -> Result<HashMap<Ref, Found>> {
    let mut found = HashMap::new();
    let names: Vec<String> = wanted.map(Ref::literals).collect();
    if names.is_empty() {
        return Ok(found);
    }
    let shapes = Shapes::read(session)?;
    let rows = session.query(&format!(
        "SELECT n.nspname, c.relname, c.relkind, \
         ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a \
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
               ORDER BY a.attnum) AS columns, \
         ARRAY(SELECT a.atttypid::pg_catalog.text FROM pg_catalog.pg_attribute a \
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
               ORDER BY a.attnum) AS types \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'f') AND (n.nspname, c.relname) IN (VALUES {})",
        names.join(", ")
    ))?;
    for row in rows {
        let table = Ref::new(row.str("nspname")?, row.str("relname")?);
        let types = row.list("types")?;
        let types = types.iter().map(|oid| oid.parse().ok().and_then(|oid| shapes.of(oid)));
        let columns = row.list("columns")?.into_iter().zip(types).collect();
        found.insert(table, Found { kind: row.char("relkind")?, columns });
    }
    Ok(found)
}

fn verdict(
    session: &mut Session,
    table: &Ref,
    found: &Found,
    expected: &Expected<'_>,
    texts: &mut Option<Texts>,
) -> Result<Verdict> {
    let columns = || expected.spec.columns.iter();
    let missing: Vec<String> = columns()
        .filter(|column| !found.columns.contains_key(&column.name))
        .map(|column| column.name.clone())
        .collect();
    if !missing.is_empty() {
        return Ok(Verdict::MissingColumns(missing));
    }
    let same_types = columns().all(|column| found.columns.get(&column.name) == Some(&column.shape));
    let spec = expected.spec;
    if spec.format == RowFormat::Text || same_types {
        let verdict = read(session, table, found, spec, (expected.rows, expected.sum))?;
        if verdict != Verdict::Hash || spec.format == RowFormat::Text || !has_doubtful_forms(spec) {
            return Ok(verdict);
        }
    }
    let Some(texts) = texts else {
        return Ok(if same_types { Verdict::Hash } else { Verdict::Types });
    };
    let spec = DataSpec { format: RowFormat::Text, ..spec.clone() };
    let mut sums = expected.streams.iter().map(|&stream| texts.sum(stream));
    let sum = sums.try_fold(0u128, |all, sum| Ok::<_, Error>(all.wrapping_add(sum?)))?;
    read(session, table, found, &spec, (expected.rows, sum))
}

/// Whether equal values may have different binary forms: an array says that it holds a NULL when it
/// once did, and `hstore` says lengths before text is converted.
pub(crate) fn has_doubtful_forms(spec: &DataSpec) -> bool {
    fn is_doubtful(shape: &Shape) -> bool {
        match shape {
            Shape::Array(_) | Shape::Leaf(Leaf::Hstore) => true,
            Shape::Range(of) | Shape::Multirange(of) => is_doubtful(of),
            Shape::Leaf(_) => false,
        }
    }
    spec.columns.iter().filter_map(|column| column.shape.as_ref()).any(is_doubtful)
}

/// Reads a table as `spec` says and compares its rows with their wanted number and sum.
fn read(
    session: &mut Session,
    table: &Ref,
    found: &Found,
    spec: &DataSpec,
    wanted: (u64, u128),
) -> Result<Verdict> {
    let mut sum = StreamSum::for_rows(session.version(), spec);
    session.copy_out(&copy_sql(table, found.kind, spec), |piece| Ok(sum.update(piece)?))?;
    Ok(Verdict::of(sum.sum(), wanted))
}

/// A partitioned table is read with its partitions, any other table without its children. A plain
/// table is read without a query: planning one locks every index too, and many tables would overflow
/// the server's lock table.
fn copy_sql(table: &Ref, kind: char, spec: &DataSpec) -> String {
    let columns = quote::idents(spec.columns.iter().map(|column| column.name.as_str()));
    if kind == 'r' && spec.filter.is_none() && !spec.columns.is_empty() {
        return format!("COPY {} ({columns}) TO STDOUT{}", table.sql(), spec.format.copy_options());
    }
    let only = if kind == 'p' { "" } else { "ONLY " };
    let filter = match &spec.filter {
        Some(filter) => format!(" WHERE ({filter}\n)"),
        None => String::new(),
    };
    let options = spec.format.copy_options();
    format!("COPY (SELECT {columns} FROM {only}{}{filter}) TO STDOUT{options}", table.sql())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Column, RowFormat};

    #[test]
    fn rows_are_read_as_they_were_dumped() {
        let column = |name: &str| Column {
            name: name.into(),
            type_name: "integer".into(),
            type_oid: 23,
            shape: None,
        };
        let mut spec = DataSpec {
            columns: vec![column("a"), column("B")],
            filter: Some("a > 1 -- yes".into()),
            via_root: None,
            bytes_estimate: 0,
            extension_config: false,
            format: RowFormat::Text,
            foreign: false,
        };
        let table = Ref::new("s", "t");
        assert_eq!(
            copy_sql(&table, 'r', &spec),
            "COPY (SELECT \"a\", \"B\" FROM ONLY \"s\".\"t\" WHERE (a > 1 -- yes\n)) TO STDOUT"
        );
        spec.filter = None;
        assert_eq!(copy_sql(&table, 'r', &spec), "COPY \"s\".\"t\" (\"a\", \"B\") TO STDOUT");
        spec.columns.clear();
        assert_eq!(copy_sql(&table, 'p', &spec), "COPY (SELECT  FROM \"s\".\"t\") TO STDOUT");
    }

    #[test]
    fn a_filter_that_is_more_than_a_condition_is_refused() {
        let data = |filter: &str| DataSpec {
            columns: Vec::new(),
            filter: Some(filter.into()),
            via_root: None,
            bytes_estimate: 0,
            extension_config: false,
            format: RowFormat::Text,
            foreign: false,
        };
        let checked = |filter| {
            let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
            entry.data = Some(data(filter));
            condition(&entry).map(drop).map_err(|error| error.code())
        };
        assert_eq!(checked("a > 1 -- yes"), Ok(()));
        assert_eq!(checked("true)) TO PROGRAM 'sh' --"), Err(Code::ArchiveDamaged));
    }

    #[test]
    fn a_comparison_with_differences_is_an_error() {
        let table = |verdict| TableComparison { table: Ref::new("s", "t"), rows: 1, verdict };
        let equal = Comparison { tables: vec![table(Verdict::Equal)] };
        assert!(equal.result().is_ok());
        let differing = Comparison { tables: vec![table(Verdict::Equal), table(Verdict::Hash)] };
        let error = differing.result().unwrap_err();
        assert_eq!(error.code(), Code::Differs);
        assert_eq!(error.what(), "the database differs from the archive in 1 of 2 tables");
    }
}
