//! The parcels sample in a database of a throw-away server.

use anyhow::{Result, anyhow};
use pgx_core::connect::{Config, Host, Session, Side};

use crate::servers::Server;
use crate::stop;

const TABLES: &str = include_str!("demo/parcels.sql");
const GEOMETRY: &str = include_str!("demo/parcels_gis.sql");
const ROWS: &str = include_str!("demo/rows.sql");
const ROWS_GEOMETRY: &str = include_str!("demo/rows_gis.sql");

/// The manifest that names what belongs to the sample.
pub(crate) const MANIFEST: &str = include_str!("demo/parcels.toml");

/// A database's size as a person wants to know it.
pub(crate) struct Size {
    /// Tables of the user's own.
    pub(crate) tables: u64,
    /// Their rows.
    pub(crate) rows: u64,
    /// Bytes on disk, indexes included.
    pub(crate) bytes: u64,
}

/// Opens a session in which unqualified names are found, as in psql.
pub(crate) fn open(server: &Server, database: &str) -> Result<Session> {
    let host = Host::Unix(server.socket.clone(), server.port);
    let config = Config::new(host, "postgres", database, Side::Target);
    let mut session = Session::open(&config).map_err(|error| anyhow!("{error:?}"))?;
    run(&mut session, "RESET search_path")?;
    Ok(session)
}

/// Runs statements.
pub(crate) fn run(session: &mut Session, sql: &str) -> Result<()> {
    stop::check()?;
    session.execute(sql).map_err(|error| anyhow!("{error:?}"))
}

/// Creates an empty database.
pub(crate) fn create(server: &Server, database: &str) -> Result<()> {
    let sql = format!("CREATE DATABASE {database} TEMPLATE template0");
    run(&mut open(server, "postgres")?, &sql)
}

/// Creates a database and fills it with the sample: `rows` signatures, a parcel for each twenty.
pub(crate) fn fill(server: &Server, database: &str, rows: u64) -> Result<()> {
    create(server, database)?;
    let mut session = open(server, database)?;
    run(&mut session, &format!("SET pgx.rows = '{rows}'"))?;
    run(&mut session, TABLES)?;
    if server.has_postgis() {
        run(&mut session, GEOMETRY)?;
    }
    run(&mut session, ROWS)?;
    if server.has_postgis() {
        run(&mut session, ROWS_GEOMETRY)?;
    }
    run(&mut session, "VACUUM ANALYZE")
}

/// How much is in a database, leaving out what extensions brought.
pub(crate) fn size(server: &Server, database: &str) -> Result<Size> {
    let mut session = open(server, database)?;
    let row = session.query_one(
        "SELECT count(*) AS tables, pg_database_size(current_database()) AS bytes,
                sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s',
                     c.oid::regclass), false, true, '')))[1]::text::bigint) AS rows
           FROM pg_class c
          WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                               AND d.objid = c.oid AND d.deptype = 'e')",
    );
    let row = row.map_err(|error| anyhow!("{error:?}"))?;
    let number = |column| row.int(column).map_err(|error| anyhow!("{error:?}"));
    Ok(Size { tables: number("tables")?, rows: number("rows")?, bytes: number("bytes")? })
}
