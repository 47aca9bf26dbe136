//! The parcels sample, the same that `cargo xtask demo` shows.

use super::TestDb;

const TABLES: &str = include_str!("../../../xtask/src/demo/parcels.sql");
const GEOMETRY: &str = include_str!("../../../xtask/src/demo/parcels_gis.sql");
const ROWS: &str = include_str!("../../../xtask/src/demo/rows.sql");
const ROWS_GEOMETRY: &str = include_str!("../../../xtask/src/demo/rows_gis.sql");

/// The manifest that names the sample's four tables, two of them by a pattern.
pub(crate) const PARCELS_MANIFEST: &str = include_str!("../../../xtask/src/demo/parcels.toml");

/// Fills an empty database with the sample, with geometry where the server has PostGIS: `rows`
/// signatures in two tables, a parcel for each twenty, a thousand scenes, and a table not in the manifest.
pub(crate) fn fill_parcels(database: &TestDb, rows: u64) {
    let gis = database.server().has_postgis();
    let when_gis = |sql: &'static str| if gis { sql } else { "" };
    let scale = format!("SET pgx.rows = '{rows}';");
    database.sql(&[&scale, TABLES, when_gis(GEOMETRY), ROWS, when_gis(ROWS_GEOMETRY)].join("\n"));
}
