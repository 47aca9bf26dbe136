//! A database goes through an archive and comes back the same.

mod across;
mod checklist;
mod concurrency;
mod encodings;
mod extensions;
mod fixtures;
mod kinds;
mod manifests;
mod names;
mod pagila;
mod public;
mod scenarios;
