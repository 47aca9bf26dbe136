//! The integration tests: the binary `pgx` against real servers.
//!
//! `cargo xtask test` brings the servers; plain `cargo test` skips what needs one, and says so.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, which is its task")]

mod cli;
mod clone;
mod cluster;
mod connections;
mod docs;
mod faults;
mod fingerprint;
mod gaps;
mod globals;
mod golden;
mod harness;
mod jobs;
mod large_objects;
mod maps;
mod outward;
mod parallel;
mod render;
mod reports;
mod restore;
mod restricted;
mod roundtrip;
mod rows;
mod salvage;
mod selection;
mod statistics;
mod support;
mod versions;
