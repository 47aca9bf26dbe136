//! A database goes through an archive and comes back the same.

mod across;
mod checklist;
mod concurrency;
mod determinism;
mod encodings;
mod extensions;
pub(crate) mod fixtures;
mod kinds;
mod manifests;
mod names;
mod pagila;
mod public;
mod races;
mod scenarios;

pub(crate) use fixtures::filled as every_fixture;
