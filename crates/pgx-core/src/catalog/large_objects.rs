//! Large objects: who they belong to, and the pages they consist of.
//!
//! There may be millions, so the server counts them into runs of OIDs. A page is a row of three
//! columns as in `pg_largeobject`: OID, number of the page, bytes. Whoever may read that catalog reads
//! it; everybody else asks for each large object, in slices, all in one statement. Both ways give the
//! same rows: every page but the last of a large object is full, one that holds nothing but zeros is
//! left out unless it is the last, and a large object without bytes has none.

use std::ops::RangeInclusive;

use super::acl;
use super::model::{Label, LargeObjectGroup, LargeObjects};
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::{OidRun, Oids, RowFormat};

/// Pages that are read at once where `pg_largeobject` itself may not be read.
const PAGES_PER_SLICE: u32 = 128;

/// `INV_READ`: opened so, a large object is seen as of the snapshot.
const INV_READ: u32 = 0x40000;

/// A text stands in for the list of privileges, which has no order to group by.
const GROUPS: &str = "\
SELECT pg_catalog.pg_get_userbyid(r.lomowner) AS owner, r.acl, \
 pg_catalog.acldefault('L', r.lomowner)::pg_catalog.text[] AS acl_base, false AS acl_initial, \
 pg_catalog.array_agg(r.first ORDER BY r.first) AS firsts, \
 pg_catalog.array_agg(r.count ORDER BY r.first) AS counts \
FROM (SELECT o.lomowner, o.acl, pg_catalog.min(o.oid) AS first, pg_catalog.count(*) AS count \
 FROM (SELECT l.lomowner, l.acl, l.oid, l.oid - pg_catalog.row_number() OVER ( \
   PARTITION BY l.lomowner, l.acl ORDER BY l.oid) AS run \
  FROM (SELECT m.lomowner, m.lomacl::pg_catalog.text COLLATE pg_catalog.\"C\" AS acl, \
    m.oid::pg_catalog.int8 AS oid FROM pg_catalog.pg_largeobject_metadata m) l) o \
 GROUP BY o.lomowner, o.acl, o.run) r \
GROUP BY r.lomowner, r.acl ORDER BY pg_catalog.min(r.first)";

const COMMENTS: &str = "\
SELECT d.objoid, d.description FROM pg_catalog.pg_description d \
JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = d.objoid \
WHERE d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass ORDER BY d.objoid";

const LABELS: &str = "\
SELECT l.objoid, l.provider, l.label FROM pg_catalog.pg_seclabel l \
JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = l.objoid \
WHERE l.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass ORDER BY l.objoid, l.provider";

const SIZES: &str = "\
SELECT pg_catalog.current_setting('block_size')::pg_catalog.int4 / 4 AS page_bytes, \
 pg_catalog.pg_table_size('pg_catalog.pg_largeobject') AS bytes";

/// Reads everything about the large objects but their bytes.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<LargeObjects> {
    let groups = session.query(GROUPS)?.iter().map(group).collect::<Result<_>>()?;
    let comments = session.query(COMMENTS)?;
    let comment = |row: &Row| Ok((row.oid("objoid")?, row.text("description")?));
    let labels = session.query(LABELS)?;
    let label = |row: &Row| {
        let label = Label { provider: row.text("provider")?, text: row.text("label")? };
        Ok((row.oid("objoid")?, label))
    };
    let sizes = session.query_one(SIZES)?;
    Ok(LargeObjects {
        groups,
        comments: comments.iter().map(comment).collect::<Result<_>>()?,
        labels: labels.iter().map(label).collect::<Result<_>>()?,
        page_bytes: sizes.int("page_bytes")?,
        bytes_estimate: sizes.int("bytes")?,
    })
}

/// The OIDs of all large objects.
///
/// # Errors
/// As [`Session::query`].
pub fn oids(session: &mut Session) -> Result<Oids> {
    let groups: Vec<LargeObjectGroup> =
        session.query(GROUPS)?.iter().map(group).collect::<Result<_>>()?;
    Ok(Oids::union(groups.iter().map(|group| &group.oids)))
}

