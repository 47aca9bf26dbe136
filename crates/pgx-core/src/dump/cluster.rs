//! The dump of a whole cluster: the globals, then every database, each in a snapshot of its own.

use std::collections::BTreeSet;
use std::io::Write;

use super::{DumpReport, DumpRequest, GlobalsRequest, dump, globals};
use crate::archive::ClusterWriter;
use crate::connect::{Row, Session, open_maintenance};
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Observer, Within};
use crate::select::{self, Pattern};

/// Databases that every cluster has, in the order in which they are dumped.
const FIRST: [&str; 2] = ["template1", "postgres"];
/// The database that is never dumped: it is to stay as initdb made it.
const NEVER: &str = "template0";

/// The databases of a server. A name's bytes are in no known encoding: as they are, in hexadecimal.
const DATABASES: &str = "\
SELECT d.oid, pg_catalog.encode(pg_catalog.textsend(d.datname::pg_catalog.text), 'hex') AS name, \
 d.datallowconn AS open, d.datconnlimit = -2 AS invalid, \
 pg_catalog.has_database_privilege(d.oid, 'CONNECT') AS allowed \
FROM pg_catalog.pg_database d ORDER BY d.datname";

/// A dump of all databases, as asked for.
#[derive(Clone, Debug)]
pub struct ClusterRequest {
    /// The globals, and where the first connection goes.
    pub globals: GlobalsRequest,
    /// What is asked of every database; which one its `config` names does not matter.
    pub each: DumpRequest,
    /// Databases that are not wanted.
    pub exclude: Vec<Pattern>,
}

/// What a dump of all databases did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterReport {
    /// Entries of the globals.
    pub globals: usize,
    /// Each database by name, in file order.
    pub databases: Vec<(String, DumpReport)>,
    /// Databases that were left out because nobody can connect to them.
    pub skipped: Vec<String>,
    /// Bytes of the cluster archive.
    pub file_bytes: u64,
}

/// Dumps globals and databases into `output`, as a cluster archive, and gives the output back,
/// complete but not synced.
///
/// # Errors
/// As [`dump()`]; [`Code::Unsupported`] names the databases that refuse connections.
pub fn cluster<W: Write + Send>(
    request: &ClusterRequest,
    output: W,
    observer: &dyn Observer,
) -> Result<(W, ClusterReport)> {
    observer.stage("listing the databases");
    let Databases { names, skipped } = databases(request, observer)?;
    let mut report = ClusterReport { skipped, ..ClusterReport::default() };
    let writer = ClusterWriter::new(output)?;
    let (mut writer, of_globals) = writer.member(|output| {
        globals(&request.globals, output, &Within::new("globals", observer))
            .note(|| "while the globals were dumped".to_owned())
    })?;
    report.globals = of_globals.entries;
    for name in names {
        let label = format!("database {name}");
        let config = request.each.config.with_database(&name);
        let one = DumpRequest { config, ..request.each.clone() };
        let dumped;
        (writer, dumped) = writer.member(|output| {
            dump(&one, output, &Within::new(&label, observer))
                .note(|| format!("while {label} was dumped"))
        })?;
        report.databases.push((name, dumped));
    }
    let (output, file_bytes) = writer.finish()?;
    report.file_bytes = file_bytes;
    Ok((output, report))
}

/// The databases to dump, in order.
struct Databases {
    names: Vec<String>,
    skipped: Vec<String>,
}

/// A database of the server.
struct Found {
    name: String,
    open: bool,
    invalid: bool,
    allowed: bool,
}

fn databases(request: &ClusterRequest, observer: &dyn Observer) -> Result<Databases> {
    let mut session = match request.globals.any_database {
        true => open_maintenance(&request.globals.config)?,
        false => Session::open(&request.globals.config)?,
    };
    let excluded: BTreeSet<u32> =
        select::databases(&request.exclude, &mut session)?.into_iter().flatten().collect();
    let mut wanted = Vec::new();
    for row in session.query(DATABASES)? {
        let found = Found::of(&row)?;
        if found.name != NEVER && !excluded.contains(&row.oid("oid")?) {
            wanted.push(found);
        }
    }
    wanted.sort_by_key(|found| FIRST.iter().position(|first| *first == found.name).unwrap_or(2));
    wanted.retain(|found| {
        if found.invalid {
            let name = &found.name;
            observer.warning(format!(
                "database {name} is left out: a DROP DATABASE of it was interrupted"
            ));
        }
        !found.invalid
    });
    let (names, closed): (Vec<Found>, Vec<Found>) =
        wanted.into_iter().partition(|found| found.open && found.allowed);
    let skipped: Vec<String> = closed.iter().map(Found::refusal).collect();
    if !skipped.is_empty() && !request.each.skip_unsupported {
        return Err(refused(&closed, skipped));
    }
    Ok(Databases { names: names.into_iter().map(|found| found.name).collect(), skipped })
}

impl Found {
    fn of(row: &Row) -> Result<Found> {
        let bytes = bytes(row.str("name")?)?;
        let name = String::from_utf8(bytes).map_err(|error| {
            let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Error::new(Code::Unsupported, "the name of a database is not UTF-8")
                .object(format!("database {shown}"))
                .hint("rename it, or dump the databases by themselves")
        })?;
        let (open, invalid) = (row.bool("open")?, row.bool("invalid")?);
        Ok(Found { name, open, invalid, allowed: row.bool("allowed")? })
    }

    /// Why it cannot be dumped.
    fn refusal(&self) -> String {
        let why =
            if self.open { "the role may not connect to it" } else { "it refuses connections" };
        format!("database {}: {why}", self.name)
    }
}

fn refused(closed: &[Found], refusals: Vec<String>) -> Error {
    let code = match closed.iter().all(|found| found.open) {
        true => Code::Denied,
        false => Code::Unsupported,
    };
    let what = match refusals.len() {
        1 => "1 database cannot be dumped".to_owned(),
        n => format!("{n} databases cannot be dumped"),
    };
    let error = Error::new(code, what).hint(
        "open them (ALTER DATABASE … ALLOW_CONNECTIONS true, GRANT CONNECT), or leave them out: \
         --exclude-database by name, --skip-unsupported all of them",
    );
    refusals.into_iter().fold(error, Error::note)
}

fn bytes(hexadecimal: &str) -> Result<Vec<u8>> {
    let digits = hexadecimal.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    digits.collect::<Option<_>>().ok_or_else(|| Error::internal("a name is not hexadecimal"))
}
