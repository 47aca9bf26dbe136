//! Security labels: `pg_seclabel`. Those on roles, databases and tablespaces are elsewhere.

use super::model::{Label, Labels};
use crate::connect::Session;
use crate::error::Result;
use crate::toc::CatalogId;

/// Members of extensions are left out, as with comments; large objects are read elsewhere. Schema `public` (2200) is initdb's and yet a
/// user's.
const LABELS: &str = "\
SELECT l.classoid, l.objoid, l.objsubid, l.provider, l.label FROM pg_catalog.pg_seclabel l \
WHERE (l.objoid >= 16384 AND l.classoid <> 'pg_catalog.pg_largeobject'::pg_catalog.regclass \
  OR l.objoid = 2200 AND l.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass) \
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
  WHERE e.classid = l.classoid AND e.objid = l.objoid AND e.objsubid = 0 AND e.deptype = 'e') \
ORDER BY l.provider";

/// Reads the labels on users' objects.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Labels> {
    let mut labels = Labels::new();
    for row in &session.query(LABELS)? {
        let id = CatalogId { class: row.oid("classoid")?, oid: row.oid("objoid")? };
        let label = Label { provider: row.text("provider")?, text: row.text("label")? };
        labels.entry((id, row.int("objsubid")?)).or_default().push(label);
    }
    Ok(labels)
}
