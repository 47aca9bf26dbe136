//! What points outside of the database: foreign data, subscriptions, providers of security labels, and
//! privileges on the system's own objects.

mod foreign;
mod labels;
mod subscriptions;
mod system_privileges;

use pgx_core::archive::FileReader;
use pgx_core::toc::Entry;

use crate::support::Archive;

/// The entries of an archive.
fn entries(archive: &Archive) -> Vec<Entry> {
    FileReader::open(archive.path()).expect("a readable archive").toc().to_vec()
}

/// What the entries are called, in order.
fn labels(archive: &Archive) -> Vec<String> {
    entries(archive).iter().map(Entry::label).collect()
}
