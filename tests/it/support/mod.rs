//! What every integration test needs: servers, databases of its own, and the binary.

mod alike;
mod cluster;
mod command;
mod compare;
mod database;
mod measured;
mod parcels;
mod proxy;
mod scenario;
mod server;
mod tablespace;
mod witness;

pub(crate) use alike::{brief, contents};
pub(crate) use cluster::Cluster;
pub(crate) use command::{Ran, arg, pgx, pgx_command};
pub(crate) use compare::{Archive, assert_same, assert_same_contents, differences, fingerprint_of};
pub(crate) use database::{Role, TestDb};
pub(crate) use measured::measured;
pub(crate) use parcels::{PARCELS_MANIFEST, fill_parcels};
pub(crate) use proxy::{Fault, Proxy, Then};
pub(crate) use scenario::{Scenario, scenario, scenarios};
pub(crate) use server::{Server, each_version, gis, newest, server, servers, standby};
pub(crate) use tablespace::Tablespace;
pub(crate) use witness::{pg_dump, pgbouncer, psql, psql_with_tls};

/// Says that a test did not run, and why.
pub(crate) fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// A name that no other test of this or another run uses: `pgx_test_4711_0_owner`.
pub(crate) fn unique(suffix: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("pgx_test_{}_{next}_{suffix}", std::process::id())
}
