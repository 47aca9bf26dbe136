//! The dump: connect, catalog, select, order, then rows into the archive.
//!
//! Nothing is ever written to the source. Memory holds the catalog's model and a bounded number of
//! chunks, never a table.

mod cluster;
mod contents;
mod copy;
mod format;
mod globals;
mod hints;
mod jobs;
mod leader;
mod pipeline;
mod privileges;
mod remarks;
mod request;
mod statistics;
mod streams;
mod survey;
mod task;
mod unsupported;
mod wanted;

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

pub use cluster::{ClusterReport, ClusterRequest, cluster};
pub use globals::{GlobalsRequest, globals};
pub use request::{CopyFormat, DumpReport, DumpRequest};
pub use survey::{Survey, survey};

use crate::archive::{StreamEnd, Writer};
use crate::catalog::model::LargeObjects;
use crate::catalog::{self, Catalog};
use crate::connect::Session;
use crate::ddl;
use crate::error::{Code, Error, Result};
use crate::event::Observer;
use crate::order;
use crate::rows::CHUNK_BYTES;
use crate::select;
use crate::toc::{Entry, EntryId, Meta};
use leader::Leader;
use streams::Streams;
use wanted::{Basis, Wanted};

/// Dumps what `request` asks for into `output` and gives the output back, complete but not synced.
///
/// # Errors
/// Codes 2xx for what was asked, 4xx to 6xx and 11xx for the source, 10xx for the output. The output
/// then holds no valid archive.
pub fn dump<W: Write + Send>(
    request: &DumpRequest,
    output: W,
    observer: &dyn Observer,
) -> Result<(W, DumpReport)> {
    let Plan { mut session, second, meta, entries, described, skipped } = plan(request, observer)?;
    let mut writer = Writer::new(output, &meta)?;
    writer.toc(&entries)?;
    let (writer, ends) =
        copy_rows(request, (&mut session, second), (&entries, &described), writer, observer)?;
    let mut report = DumpReport { entries: entries.len(), skipped, ..DumpReport::default() };
    report.large_objects = entries.iter().map(Entry::large_objects).sum();
    for entry in &entries {
        if let Some(&end) = ends.get(&entry.id) {
            report.add(entry.kind, end);
        }
    }
    session.execute("COMMIT").map_err(hints::conflict)?;
    let (output, totals) = writer.finish()?;
    report.stored_bytes = totals.file_bytes;
    Ok((output, report))
}

/// Everything before the first row: a session inside the snapshot, and what to write.
struct Plan {
    session: Session,
    /// One more in the snapshot, if the catalog was worth it.
    second: Option<Session>,
    meta: Meta,
    entries: Vec<Entry>,
    /// The relations whose statistics are dumped.
    described: Vec<u32>,
    skipped: Vec<String>,
}

/// How often needs may turn up that were not locked.
const PASSES: usize = 10;

fn plan(request: &DumpRequest, observer: &dyn Observer) -> Result<Plan> {
    let mut also = BTreeSet::new();
    for _ in 0..PASSES {
        observer.stage("connecting and locking");
        let extra: Vec<u32> = also.iter().copied().collect();
        let mut leader = leader::begin(request, &extra, observer)?;
        let unknown = unsupported::unknown(&mut leader.session, request)?;
        observer.stage("reading the catalog");
        let mut second = jobs::second(&mut leader.session, request, leader.locked.len())?;
        let sessions = (&mut leader, second.as_mut());
        let catalog = read_catalog(sessions, request, &extra)?;
        let ordered = order::sort(&catalog)?;
        let basis = Basis {
            graph: &ordered.graph,
            catalog: &catalog,
            listing: &leader.listing,
            parts: request.parts,
        };
        let mut wanted = Wanted::new(&basis, &mut leader.choice);
        let unlocked = unlocked(&leader, &wanted, &catalog, &also);
        if !unlocked.is_empty() {
            also.extend(unlocked);
            continue;
        }
        wanted.omit(&basis, request.omitted);
        let mut skipped = unsupported::check(&basis, &mut wanted, &leader.choice, request)?;
        skipped.extend(unknown);
        let ctx = ddl::Context { catalog: &catalog, repairs: &ordered.repairs };
        for label in unsupported::unkept(&basis, &leader.choice, &ctx) {
            observer.warning(format!("not kept: {label}"));
        }
        select::check_rows(&mut leader.session, &leader.listing, &leader.choice)?;
        let large_objects = match leader.choice.large_objects && request.sections.data {
            true => catalog::large_objects::read(&mut leader.session)?,
            false => LargeObjects::default(),
        };
        let mut entries = contents::entries(&contents::Source {
            ordered: &ordered,
            ctx: &ctx,
            wanted: &wanted,
            listing: &leader.listing,
            choice: &leader.choice,
            large_objects: &large_objects,
            sections: request.sections,
        });
        entries.iter_mut().for_each(|entry| request.omitted.strip(entry));
        format::decide(&mut entries, request.copy_format)?;
        let mut described = Vec::new();
        if request.sections.of(request.parts).statistics {
            described.extend(leader.choice.described());
            statistics::append(&mut entries, leader.session.version());
            statistics::tell_hidden(&mut leader.session, &described, observer)?;
        }
        report_choice(&leader, observer);
        remarks::make(&entries, &catalog, &leader.choice, observer);
        let meta = meta(&mut leader.session, &catalog, request)?;
        return Ok(Plan { session: leader.session, second, meta, entries, described, skipped });
    }
    Err(Error::new(Code::SourceChanged, "what the tables need keeps changing"))
}

