//! A database goes through an archive and comes back the same.

mod across;
mod encodings;
mod fixtures;
mod pagila;
mod scenarios;
