//! Foreign-data wrappers, servers and user mappings: `pg_foreign_data_wrapper`, `pg_foreign_server`,
//! `pg_user_mappings`.

use super::among::from_version;
use super::model::{ForeignDataWrapper, ForeignServer, UserMapping, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

const WRAPPERS: Source<'_> =
    Source { catalog: "pg_foreign_data_wrapper", alias: "w", prefix: "fdw", acl: Some('F') };

const SERVERS: Source<'_> =
    Source { catalog: "pg_foreign_server", alias: "s", prefix: "srv", acl: Some('S') };

/// Reads the foreign-data wrappers, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read_wrappers(session: &mut Session) -> Result<Vec<ForeignDataWrapper>> {
    let sql = format!(
        "SELECT {}, w.fdwoptions AS options, \
          NULLIF(w.fdwhandler, 0)::pg_catalog.regproc AS handler, \
          NULLIF(w.fdwvalidator, 0)::pg_catalog.regproc AS validator, {} AS connection \
         FROM pg_catalog.pg_foreign_data_wrapper w {} ORDER BY w.oid",
        WRAPPERS.columns(),
        from_version(
            session.version(),
            19,
            "NULLIF(w.fdwconnection, 0)::pg_catalog.regproc",
            "NULL"
        ),
        WRAPPERS.join(),
    );
    let wrapper = |row: &Row| {
        Ok(ForeignDataWrapper {
            object: object::read(row, class::FOREIGN_DATA_WRAPPER, None)?,
            handler: row.opt_text("handler")?,
            validator: row.opt_text("validator")?,
            connection: row.opt_text("connection")?,
            options: row.list("options")?,
        })
    };
    session.query(&sql)?.iter().map(wrapper).collect()
}

/// Reads the foreign servers, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read_servers(session: &mut Session) -> Result<Vec<ForeignServer>> {
    let sql = format!(
        "SELECT {}, s.srvtype, s.srvversion, s.srvoptions AS options, w.fdwname \
         FROM pg_catalog.pg_foreign_server s \
         JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw {} ORDER BY s.oid",
        SERVERS.columns(),
        SERVERS.join(),
    );
    let server = |row: &Row| {
        Ok(ForeignServer {
            object: object::read(row, class::FOREIGN_SERVER, None)?,
            wrapper: row.text("fdwname")?,
            kind: row.opt_text("srvtype")?,
            version: row.opt_text("srvversion")?,
            options: row.list("options")?,
        })
    };
    session.query(&sql)?.iter().map(server).collect()
}

/// SQL: whether the view shows the options of the mapping `m` (as a NULL it shows none and those it
/// hides). A superuser sees all, the server's owner those of PUBLIC, everybody his own where he may
/// use the server.
pub(super) const VISIBLE: &str = "\
((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) \
 OR m.umuser = 0 AND pg_catalog.pg_has_role((SELECT s.srvowner \
   FROM pg_catalog.pg_foreign_server s WHERE s.oid = m.srvid), 'USAGE') \
 OR m.umuser <> 0 AND m.usename = current_user AND (pg_catalog.pg_has_role((SELECT s.srvowner \
   FROM pg_catalog.pg_foreign_server s WHERE s.oid = m.srvid), 'USAGE') \
  OR pg_catalog.has_server_privilege(m.srvid, 'USAGE')))";

/// Reads the user mappings whose options the role may see, in OID order. The others cannot be
/// reproduced.
///
/// # Errors
/// As [`Session::query`].
pub fn read_mappings(session: &mut Session) -> Result<Vec<UserMapping>> {
    let sql = format!(
        "SELECT m.umid, m.srvname, CASE WHEN m.umuser <> 0 THEN m.usename END AS role, m.umoptions \
         FROM pg_catalog.pg_user_mappings m WHERE {VISIBLE} ORDER BY m.umid"
    );
    let mapping = |row: &Row| {
        Ok(UserMapping {
            id: CatalogId { class: class::USER_MAPPING, oid: row.oid("umid")? },
            server: row.text("srvname")?,
            role: row.opt_text("role")?,
            options: row.list("umoptions")?,
        })
    };
    session.query(&sql)?.iter().map(mapping).collect()
}
