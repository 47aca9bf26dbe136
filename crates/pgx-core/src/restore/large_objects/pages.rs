//! Pages into large objects that are there and empty.

use super::read::{self, Page};
use crate::archive::StreamEnd;
use crate::chunk::Chunk;
use crate::connect::Session;
use crate::connect::quote::{ident, literal};
use crate::error::{Code, Error, Result};
use crate::event::{Event, Observer};
use crate::restore::plan::{Action, Plan};
use crate::restore::report::RestoreReport;
use crate::restore::request::RestoreRequest;
use crate::rows;
use crate::toc::{Entry, EntryId, Oids, RowFormat};

/// What errors and events call the table that the pages are rows of.
const NAME: &str = "large objects";

/// A tuple of so many bytes fits into a block of any server that is not made for small ones.
const PLAIN_BYTES_MAX: u32 = 4096;

/// Fills large objects, a chunk at a time.
pub(crate) struct Pages {
    stream: EntryId,
    format: RowFormat,
    page_bytes: u32,
    /// Those that the restore has made.
    oids: Oids,
    way: Way,
    loaded: u64,
    bytes: u64,
}

/// How pages get where they belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Into `pg_largeobject` itself.
    Direct,
    /// Through a temporary table, by the restoring role.
    Staged,
    /// Through a temporary table, by the owner of each.
    StagedByOwner,
}

impl Pages {
    /// For the pages of `entry`, into the large objects that the plan makes.
    pub(super) fn new(
        session: &mut Session,
        plan: &Plan,
        entry: &Entry,
        request: &RestoreRequest,
    ) -> Result<Pages> {
        let made = plan.of(Action::MakeLargeObjects);
        let made = made.filter_map(|(_, entry)| entry.large_objects.as_ref());
        let oids = Oids::union(made.map(|objects| &objects.oids));
        let page_bytes = entry.large_objects.as_ref().map_or(0, |objects| objects.page_bytes);
        Ok(Pages {
            stream: entry.id,
            format: entry.data.as_ref().map(|data| data.format).unwrap_or_default(),
            page_bytes,
            oids,
            way: way(session, page_bytes, request.omitted.owners)?,
            loaded: 0,
            bytes: 0,
        })
    }

    /// Whether a stream is theirs.
    pub(crate) fn are(&self, stream: EntryId) -> bool {
        self.stream == stream
    }

    /// Loads the rows of a chunk.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`]: no pages of these large objects; what the server refused.
    pub(crate) fn load(
        &mut self,
        session: &mut Session,
        chunk: &Chunk,
        observer: &dyn Observer,
    ) -> Result<()> {
        let raw = &chunk.raw;
        let rows = self.check(chunk)?;
        let failed = |error: Error| error.object(NAME);
        let into = match self.way {
            Way::Direct => "pg_catalog.pg_largeobject",
            Way::Staged | Way::StagedByOwner => {
                session.execute(&stage_sql(self.page_bytes)).map_err(failed)?;
                "pg_temp.pgx_pages"
            }
        };
        let copied = copy(session, into, self.format, raw).map_err(failed)?;
        match self.way {
            Way::Direct => {}
            Way::Staged => session.execute(&put_sql(self.page_bytes, "")).map_err(failed)?,
            Way::StagedByOwner => put_by_owners(session, self.page_bytes).map_err(failed)?,
        }
        if copied != rows {
            let what = format!("the target took {copied} rows and the archive holds {rows}");
            return Err(Error::new(Code::TargetFailed, what).object(NAME));
        }
        self.loaded += rows;
        self.bytes += raw.len() as u64;
        observer.event(&self.progress(false));
        Ok(())
    }

    /// The stream has ended: compares counts.
    ///
    /// # Errors
    /// [`Code::ArchiveDamaged`].
    pub(crate) fn end(
        &self,
        end: StreamEnd,
        observer: &dyn Observer,
        report: &mut RestoreReport,
    ) -> Result<()> {
        if self.loaded != end.rows {
            let what = format!("{} pages came of {}", self.loaded, end.rows);
            return Err(Error::new(Code::ArchiveDamaged, what).object(NAME));
        }
        report.entries += 1;
        report.bytes += self.bytes;
        observer.event(&self.progress(true));
        Ok(())
    }

