//! `pgx inspect`.

mod ddl;
mod members;

use std::fmt::Write;

use pgx_core::archive::Arrival;
use pgx_core::toc::{Content, Entry, Kind, Meta, RowFormat};
use pgx_core::verify::{Contents, Stream};
use pgx_core::{Code, Error, Result};
use serde::Serialize;

use super::{Outcome, Run};
use crate::args::inspect::InspectArgs;
use crate::console::{and_large_objects, counted, size};
use crate::table::Table;
use crate::{input, report, time};

/// What fits beside the other columns.
const FILTER_CHARS_MAX: usize = 48;

pub(super) fn run(args: &InspectArgs, run: &Run) -> Result<Outcome> {
    let input = match input::arrival(&args.archive, &args.member, &run.interrupt)? {
        Arrival::Archive(input) => input,
        Arrival::Cluster(_) if args.ddl.is_some() => {
            return Err(Error::new(Code::Usage, "a cluster archive is read one by one for --ddl")
                .hint("name one of its databases with --database"));
        }
        Arrival::Cluster(cluster) => return members::run(cluster, args.json, run),
    };
    let contents = Contents::read(input, &run.interrupt)?;
    let tables = contents.tables()?;
    let text = if let Some(pattern) = &args.ddl {
        ddl::text(&contents, pattern)?
    } else if args.json {
        json(&contents, &tables)?
    } else {
        let rows = rows(&tables, large_objects(&contents));
        format!("{}\n{}\n{rows}", head(&contents), entries(&contents.entries))
    };
    super::print(&text)?;
    Ok(Outcome::Complete)
}

fn large_objects(contents: &Contents) -> u64 {
    contents.entries.iter().map(Entry::large_objects).sum()
}

/// What the archive says of itself.
fn head(contents: &Contents) -> String {
    let meta = &contents.meta;
    let database = &meta.database;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<11}{}", report::one_line(&value));
    };
    let totals = &contents.totals;
    line("archive", format!("{}, {}", totals.uuid, size(totals.file_bytes)));
    line(
        "written by",
        format!("pgx {}, finished {}", meta.pgx_version, time::utc(totals.finished_unix)),
    );
    line("snapshot", time::utc(meta.started_unix));
    line("server", format!("PostgreSQL {}", meta.server_version_text));
    match meta.content {
        Content::Database => {
            line("database", format!("{}, owned by {}", database.name, database.owner));
            line("encoding", format!("{}, collation {}", meta.encoding, database.collate));
        }
        Content::Globals => line("encoding", meta.encoding.clone()),
    }
    line("holds", holds(meta));
    if !meta.compression.is_empty() {
        line("packed by", meta.compression.clone());
    }
    if !meta.request.is_empty() {
        line("asked for", meta.request.clone());
    }
    text
}

