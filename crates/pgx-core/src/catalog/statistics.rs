//! Extended statistics: `pg_statistic_ext`.

use super::among::{among, from_version};
use super::model::{Statistics, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_statistic_ext", alias: "s", prefix: "stx", acl: None };

/// Reads the extended statistics of `relations`, in OID order.
///
/// # Errors
/// As [`Session::query`]; statistics vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Statistics>> {
    let sql = sql(session.version(), relations);
    session.query(&sql)?.iter().map(statistics).collect()
}

/// The default target was -1 before it was NULL.
fn sql(version: u32, relations: &[u32]) -> String {
    let target = "CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END";
    format!(
        "SELECT {}, n.nspname AS schema, s.stxrelid, {} AS target, \
          pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition, {} AS of_virtual \
         FROM {} JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = src.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace ORDER BY s.oid",
        SOURCE.columns(),
        from_version(version, 13, target, "NULL"),
        from_version(version, 19, OF_VIRTUAL, "false"),
        among(relations),
    )
}

const OF_VIRTUAL: &str = "\
EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a \
 ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attgenerated = 'v' \
 WHERE d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND d.objid = s.oid \
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)";

fn statistics(row: &Row) -> Result<Statistics> {
    Ok(Statistics {
        object: object::read(row, class::STATISTIC_EXT, Some(row.text("schema")?))?,
        relation: row.oid("stxrelid")?,
        definition: row.text("definition")?,
        of_virtual: row.bool("of_virtual")?,
        target: row.opt_int("target")?,
    })
}