fn group(row: &Row) -> Result<LargeObjectGroup> {
    let mut oids = Oids::default();
    for (first, count) in numbers(row, "firsts")?.zip(numbers(row, "counts")?) {
        let (first, count) = (first?, count?);
        oids.push_run(OidRun { first, count });
    }
    Ok(LargeObjectGroup { owner: row.text("owner")?, acl: acl::read(row)?, oids })
}

/// The numbers of an array, one by one: there may be a million.
fn numbers<'r>(row: &'r Row, column: &str) -> Result<impl Iterator<Item = Result<u32>> + 'r> {
    let text = row.str(column)?.trim_start_matches('{').trim_end_matches('}');
    let number = |text: &str| {
        text.parse().map_err(|_| Error::internal(format!("not the number of an OID: {text}")))
    };
    Ok(text.split(',').map(number))
}

/// Large objects that the role may not read: how many, and the first few.
///
/// # Errors
/// As [`Session::query`].
pub fn unreadable(session: &mut Session, names_max: usize) -> Result<(u64, Vec<u32>)> {
    if reads_pages(session)? {
        return Ok((0, Vec::new()));
    }
    let may = match session.major() {
        18.. => "pg_catalog.has_largeobject_privilege(m.oid, 'SELECT')",
        _ => MAY_READ,
    };
    let row = session.query_one(&format!(
        "SELECT pg_catalog.count(*) AS count, \
         (pg_catalog.array_agg(m.oid ORDER BY m.oid))[1:{names_max}] AS oids \
         FROM pg_catalog.pg_largeobject_metadata m WHERE NOT ({may})"
    ))?;
    Ok((row.int("count")?, row.ints("oids")?))
}

/// What servers before 18 decide by, and have no function for.
const MAY_READ: &str = "pg_catalog.current_setting('lo_compat_privileges') = 'on' \
    OR CASE WHEN m.lomacl IS NULL THEN pg_catalog.pg_has_role(m.lomowner, 'USAGE') \
     ELSE EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) a \
      WHERE a.privilege_type = 'SELECT' AND CASE a.grantee WHEN 0 THEN true \
       ELSE pg_catalog.pg_has_role(a.grantee, 'USAGE') END) END";

/// Whether the role may read `pg_largeobject`: superusers, and since 14 members of
/// `pg_read_all_data`.
fn reads_pages(session: &mut Session) -> Result<bool> {
    session
        .query_one(
            "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT') AS may",
        )?
        .bool("may")
}

/// The OIDs that a large object can have.
pub const ALL: RangeInclusive<u32> = 0..=u32::MAX;

/// Copies the pages of the large objects with `oids`, in their order, and returns the number of pages.
/// Pages are those of a server with pages of `page_bytes`.
///
/// # Errors
/// What the server refused; those of `sink`.
pub fn copy_pages(
    session: &mut Session,
    page_bytes: u32,
    format: RowFormat,
    oids: &RangeInclusive<u32>,
    sink: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let own_bytes: u32 = session.query_one(SIZES)?.int("page_bytes")?;
    let rows = match own_bytes == page_bytes && reads_pages(session)? {
        true => pages(page_bytes, oids),
        false => slices(page_bytes, oids),
    };
    let options = format.copy_options();
    // Sorting would bring the pages of all large objects to the server's disk; there is an index.
    session.execute("SET LOCAL enable_sort = off")?;
    let copied = session.copy_out(&format!("COPY ({rows}) TO STDOUT{options}"), sink)?;
    session.execute("SET LOCAL enable_sort = on")?;
    Ok(copied)
}

/// The condition that a column is one of `oids`; nothing where all are.
fn among(column: &str, oids: &RangeInclusive<u32>) -> String {
    match *oids == ALL {
        true => String::new(),
        false => format!(" WHERE {column} BETWEEN '{}' AND '{}'", oids.start(), oids.end()),
    }
}

