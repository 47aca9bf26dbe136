//! Roles: `pg_authid`, or `pg_roles` where passwords are not asked for.

use super::{BOOTSTRAP, entry, remarks, take_remarks};
use crate::catalog::model::class;
use crate::connect::{Row, Session};
use crate::error::{Code, Error, Result};
use crate::toc::global::{Password, Role};
use crate::toc::{CatalogId, Entry, Global, Kind};

/// Whether the session's role may read passwords.
///
/// # Errors
/// As [`Session::query`].
pub fn passwords_are_readable(session: &mut Session) -> Result<bool> {
    let row = session.query_one(
        "SELECT pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') \
         AS may",
    )?;
    row.bool("may")
}

/// Reads all roles but those that come with the server, whose names begin with `pg_`.
pub(super) fn read(session: &mut Session, passwords: bool) -> Result<Vec<Entry>> {
    if passwords && !passwords_are_readable(session)? {
        let user = session.config().user.clone();
        return Err(Error::new(Code::Denied, "the passwords of roles cannot be read")
            .object(format!("user {user:?}"))
            .hint("dump as a superuser, or leave passwords out with --no-role-passwords"));
    }
    session.query(&sql(passwords))?.iter().map(|row| role(row, passwords)).collect()
}

fn sql(passwords: bool) -> String {
    let (catalog, password) = match passwords {
        true => ("pg_authid", "o.rolpassword"),
        false => ("pg_roles", "NULL"),
    };
    format!(
        "SELECT o.oid, o.rolname, o.rolsuper, o.rolinherit, o.rolcreaterole, o.rolcreatedb, \
          o.rolcanlogin, o.rolreplication, o.rolbypassrls, o.rolconnlimit, o.rolvaliduntil, \
          {password} AS rolpassword, {} \
         FROM pg_catalog.{catalog} o WHERE pg_catalog.left(o.rolname::pg_catalog.text, 3) <> 'pg_' \
         ORDER BY o.rolname",
        remarks("pg_authid"),
    )
}

fn role(row: &Row, passwords: bool) -> Result<Entry> {
    let oid = row.oid("oid")?;
    let id = CatalogId { class: class::AUTHID, oid };
    let mut made = entry(Kind::Role, id, row.text("rolname")?);
    let password = row.opt_text("rolpassword")?.unwrap_or_default();
    made.global = Some(Global::Role(Role {
        superuser: row.bool("rolsuper")?,
        inherit: row.bool("rolinherit")?,
        create_role: row.bool("rolcreaterole")?,
        create_database: row.bool("rolcreatedb")?,
        login: row.bool("rolcanlogin")?,
        replication: row.bool("rolreplication")?,
        bypass_rls: row.bool("rolbypassrls")?,
        connection_limit: row.int("rolconnlimit")?,
        password: passwords.then_some(Password(password)),
        valid_until: row.opt_text("rolvaliduntil")?,
        bootstrap: oid == BOOTSTRAP,
    }));
    take_remarks(&mut made, row)?;
    Ok(made)
}
