//! Comments.

use std::collections::HashMap;

use super::model::class;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

/// The comment initdb gives schema `public`.
const PUBLIC_COMMENT: &str = "standard public schema";

/// Members of extensions are left out: their comments come with the extension. Large objects are read
/// elsewhere.
const COMMENTS: &str = "\
SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d \
WHERE d.objoid >= 16384 \
 AND d.classoid <> 'pg_catalog.pg_largeobject'::pg_catalog.regclass AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
 WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.objsubid = 0 AND e.deptype = 'e')";

const PUBLIC_SCHEMA: &str = "\
SELECT n.oid, d.description FROM pg_catalog.pg_namespace n \
LEFT JOIN pg_catalog.pg_description d ON d.objoid = n.oid \
 AND d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
WHERE n.nspname = 'public'";

/// Comments by object and column number (0 is the object itself).
pub type Comments = HashMap<(CatalogId, i32), String>;

/// Reads the comments on users' objects. For schema `public` there is one where it differs from the
/// one initdb gives; an empty one says that it was removed.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Comments> {
    let mut comments: Comments =
        session.query(COMMENTS)?.iter().map(comment).collect::<Result<_>>()?;
    for row in session.query(PUBLIC_SCHEMA)? {
        let id = CatalogId { class: class::NAMESPACE, oid: row.oid("oid")? };
        comments.remove(&(id, 0));
        let text = row.opt_text("description")?.unwrap_or_default();
        if text != PUBLIC_COMMENT {
            comments.insert((id, 0), text);
        }
    }
    Ok(comments)
}

fn comment(row: &Row) -> Result<((CatalogId, i32), String)> {
    let id = CatalogId { class: row.oid("classoid")?, oid: row.oid("objoid")? };
    Ok(((id, row.int("objsubid")?), row.text("description")?))
}