/// Relations that must be locked and are not yet: needed definitions, configuration tables of extensions
/// that come along, and those of their tables that users put something on.
fn unlocked(
    leader: &Leader,
    wanted: &Wanted,
    catalog: &Catalog,
    also: &BTreeSet<u32>,
) -> BTreeSet<u32> {
    let (listing, choice) = (&leader.listing, &leader.choice);
    let mut missing = wanted.unread.clone();
    missing.extend(catalog.added.relations.iter().copied().filter(|oid| {
        let extension = listing.relations.get(oid).and_then(|relation| relation.extension);
        extension.is_some_and(|extension| choice.extensions.contains(&extension))
            && !leader.locked.contains(oid)
    }));
    missing.extend(leader.choice.relations.keys().filter(|oid| {
        leader.listing.relations.get(oid).is_some_and(|relation| relation.config_filter.is_some())
            && !leader.locked.contains(oid)
    }));
    missing.retain(|oid| !also.contains(oid));
    missing
}

/// Reads the model under the locks. Members of extensions are read too, so that privileges on them
/// and rows of configuration tables can come along.
fn read_catalog(
    (leader, second): (&mut Leader, Option<&mut Session>),
    request: &DumpRequest,
    also: &[u32],
) -> Result<Catalog> {
    let listed = leader.listing.relations.values();
    let members = listed.filter(|relation| relation.extension.is_some()).map(|member| member.oid);
    let chosen = leader.choice.relations.keys().copied();
    let mut oids: Vec<u32> = chosen.chain(also.iter().copied()).chain(members).collect();
    oids.sort_unstable();
    oids.dedup();
    let sessions = (&mut leader.session, second);
    catalog::read(sessions, &leader.listing, &oids, request.parts)
        .map_err(hints::conflict)
        .map_err(hints::gone)
}

fn report_choice(leader: &Leader, observer: &dyn Observer) {
    for followed in &leader.choice.followed {
        observer.detail(format!(
            "table {} follows from a foreign key",
            leader.listing.label(followed.table)
        ));
    }
    for pattern in &leader.choice.unmatched {
        observer.detail(format!("the exclusion {pattern} matches nothing"));
    }
}

/// What each stream amounts to.
type Ends = HashMap<EntryId, StreamEnd>;

/// Copies all rows, with as many sessions as were asked for and tasks need.
fn copy_rows<W: Write + Send>(
    request: &DumpRequest,
    (session, second): (&mut Session, Option<Session>),
    (entries, described): (&[Entry], &[u32]),
    writer: Writer<W>,
    observer: &dyn Observer,
) -> Result<(Writer<W>, Ends)> {
    let jobs = jobs::count(request, entries);
    let tasks = task::tasks(session, entries, jobs, observer)?;
    let streams = Streams::new(entries, &tasks);
    let batches = task::batches(tasks, entries, jobs);
    let jobs = jobs.min(batches.len());
    let workers = jobs::open((session, second), request, jobs, observer)?;
    let job = jobs::Job { request, entries, described, streams: &streams, observer };
    let writer = jobs::copy_rows((session, workers), &job, batches, writer)?;
    Ok((writer, streams.ends()))
}

fn meta(session: &mut Session, catalog: &Catalog, request: &DumpRequest) -> Result<Meta> {
    let parts = request.sections.of(request.parts);
    let mut database = catalog.database.clone();
    request.omitted.strip_database(&mut database);
    Ok(Meta {
        database,
        has_schema: parts.schema,
        has_data: parts.data,
        has_statistics: parts.statistics,
        request: request.request_text.clone(),
        compression: request.codec.to_string(),
        ..meta_of_server(session)?
    })
}

/// What META says of this pgx, the server and the time; of what is dumped, nothing yet.
fn meta_of_server(session: &mut Session) -> Result<Meta> {
    let version = session
        .query_one("SELECT pg_catalog.current_setting('server_version') AS version")?
        .text("version")?;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(Meta {
        pgx_version: env!("CARGO_PKG_VERSION").to_owned(),
        server_version: session.version(),
        server_version_text: version,
        encoding: session.encoding().name().to_owned(),
        started_unix: started,
        chunk_bytes: u32::try_from(CHUNK_BYTES).unwrap_or(u32::MAX),
        ..Meta::default()
    })
}