/// So many zero bytes, as an expression.
fn zeros(bytes: u32) -> String {
    format!("pg_catalog.decode(pg_catalog.repeat('00', {bytes}), 'hex')")
}

/// The rows of `pg_largeobject`. A write leaves the page before it as short as it was, and a cut may
/// leave an empty one behind, which says nothing but that the page before is the last.
fn pages(page_bytes: u32, oids: &RangeInclusive<u32>) -> String {
    let (zeros, among) = (zeros(page_bytes), among("l.loid", oids));
    format!(
        "SELECT p.loid, CASE WHEN p.bytes = 0 THEN p.pageno - 1 ELSE p.pageno END AS pageno, \
          CASE WHEN p.bytes = 0 THEN {zeros} WHEN p.is_last OR p.bytes = {page_bytes} THEN p.data \
           ELSE p.data || pg_catalog.substring({zeros}, 1, {page_bytes} - p.bytes) END AS data \
         FROM (SELECT l.loid, l.pageno, l.data, pg_catalog.octet_length(l.data) AS bytes, \
           pg_catalog.lead(l.loid) OVER w IS DISTINCT FROM l.loid AS is_last, \
           pg_catalog.lead(l.pageno) OVER w = l.pageno + 1 \
            AND pg_catalog.lead(pg_catalog.octet_length(l.data)) OVER w = 0 \
            AND pg_catalog.lead(l.loid, 2) OVER w IS DISTINCT FROM l.loid AS before_the_end, \
           pg_catalog.lag(l.loid) OVER w = l.loid AND pg_catalog.lag(l.pageno) OVER w = l.pageno - 1 \
            AND pg_catalog.lag(pg_catalog.octet_length(l.data)) OVER w > 0 AS follows \
          FROM pg_catalog.pg_largeobject l{among} WINDOW w AS (ORDER BY l.loid, l.pageno)) p \
         WHERE CASE WHEN p.bytes = 0 THEN p.is_last AND p.pageno > 0 AND p.follows IS NOT TRUE \
          WHEN p.is_last OR p.before_the_end THEN true \
          ELSE p.data <> pg_catalog.substring({zeros}, 1, p.bytes) END"
    )
}

/// The same rows out of `lo_get`. A subquery with OFFSET is computed once for each row, and a large
/// object is closed before the next one is opened.
fn slices(page_bytes: u32, oids: &RangeInclusive<u32>) -> String {
    let (zeros, slice_bytes) = (zeros(page_bytes), page_bytes * PAGES_PER_SLICE);
    let among = among("l.oid", oids);
    format!(
        "SELECT o.oid AS loid, p.pageno, p.data \
         FROM (SELECT s.oid, s.size, pg_catalog.lo_close(s.fd) \
           FROM (SELECT d.oid, d.fd, pg_catalog.lo_lseek64(d.fd, 0, 2) AS size \
            FROM (SELECT m.oid, pg_catalog.lo_open(m.oid, {INV_READ}) AS fd \
             FROM (SELECT l.oid FROM pg_catalog.pg_largeobject_metadata l{among} ORDER BY l.oid) m \
             OFFSET 0) d \
            OFFSET 0) s OFFSET 0) o, \
          LATERAL pg_catalog.generate_series(0::pg_catalog.int8, o.size - 1, {slice_bytes}) c(at), \
          LATERAL (SELECT pg_catalog.lo_get(o.oid, c.at, {slice_bytes}) AS data OFFSET 0) g, \
          LATERAL pg_catalog.generate_series(0, pg_catalog.octet_length(g.data) - 1, {page_bytes}) \
           i(at), \
          LATERAL (SELECT ((c.at + i.at) / {page_bytes})::pg_catalog.int4 AS pageno, \
           pg_catalog.substring(g.data, i.at + 1, {page_bytes}) AS data OFFSET 0) p \
         WHERE c.at + i.at + {page_bytes} >= o.size OR p.data <> {zeros}"
    )
}