fn holds(meta: &Meta) -> String {
    if meta.content == Content::Globals {
        return "roles and tablespaces of a cluster".to_owned();
    }
    let parts = [
        (meta.has_schema, "definitions"),
        (meta.has_data, "rows"),
        (meta.has_statistics, "statistics"),
    ];
    let parts: Vec<&str> =
        parts.into_iter().filter(|(has, _)| *has).map(|(_, what)| what).collect();
    match parts.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn entries(entries: &[Entry]) -> String {
    let mut table = Table::new(&[">id", "section", "kind", "name", "owner"]);
    for entry in entries {
        table.row([
            entry.id.to_string(),
            entry.section.to_string(),
            entry.kind.to_string(),
            name(entry),
            entry.owner.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn name(entry: &Entry) -> String {
    match &entry.on {
        Some(on) => format!("{} on {on}", entry.name.name),
        None => format!("{}{}", entry.title(), arguments(entry)),
    }
}

/// What tells functions of one name apart; empty for kinds without arguments.
fn arguments(entry: &Entry) -> &str {
    let behind_name = entry.address.split_once(&entry.name.sql()).map(|(_, behind)| behind);
    behind_name.filter(|behind| behind.starts_with('(')).unwrap_or_default()
}

/// The streams: tables, and the pages of large objects and statistics, which are no rows to anybody.
fn rows(tables: &[(&Entry, Stream)], large_objects: u64) -> String {
    if tables.is_empty() {
        return "no rows\n".to_owned();
    }
    let mut table =
        Table::new(&["table", ">rows", "as", ">size", ">stored", ">ratio", ">chunks", "filter"]);
    let (mut n_rows, mut raw_bytes) = (0u64, 0u64);
    for (entry, stream) in tables {
        let end = &stream.end;
        if entry.kind == Kind::TableData {
            n_rows = n_rows.saturating_add(end.rows);
        }
        raw_bytes = raw_bytes.saturating_add(end.raw_bytes);
        let filter = entry.data.as_ref().and_then(|data| data.filter.clone());
        table.row([
            entry.name.to_string(),
            end.rows.to_string(),
            format(entry).text().to_owned(),
            size(end.raw_bytes),
            stream.stored_bytes.map(size).unwrap_or_default(),
            ratio(end.raw_bytes, stream.stored_bytes),
            end.chunks.to_string(),
            filter.map(|filter| shortened(&filter)).unwrap_or_default(),
        ]);
    }
    let n_tables = tables.iter().filter(|(entry, _)| entry.kind == Kind::TableData).count();
    let (n_tables, n_rows) = (counted(n_tables as u64, "table"), counted(n_rows, "row"));
    let objects = and_large_objects(large_objects);
    format!("{table}{n_tables}, {n_rows}{objects}, {}\n", size(raw_bytes))
}

/// How the rows of an entry are written.
fn format(entry: &Entry) -> RowFormat {
    entry.data.as_ref().map(|data| data.format).unwrap_or_default()
}

/// A row filter in one short line: an extension's may take pages. `--json` has it whole.
fn shortened(filter: &str) -> String {
    let words = filter.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= FILTER_CHARS_MAX {
        return format!("where {words}");
    }
    let beginning: String = words.chars().take(FILTER_CHARS_MAX).collect();
    format!("where {beginning}…")
}

/// Raw bytes for each stored one; nothing when either is unknown or zero.
fn ratio(raw_bytes: u64, stored_bytes: Option<u64>) -> String {
    match stored_bytes {
        Some(stored_bytes) if raw_bytes > 0 && stored_bytes > 0 => {
            let tenths = u128::from(raw_bytes) * 10 / u128::from(stored_bytes);
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        _ => String::new(),
    }
}

#[derive(Serialize)]
struct ArchiveJson<'a> {
    uuid: String,
    file_bytes: u64,
    finished_utc: String,
    pgx_version: &'a str,
    snapshot_utc: String,
    server_version: u32,
    server_version_text: &'a str,
    /// `database`, or `globals`: then the next two are empty.
    content: &'static str,
    database: &'a str,
    database_owner: &'a str,
    encoding: &'a str,
    has_schema: bool,
    has_data: bool,
    has_statistics: bool,
    request: &'a str,
    compression: &'a str,
    entries: Vec<EntryJson<'a>>,
    tables: Vec<TableJson<'a>>,
    large_objects: Option<LargeObjectsJson>,
    /// Streams of statistics.
    statistics: Vec<TableJson<'a>>,
}

#[derive(Serialize)]
struct LargeObjectsJson {
    count: u64,
    pages: u64,
    raw_bytes: u64,
    /// Unknown when the archive came through a pipe.
    stored_bytes: Option<u64>,
    chunks: u64,
    /// Hexadecimal: the order-free hash of the pages.
    row_sum: String,
}

#[derive(Serialize)]
struct EntryJson<'a> {
    id: u32,
    section: String,
    kind: &'static str,
    schema: Option<&'a str>,
    name: &'a str,
    on: Option<String>,
    /// Of a role's membership or setting: `ann in staff`, `work_mem of ann`; else the name.
    title: String,
    /// Keyword, quoted name and arguments; empty where SQL has no way to address it.
    address: &'a str,
    owner: Option<&'a str>,
    depends_on: Vec<u32>,
    create: &'a [String],
}

#[derive(Serialize)]
struct TableJson<'a> {
    id: u32,
    schema: Option<&'a str>,
    name: &'a str,
    columns: Vec<&'a str>,
    filter: Option<&'a str>,
    /// `binary` or `text`.
    format: &'static str,
    rows: u64,
    raw_bytes: u64,
    /// Unknown when the archive came through a pipe.
    stored_bytes: Option<u64>,
    chunks: u64,
    /// Hexadecimal: the order-free hash of the rows.
    row_sum: String,
}

fn json(contents: &Contents, tables: &[(&Entry, Stream)]) -> Result<String> {
    super::json_text(&archive_json(contents, tables))
}

fn archive_json<'a>(contents: &'a Contents, tables: &[(&'a Entry, Stream)]) -> ArchiveJson<'a> {
    let meta = &contents.meta;
    let of_kind = |kind| {
        let streams = tables.iter().filter(move |(entry, _)| entry.kind == kind);
        streams.map(|(entry, stream)| table_json(entry, stream)).collect()
    };
    let pages = tables.iter().find(|(entry, _)| entry.kind == Kind::LargeObjects);
    ArchiveJson {
        uuid: contents.totals.uuid.to_string(),
        file_bytes: contents.totals.file_bytes,
        finished_utc: time::utc(contents.totals.finished_unix),
        pgx_version: &meta.pgx_version,
        snapshot_utc: time::utc(meta.started_unix),
        server_version: meta.server_version,
        server_version_text: &meta.server_version_text,
        content: match meta.content {
            Content::Database => "database",
            Content::Globals => "globals",
        },
        database: &meta.database.name,
        database_owner: &meta.database.owner,
        encoding: &meta.encoding,
        has_schema: meta.has_schema,
        has_data: meta.has_data,
        has_statistics: meta.has_statistics,
        request: &meta.request,
        compression: &meta.compression,
        entries: contents.entries.iter().map(entry_json).collect(),
        tables: of_kind(Kind::TableData),
        large_objects: pages.map(|(_, stream)| large_objects_json(contents, stream)),
        statistics: of_kind(Kind::StatisticsData),
    }
}

fn large_objects_json(contents: &Contents, stream: &Stream) -> LargeObjectsJson {
    LargeObjectsJson {
        count: large_objects(contents),
        pages: stream.end.rows,
        raw_bytes: stream.end.raw_bytes,
        stored_bytes: stream.stored_bytes,
        chunks: stream.end.chunks,
        row_sum: format!("{:032x}", stream.end.row_sum),
    }
}

fn entry_json(entry: &Entry) -> EntryJson<'_> {
    EntryJson {
        id: entry.id.0,
        section: entry.section.to_string(),
        kind: entry.kind.text(),
        schema: entry.name.schema.as_deref(),
        name: &entry.name.name,
        on: entry.on.as_ref().map(ToString::to_string),
        title: entry.title(),
        address: &entry.address,
        owner: entry.owner.as_deref(),
        depends_on: entry.deps.iter().map(|id| id.0).collect(),
        create: &entry.create,
    }
}

fn table_json<'a>(entry: &'a Entry, stream: &Stream) -> TableJson<'a> {
    let columns = entry.data.iter().flat_map(|data| &data.columns);
    TableJson {
        id: entry.id.0,
        schema: entry.name.schema.as_deref(),
        name: &entry.name.name,
        columns: columns.map(|column| column.name.as_str()).collect(),
        filter: entry.data.as_ref().and_then(|data| data.filter.as_deref()),
        format: format(entry).text(),
        rows: stream.end.rows,
        raw_bytes: stream.end.raw_bytes,
        stored_bytes: stream.stored_bytes,
        chunks: stream.end.chunks,
        row_sum: format!("{:032x}", stream.end.row_sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_one_short_line() {
        assert_eq!(shortened("a\n  = 1"), "where a = 1");
        let long = shortened(&"x".repeat(1000));
        assert_eq!(long.chars().count(), "where …".chars().count() + FILTER_CHARS_MAX);
    }

    #[test]
    fn ratios_are_raw_over_stored() {
        assert_eq!(ratio(100, Some(40)), "2.5");
        assert_eq!(ratio(100, None), "");
        assert_eq!(ratio(0, Some(0)), "");
    }
}
