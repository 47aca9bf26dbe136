//! An archive against itself, and against a database.
pub mod fingerprint;
