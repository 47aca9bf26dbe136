//! Rows on their way: binary or text, into columns that changed, however large, however forged.

mod cases;
mod codecs;
mod drift;
mod encodings;
mod forge;
mod formats;
mod giant;
mod hostile;
mod sums;

use std::collections::BTreeMap;

use crate::support::{self, Archive, Server, TestDb, arg, pgx};

/// The servers of 10, 14 and 18, as far as they are there.
fn across() -> Vec<Server> {
    [10, 14, 18].into_iter().filter_map(support::server).collect()
}

/// What `pgx inspect --json` says of each table.
fn listed(archive: &Archive) -> BTreeMap<String, serde_json::Value> {
    let ran = pgx(&["inspect", "--json", arg(archive.path())]).ok();
    let listed: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let tables = listed["tables"].as_array().unwrap();
    tables.iter().map(|table| (table["name"].as_str().unwrap().to_owned(), table.clone())).collect()
}

/// Per table of `public`, partitions with their root: its rows as the server prints them, sorted.
fn rows_of(database: &TestDb) -> Vec<(String, String)> {
    let tables = database.rows(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p') \
         AND NOT relispartition AND relname <> 'spatial_ref_sys' \
         AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    let names = tables.into_iter().filter_map(|mut row| row.pop().flatten());
    let rows = |name: String| {
        let sql = format!(
            "SELECT string_agg(it::text, '|' ORDER BY it::text COLLATE \"C\") FROM {name} it"
        );
        let rows = database.value(&sql);
        (name, rows)
    };
    names.map(rows).collect()
}
