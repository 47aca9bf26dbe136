//! Tablespaces: `pg_tablespace`.

use super::{BOOTSTRAP, entry, remarks, take_remarks};
use crate::catalog::acl;
use crate::catalog::model::{AclTarget, changes, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::global::Tablespace;
use crate::toc::{CatalogId, Entry, Global, Kind};

/// Reads the tablespaces; of the server's own those that somebody changed.
pub(super) fn read(session: &mut Session) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT o.oid, o.spcname, pg_catalog.pg_get_userbyid(o.spcowner) AS owner, \
          o.spcowner <> {BOOTSTRAP} AS given, o.spcoptions, \
          pg_catalog.pg_tablespace_location(o.oid) AS location, {}, {} \
         FROM pg_catalog.pg_tablespace o {} ORDER BY o.spcname",
        remarks("pg_tablespace"),
        acl::columns("'t'", "o.spcacl", "o.spcowner"),
        acl::join("pg_tablespace", "o.oid", "0"),
    );
    let mut entries = Vec::new();
    for row in &session.query(&sql)? {
        entries.extend(tablespace(row)?);
    }
    Ok(entries)
}

fn tablespace(row: &Row) -> Result<Option<Entry>> {
    let id = CatalogId { class: class::TABLESPACE, oid: row.oid("oid")? };
    let mut made = entry(Kind::Tablespace, id, row.text("spcname")?);
    let owner = row.text("owner")?;
    made.acl = changes(&acl::read(row)?, AclTarget::Tablespace, &owner, "");
    take_remarks(&mut made, row)?;
    let options = row.list("spcoptions")?;
    let servers_own = made.name.name.starts_with("pg_");
    let changed = !made.acl.is_empty() || !made.comments.is_empty() || !made.labels.is_empty();
    let given = row.bool("given")?;
    if servers_own && !changed && options.is_empty() && !given {
        return Ok(None);
    }
    made.owner = Some(owner).filter(|_| given || !servers_own);
    // One in place has a path within the server's own directory.
    let location = row.text("location")?;
    let location = if location.starts_with('/') { location } else { String::new() };
    made.global = Some(Global::Tablespace(Tablespace { location, options }));
    Ok(Some(made))
}
