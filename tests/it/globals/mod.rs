//! Roles and tablespaces, each test with clusters of its own.

mod dump;
mod restore;
mod restricted;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{Cluster, Ran, Server, arg, pgx};

/// A dump of the globals of a server.
struct Dumped {
    dir: TempDir,
}

impl Dumped {
    fn of(server: &Server, options: &[&str]) -> Dumped {
        let dumped = Dumped { dir: tempfile::tempdir().unwrap() };
        let (uri, path) = (server.uri("postgres"), dumped.path());
        pgx(&[&["dump", &uri, "-f", arg(&path)], options].concat()).ok();
        dumped
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("globals.pgx")
    }

    /// Restores it as a role.
    fn restore_as(&self, role: &str, server: &Server, options: &[&str]) -> Ran {
        let (path, uri) = (self.path(), server.uri_as(role, "postgres"));
        pgx(&[&["restore", arg(&path), "-d", &uri], options].concat())
    }

    fn restore(&self, server: &Server) -> Ran {
        self.restore_as("postgres", server, &[])
    }

    /// The plan, without asking a server.
    fn plan(&self, options: &[&str]) -> String {
        let path = self.path();
        pgx(&[&["restore", arg(&path), "--dry-run"], options].concat())
            .ok()
            .stdout_text()
            .to_owned()
    }
}

/// What makes every sort of role, membership and setting; versions in front of what came later.
const ROLES: &[(u32, &str)] = &[
    (10, "CREATE ROLE plain"),
    (10, "CREATE ROLE \"quo\"\"te\\ back'\" LOGIN"),
    (10, "CREATE ROLE \"new\nline\""),
    (10, "CREATE ROLE \" =/,;{}\""),
    (
        10,
        "CREATE ROLE chief SUPERUSER NOINHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS \
          CONNECTION LIMIT 7 VALID UNTIL '2031-02-03 04:05:06+07'",
    ),
    (10, "CREATE ROLE eternal VALID UNTIL 'infinity'"),
    (10, "SET password_encryption = 'md5'; CREATE ROLE old PASSWORD 'secret of old'"),
    (10, "SET password_encryption = 'scram-sha-256'; CREATE ROLE new PASSWORD 'secret of new'"),
    (10, "COMMENT ON ROLE plain IS 'it''s a\ncomment \\ with all'"),
    (10, "CREATE ROLE staff; CREATE ROLE first; CREATE ROLE second; CREATE ROLE third NOINHERIT"),
    (10, "GRANT staff TO first WITH ADMIN OPTION"),
    (10, "GRANT staff TO second WITH ADMIN OPTION GRANTED BY first"),
    (10, "GRANT staff TO third GRANTED BY second"),
    (10, "GRANT staff TO \"new\nline\""),
    (10, "GRANT pg_monitor TO staff"),
    (16, "GRANT staff TO third WITH INHERIT TRUE, SET FALSE GRANTED BY first"),
    (16, "GRANT plain TO third WITH INHERIT FALSE, SET TRUE"),
    (10, "ALTER ROLE ALL SET work_mem = '5MB'"),
    (10, "ALTER ROLE ALL SET my.note = 'a \\ b''c'"),
    (10, "ALTER ROLE plain SET search_path = \"$user\", public, \"a, \"\"b\""),
    (10, "ALTER ROLE plain SET DateStyle = 'SQL, DMY'"),
    (10, "ALTER ROLE \"quo\"\"te\\ back'\" SET temp_tablespaces = ''"),
    (15, "GRANT SET ON PARAMETER work_mem TO plain"),
    (15, "GRANT ALTER SYSTEM ON PARAMETER wal_level TO plain WITH GRANT OPTION"),
    (15, "GRANT ALL ON PARAMETER my.thing TO PUBLIC"),
    (
        15,
        "SET SESSION AUTHORIZATION plain; \
          GRANT ALTER SYSTEM ON PARAMETER wal_level TO staff; RESET SESSION AUTHORIZATION",
    ),
];

/// A cluster with [`ROLES`] and [`tablespaces`](make_tablespaces).
fn source(beside: &Server) -> Option<Cluster> {
    let cluster = Cluster::new(beside)?;
    let known = ROLES.iter().filter(|(since, _)| *since <= beside.major);
    cluster.sql(&known.map(|(_, sql)| *sql).collect::<Vec<_>>());
    Some(cluster)
}

/// One with a directory and one in place, which old minor releases lack.
fn make_tablespaces(cluster: &Cluster, directory: &str) {
    let made = format!("CREATE TABLESPACE \"sp ace\" OWNER plain LOCATION '{directory}'");
    cluster.sql(&[
        &made,
        "ALTER TABLESPACE \"sp ace\" SET (random_page_cost = 1.5, seq_page_cost = 0.5)",
        "GRANT CREATE ON TABLESPACE \"sp ace\" TO staff WITH GRANT OPTION",
        "COMMENT ON TABLESPACE \"sp ace\" IS 'fast; it''s'",
        "SET allow_in_place_tablespaces = on",
        "GRANT CREATE ON TABLESPACE pg_default TO plain",
    ]);
    let mut session = cluster.server().session();
    session.execute("SET allow_in_place_tablespaces = on").unwrap();
    session.execute("CREATE TABLESPACE \"in\" LOCATION ''").unwrap();
}

/// Everything that a dump of globals is about, in words of the catalogs, without OIDs.
fn state(server: &Server) -> Vec<String> {
    let options = if server.major >= 16 { ", m.inherit_option, m.set_option" } else { "" };
    let mut sql = vec![
        "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, \
         rolreplication, rolbypassrls, rolconnlimit, rolpassword, \
         rolvaliduntil AT TIME ZONE 'UTC', shobj_description(oid, 'pg_authid') FROM pg_authid \
         WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1"
            .to_owned(),
        format!(
            "SELECT pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), \
             pg_get_userbyid(m.grantor), m.admin_option{options} FROM pg_auth_members m \
             WHERE m.roleid >= 16384 OR m.member >= 16384 ORDER BY 1, 2, 3"
        ),
        "SELECT CASE setrole WHEN 0 THEN '' ELSE pg_get_userbyid(setrole) END, setconfig \
         FROM pg_db_role_setting WHERE setdatabase = 0 ORDER BY 1"
            .to_owned(),
        "SELECT spcname, pg_get_userbyid(spcowner), \
         regexp_replace(pg_tablespace_location(oid), '^pg_tblspc/.*', 'in place'), spcoptions, \
         spcacl, shobj_description(oid, 'pg_tablespace') FROM pg_tablespace ORDER BY 1"
            .to_owned(),
    ];
    if server.major >= 15 {
        sql.push("SELECT parname, paracl FROM pg_parameter_acl ORDER BY 1".to_owned());
    }
    let mut session = server.session();
    let mut rows = Vec::new();
    for sql in sql {
        rows.extend(session.query(&sql).unwrap().iter().map(|row| format!("{:?}", row.values())));
    }
    rows
}
