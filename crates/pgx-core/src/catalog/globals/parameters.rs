//! Privileges on configuration parameters: `pg_parameter_acl`, from version 15 on.

use super::{BOOTSTRAP, entry};
use crate::catalog::acl;
use crate::catalog::model::{AclTarget, changes, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{CatalogId, Entry, Kind};

/// Reads them. Their owner is the bootstrap superuser.
pub(super) fn read(session: &mut Session) -> Result<Vec<Entry>> {
    if session.major() < 15 {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT o.oid, o.parname, pg_catalog.pg_get_userbyid({BOOTSTRAP}) AS owner, {} \
         FROM pg_catalog.pg_parameter_acl o {} ORDER BY o.parname",
        acl::columns("'p'", "o.paracl", &format!("{BOOTSTRAP}::pg_catalog.oid")),
        acl::join("pg_parameter_acl", "o.oid", "0"),
    );
    session.query(&sql)?.iter().map(parameter).collect()
}

fn parameter(row: &Row) -> Result<Entry> {
    let id = CatalogId { class: class::PARAMETER_ACL, oid: row.oid("oid")? };
    let mut made = entry(Kind::ParameterAcl, id, row.text("parname")?);
    made.acl = changes(&acl::read(row)?, AclTarget::Parameter, row.str("owner")?, "");
    Ok(made)
}
