//! Schemas.

use super::model::{Schema, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_namespace", alias: "n", prefix: "nsp", acl: Some('n') };

/// The superuser that initdb makes.
const BOOTSTRAP_SUPERUSER: u32 = 10;

/// Reads the users' schemas and `public`.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<Schema>> {
    let sql = format!(
        "SELECT {}, n.nspowner, \
          pg_catalog.acldefault('n', n.nspowner)::pg_catalog.text[] AS owner_acl, \
          pg_catalog.makeaclitem(0, n.nspowner, 'USAGE', false)::pg_catalog.text AS public_acl \
         FROM pg_catalog.pg_namespace n {} WHERE {} ORDER BY n.oid",
        SOURCE.columns(),
        SOURCE.join(),
        object::in_user_schema("n"),
    );
    let version = session.version();
    session.query(&sql)?.iter().map(|row| schema(row, version)).collect()
}

fn schema(row: &Row, version: u32) -> Result<Schema> {
    let mut schema =
        Schema { object: object::read(row, class::NAMESPACE, None)?, default_owner: false };
    if schema.object.name == "public" {
        schema.default_owner = match version {
            150_000.. => schema.object.owner == "pg_database_owner",
            _ => row.oid("nspowner")? == BOOTSTRAP_SUPERUSER,
        };
        public_acl(&mut schema, row, version)?;
    }
    Ok(schema)
}

/// A target has a schema `public` already, so its privileges start from what initdb gives: all to the
/// owner, USAGE to PUBLIC, and until version 15 CREATE too. The target may be older or newer than the
/// source. So unless PUBLIC has what version 15 gives, its part of the base is an item that the server
/// never prints (its letters come in another order): everything is revoked from PUBLIC, and what it
/// has is granted anew.
fn public_acl(schema: &mut Schema, row: &Row, version: u32) -> Result<()> {
    let owner = row.list("owner_acl")?;
    let public = row.text("public_acl")?;
    let acl = &mut schema.object.acl;
    let current = acl.current.get_or_insert_with(|| owner.clone());
    let is_usual = version >= 150_000 && current.contains(&public);
    acl.base = owner;
    acl.base.push(if is_usual { public } else { public.replacen("=U/", "=CU/", 1) });
    acl.base_is_initial = true;
    Ok(())
}
