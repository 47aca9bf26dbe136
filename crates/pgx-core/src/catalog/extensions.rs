//! Extensions.

use super::model::{Acl, Extension, Object, class};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

const EXTENSIONS: &str = "\
SELECT x.oid, x.extname, x.extversion, n.nspname, pg_catalog.pg_get_userbyid(x.extowner) AS owner, \
 pg_catalog.pg_get_userbyid(10) AS superuser, x.oid < 16384 AS built_in \
FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace ORDER BY x.oid";

/// Reads the installed extensions.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Extension>> {
    session.query(EXTENSIONS)?.iter().map(extension).collect()
}

fn extension(row: &Row) -> Result<Extension> {
    let object = Object {
        id: CatalogId { class: class::EXTENSION, oid: row.oid("oid")? },
        schema: row.opt_text("nspname")?,
        name: row.text("extname")?,
        owner: row.text("owner")?,
        acl: Acl::default(),
        extension: None,
    };
    Ok(Extension {
        object,
        version: row.text("extversion")?,
        superuser: row.text("superuser")?,
        built_in: row.bool("built_in")?,
    })
}
