//! A database goes through an archive and comes back the same.

mod fixtures;
mod pagila;
mod scenarios;
