//! Roles that are no superusers, on servers where somebody else is: what they cannot read or make is
//! said at once and before any work, and the server agrees.

mod dump;
mod owners;
mod restore;
mod tenant;

use crate::support::{self, Server};

/// Runs the test on the versions between which rights changed.
fn on_each(test: impl Fn(&Server)) {
    for server in [10, 14, 15, 16, 18].into_iter().filter_map(support::server) {
        eprintln!("on PostgreSQL {}", server.name);
        test(&server);
    }
}
