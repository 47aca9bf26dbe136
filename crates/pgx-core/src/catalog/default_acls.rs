//! Default privileges: `pg_default_acl`.

use super::model::{Acl, DefaultAcl, DefaultAclObjects, class};
use super::object;
use crate::connect::{Row, Session};
use crate::error::{Error, Result};
use crate::toc::CatalogId;

/// Reads the default privileges, those of users' schemas and those of no schema, in the order of roles.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<DefaultAcl>> {
    session.query(&sql())?.iter().map(default_acl).collect()
}

/// A row without a schema replaces what the server grants by itself; a row with one adds to it.
fn sql() -> String {
    format!(
        "SELECT d.oid, pg_catalog.pg_get_userbyid(d.defaclrole) AS role, n.nspname AS schema, \
          d.defaclobjtype, d.defaclacl::pg_catalog.text[] AS acl, \
          (CASE WHEN n.oid IS NULL THEN pg_catalog.acldefault( \
            CASE d.defaclobjtype WHEN 'S' THEN 's'::\"char\" ELSE d.defaclobjtype END, \
            d.defaclrole) ELSE '{{}}' END)::pg_catalog.text[] AS acl_base \
         FROM pg_catalog.pg_default_acl d \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace \
         WHERE n.oid IS NULL OR ({}) ORDER BY role, d.oid",
        object::in_user_schema("n"),
    )
}

fn default_acl(row: &Row) -> Result<DefaultAcl> {
    Ok(DefaultAcl {
        id: CatalogId { class: class::DEFAULT_ACL, oid: row.oid("oid")? },
        role: row.text("role")?,
        schema: row.opt_text("schema")?,
        objects: objects(row.char("defaclobjtype")?)?,
        acl: Acl {
            current: Some(row.list("acl")?),
            base: row.list("acl_base")?,
            base_is_initial: false,
        },
    })
}

fn objects(letter: char) -> Result<DefaultAclObjects> {
    Ok(match letter {
        'r' => DefaultAclObjects::Tables,
        'S' => DefaultAclObjects::Sequences,
        'f' => DefaultAclObjects::Functions,
        'T' => DefaultAclObjects::Types,
        'n' => DefaultAclObjects::Schemas,
        'L' => DefaultAclObjects::LargeObjects,
        letter => {
            return Err(Error::internal(format!(
                "default privileges on unknown objects: {letter}"
            )));
        }
    })
}
