//! Every command that the documentation shows is run, and every manifest in it is read.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, which is its task")]

mod examples;
mod pages;
mod stage;
