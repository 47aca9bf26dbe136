//! The integration tests: the binary `pgx` against real servers.
//!
//! `cargo xtask test` brings the servers; plain `cargo test` skips what needs one, and says so.

mod cli;
mod docs;
mod faults;
mod fingerprint;
mod harness;
mod restore;
mod roundtrip;
mod selection;
#[allow(
    dead_code,
    unused_imports,
    reason = "whole before every part of it has a test that uses it"
)]
mod support;
