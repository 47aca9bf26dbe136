//! Names that become others at a restore, and the role that acts.

mod acting;
mod roles;
mod schemas;
mod tablespaces;
mod texts;

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{self, Server, brief};

/// The servers these tests run on: the oldest, one in the middle and the newest, where they are.
fn some_servers() -> impl Iterator<Item = Server> {
    [10, 14, 18].into_iter().filter_map(support::server)
}

/// Two fingerprints are equal but for the databases' own row.
#[track_caller]
fn assert_equal(wanted: Fingerprint, found: Fingerprint) {
    let without = |of: Fingerprint| of.without(&["pg_database"]);
    let differences = Fingerprint::difference(&without(wanted), &without(found));
    assert!(differences.is_empty(), "{}", brief(&differences));
}
