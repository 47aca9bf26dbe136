//! A source without the schema `public`, which every new database is born with.

use super::request::RestoreRequest;
use crate::connect::Session;
use crate::toc::Meta;

/// Drops the schema where the source lacks it and the database is new; returns a warning where it stays.
pub(super) fn drop_as_source(
    session: &mut Session,
    meta: &Meta,
    request: &RestoreRequest,
) -> Vec<String> {
    let whole = request.tables.is_empty() && request.schemas.is_empty() && request.parts.schema;
    if !meta.database.lacks_public || !meta.has_schema || !whole {
        return Vec::new();
    }
    let dropped = match request.create {
        Some(_) => session.execute("DROP SCHEMA public").is_ok(),
        None => !has_public(session),
    };
    let warning = "the source has no schema public; the target keeps its own".to_owned();
    if dropped { Vec::new() } else { vec![warning] }
}

fn has_public(session: &mut Session) -> bool {
    let sql = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public'";
    session.query(sql).is_ok_and(|rows| !rows.is_empty())
}
