//! A database goes through an archive and comes back the same.

mod across;
mod concurrency;
mod encodings;
mod fixtures;
mod kinds;
mod manifests;
mod pagila;
mod scenarios;