    fn progress(&self, done: bool) -> Event {
        Event::Rows { table: NAME.to_owned(), rows: self.loaded, bytes: self.bytes, done }
    }

    /// Counts the rows. Nothing but pages of large objects that this restore has made may come: what is
    /// written to `pg_largeobject` nobody checks.
    fn check(&self, chunk: &Chunk) -> Result<u64> {
        let (mut rest, mut count) = (chunk.raw.as_slice(), 0);
        let fits = |page: &Page| {
            page.number >= 0
                && (1..=self.page_bytes as usize).contains(&page.bytes)
                && chunk.head.format == self.format
                && self.oids.contains(page.oid)
        };
        while !rest.is_empty() {
            if !read::next(&mut rest, self.format).is_some_and(|page| fits(&page)) {
                return Err(Error::new(
                    Code::ArchiveDamaged,
                    "a row is no page of a large object of the archive",
                )
                .object(NAME)
                .hint("the archive was not written by pgx as it is; do not trust it"));
            }
            count += 1;
        }
        Ok(count)
    }
}

/// Pages of another size than the target's cannot be written as they are.
fn way(session: &mut Session, page_bytes: u32, no_owner: bool) -> Result<Way> {
    let row = session.query_one(
        "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'INSERT') AS direct, \
         pg_catalog.current_setting('block_size')::pg_catalog.int4 / 4 AS page_bytes, \
         (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS superuser",
    )?;
    let same = row.int::<u32>("page_bytes")? == page_bytes;
    Ok(match (row.bool("direct")? && same, no_owner || row.bool("superuser")?) {
        (true, _) => Way::Direct,
        (false, true) => Way::Staged,
        (false, false) => Way::StagedByOwner,
    })
}

/// An empty temporary table. A page is too small to be worth compressing on its way.
fn stage_sql(page_bytes: u32) -> String {
    let storage = if page_bytes <= PLAIN_BYTES_MAX { "PLAIN" } else { "EXTERNAL" };
    format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS pg_temp.pgx_pages ( \
          loid pg_catalog.oid, pageno pg_catalog.int4, data pg_catalog.bytea) ON COMMIT DROP; \
         ALTER TABLE pg_temp.pgx_pages ALTER COLUMN data SET STORAGE {storage}; \
         GRANT SELECT ON pg_temp.pgx_pages TO PUBLIC; TRUNCATE pg_temp.pgx_pages"
    )
}

fn copy(session: &mut Session, into: &str, format: RowFormat, raw: &[u8]) -> Result<u64> {
    let options = format.copy_options();
    let mut copy =
        session.copy_in(&format!("COPY {into} (loid, pageno, data) FROM STDIN{options}"))?;
    copy.send(rows::header(format))?;
    copy.send(raw)?;
    copy.send(rows::trailer(format))?;
    copy.finish()
}

fn put_sql(page_bytes: u32, condition: &str) -> String {
    format!(
        "SELECT pg_catalog.count(pg_catalog.lo_put(p.loid, \
          p.pageno::pg_catalog.int8 * {page_bytes}, p.data)) FROM pg_temp.pgx_pages p{condition}"
    )
}

/// A role may be a member of the owner's without having its privileges.
fn put_by_owners(session: &mut Session, page_bytes: u32) -> Result<()> {
    const OWNER: &str = "(SELECT pg_catalog.pg_get_userbyid(m.lomowner) \
         FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = p.loid)";
    let rows =
        session.query(&format!("SELECT DISTINCT {OWNER} AS owner FROM pg_temp.pgx_pages p"))?;
    for row in rows {
        let owner = row.text("owner")?;
        let put = put_sql(page_bytes, &format!(" WHERE {OWNER} = {}", literal(&owner)));
        session.execute(&format!("SET LOCAL ROLE {}; {put}; RESET ROLE", ident(&owner)))?;
    }
    Ok(())
}
